"""Where a volume is: a path or a place on the web; and which channel of it.

::

    stack.tif   store.zarr/labels/classes   file.h5/volumes/raw    a path
    https://host/store.zarr   s3://bucket/store.zarr               a `Url`
    store.zarr#channel=1   store.zarr#channel=EM                   one channel of either

The channel is a part of the address, so that whatever keeps an address, a project or a
result, keeps the channel with it.
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypeAlias

from densecell.errors import VolumeError

SCHEMES = ("https", "http", "s3")
CHANNEL = "#channel="


@dataclass(frozen=True)
class Url:
    """A place on the web, with the part of `Path` that an address needs.

    Examples
    --------
    >>> Path("project") / Url("s3://bucket/a.zarr") / "0"  # absolute, whatever is left
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
        """Give the address itself, which counts from nowhere."""
        return self

    def resolve(self) -> "Url":
        """Give the address itself: nobody knows what leads there too."""
        return self


Address: TypeAlias = Path | Url


class Chosen(NamedTuple):
    """An address without its channel, and the channel, if it names one."""

    address: Address
    channel: str | None


def to_address(text: Address | str) -> Address:
    """Read what a user wrote.

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


def split_channel(address: Address) -> Chosen:
    """Take the channel off an address.

    Examples
    --------
    >>> split_channel(Url("s3://bucket/a.zarr#channel=1"))
    Chosen(address=Url(text='s3://bucket/a.zarr'), channel='1')
    """
    found = re.fullmatch(f"(.+?){CHANNEL}(.*)", str(address), re.DOTALL)
    if found is None:
        return Chosen(address, None)
    return Chosen(to_address(found[1]), found[2])


def with_channel(address: Address, channel: str | None) -> Address:
    """Put a channel into an address that has none; None leaves it as it is.

    Raises
    ------
    VolumeError
        If the address names another channel.
    """
    if channel is None:
        return address
    plain, named = split_channel(address)
    if named not in (None, channel):
        raise VolumeError(
            f"{address}: names channel {named}, but --channel says {channel}; give one"
        )
    return to_address(f"{plain}{CHANNEL}{channel}")
