"""Where a result keeps what tells of other labels, so that nothing else is replaced."""

import re
from collections.abc import Callable
from itertools import count
from pathlib import Path, PurePath

from densecell.address import Address, split_choice

About = tuple[str, ...]  # the full address of the other labels, then what else counts
GENERIC = ("", "labels", "segmentation.zarr")  # folders that tell nothing apart


def kept_path(
    folder: Path,
    other: Address,
    suffix: str,
    *,
    about: About,
    read: Callable[[Path], About | None],
) -> Path:
    """Find a file of its own, named after the other labels.

    That is `labels.json`; where this tells of other labels of that name,
    `folder_labels.json`; and with a number where that is taken too.

    Parameters
    ----------
    folder
        Of the result.
    other
        The other labels; a channel and a time point belong to the name.
    suffix
        Of the file, such as `.json`.
    about
        What the file will tell of.
    read
        Gives what a file tells of; none: nothing, it may be replaced.

    Returns
    -------
    A path where no file is, or one that tells of the same.
    """
    name = file_name(other)
    first = folder / f"{name}{suffix}"
    held = read(first) if first.is_file() else None
    if held is not None and held[0] != about[0]:
        name = f"{folder_name(other)}_{name}"
    for number in count(1):
        path = folder / f"{name}{f' {number}' if number > 1 else ''}{suffix}"
        if not path.exists() or read(path) in (None, about):
            break
    return path


def file_name(other: Address) -> str:
    """Name a file after labels.

    Examples
    --------
    >>> file_name(Path("truth.tif")), file_name(Path("a.zarr#channel=1#time=3"))
    ('truth', 'a channel 1 time 3')
    """
    plain, channel, time = split_choice(other)
    chosen = (("channel", channel), ("time", time))
    words = [f"{what} {which}" for what, which in chosen if which is not None]
    return " ".join([plain.stem, *(_safe(word) for word in words)])


def folder_name(other: Address) -> str:
    """Give the name of the store or the folder that labels lie in.

    Examples
    --------
    >>> folder_name(Path("/data/other.zarr/labels/classes"))
    'other'
    """
    plain = split_choice(other).address.resolve()
    parents = PurePath(str(plain)).parents
    return _safe(next((p.stem for p in parents if p.name not in GENERIC), ""))


def _safe(name: str) -> str:
    return re.sub(r"[^\w. -]", "_", name)
