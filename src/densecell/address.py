"""Where a volume lies, on disk or on the web; and which channel and time of it.

::

    stack.tif   store.zarr/labels/classes   file.h5/volumes/raw    a path
    https://host/store.zarr   s3://bucket/store.zarr               a `Url`
    store.zarr#channel=1   store.zarr#channel=EM                   one channel of either
    store.zarr#time=3      store.zarr#channel=EM#time=3            one time point

Channel and time are a part of the address. So a project or a result that keeps an
address keeps them too.
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypeAlias

from densecell.errors import VolumeError

SCHEMES = ("https", "http", "s3")
CHANNEL, TIME = "#channel=", "#time="
LAST = re.compile(f"(.+)({CHANNEL}|{TIME})(.*)", re.DOTALL)


@dataclass(frozen=True)
class Url:
    """A place on the web, with those methods of `Path` that an address needs.

    Examples
    --------
    >>> Path("project") / Url("s3://bucket/a.zarr") / "0"  # always absolute
    Url(text='s3://bucket/a.zarr/0')
    """

    text: str

    def __str__(self) -> str:
        return self.text

    def __truediv__(self, part: str) -> "Url":
        return Url(f"{self.text}/{part}")

    def __rtruediv__(self, folder: Path) -> "Url":
        return self

    @property
    def name(self) -> str:
        """The last part of the address."""
        return PurePosixPath(self.text).name

    @property
    def stem(self) -> str:
        """The last part without its suffix."""
        return PurePosixPath(self.text).stem

    def absolute(self) -> "Url":
        """The address itself: it is always absolute."""
        return self

    def resolve(self) -> "Url":
        """The address itself: redirects are not followed."""
        return self


Address: TypeAlias = Path | Url


class Chosen(NamedTuple):
    """An address without its channel and time, and both as they were written."""

    address: Address
    channel: str | None
    time: str | None


def to_address(text: Address | str) -> Address:
    """Path or place on the web, from what a user wrote.

    Examples
    --------
    >>> to_address("https://host/a.zarr/")
    Url(text='https://host/a.zarr')
    >>> to_address("a.zarr").name
    'a.zarr'
    """
    if not isinstance(text, str):
        return text
    scheme, colon, _ = text.partition("://")
    if colon and scheme.lower() in SCHEMES:
        return Url(text.rstrip("/"))
    return Path(text)


def split_choice(address: Address) -> Chosen:
    """Split an address into the plain one, its channel and its time point.

    Examples
    --------
    >>> split_choice(Url("s3://bucket/a.zarr#channel=1"))
    Chosen(address=Url(text='s3://bucket/a.zarr'), channel='1', time=None)
    >>> split_choice(Path("a.zarr#time=3#channel=EM"))[1:]
    ('EM', '3')
    """
    plain, chosen = str(address), dict[str, str]()
    while (found := LAST.fullmatch(plain)) and found[2] not in chosen:
        plain, chosen[found[2]] = found[1], found[3]
    if not chosen:
        return Chosen(address, None, None)
    return Chosen(to_address(plain), chosen.get(CHANNEL), chosen.get(TIME))


def with_choice(
    address: Address, *, channel: str | None = None, time: int | None = None
) -> Address:
    """Add a channel and a time point to an address; None keeps the one it has.

    Raises
    ------
    VolumeError
        If the address names another channel or time point.
    """
    if channel is None and time is None:
        return address
    plain, named, at = split_choice(address)
    wanted = None if time is None else str(time)
    for word, there, asked in (("channel", named, channel), ("time", at, wanted)):
        if asked is not None and there not in (None, asked):
            raise VolumeError(
                f"{address}: names {word} {there}, but --{word} says {asked}; give one"
            )
    channel = named if channel is None else channel
    wanted = at if wanted is None else wanted
    if channel is not None:
        plain = to_address(f"{plain}{CHANNEL}{channel}")
    return plain if wanted is None else to_address(f"{plain}{TIME}{wanted}")
