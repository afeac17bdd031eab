"""What is measured: a result folder, or any volume of class labels."""

import os
from pathlib import Path
from typing import NamedTuple

from densecell.address import Address, Url
from densecell.classes import ClassScheme
from densecell.datasets.scheme import choose_scheme
from densecell.errors import OutputError, VolumeError
from densecell.geometry import Shape, Spacing
from densecell.objects.cut.affinities import find_affinities
from densecell.result import (
    CLASSES,
    STORE,
    Result,
    is_segmentation,
    is_segmented,
)
from densecell.result.layout import CONFIDENCE, member_path
from densecell.volume import Volume, open_volume, refuse_choice, require_spacing


class Source(NamedTuple):
    """Labels, and the confidence, members and affinities beside them."""

    labels: Volume
    scheme: ClassScheme
    spacing_nm: Spacing
    out: Path  # folder that objects and tables go to
    confidence: str | None  # path from `out`
    members: dict[str, str]  # path from `out` to each member's labels
    affinities: tuple[Shape, ...] = ()  # offsets of those that were segmented

    def named(self, path: Address) -> str:
        """Path from the folder of the result, the same on every machine.

        On another drive of Windows, from which no path leads there, it is absolute.
        """
        if isinstance(path, Url):
            return str(path)
        path = path.absolute()
        if path.drive == self.out.absolute().drive:
            path = Path(os.path.relpath(path, self.out.absolute()))
        return path.as_posix()


def open_source(
    path: Address,
    *,
    out: Path | None = None,
    classes: str | None = None,
    spacing_nm: tuple[float, float, float] | None = None,
    channel: str | None = None,
    time: int | None = None,
) -> Source:
    """Open the labels that are measured.

    Parameters
    ----------
    path
        A result folder, or any volume of class ids.
    out
        Where objects and tables go: required for a volume; a result keeps its own.
    classes
        Name or file of a class scheme, instead of the one that is stored.
    spacing_nm
        Voxel size (z, y, x), overriding the file.
    channel, time
        Channel and time of an OME-Zarr with several.

    Raises
    ------
    OutputError
        If `out` is missing for a volume, or given for a result.
    VolumeError
        If a result is not finished, or the labels cannot be class ids.
    SpacingError
        If the voxel size is unknown.
    """
    if not is_segmentation(path):
        if out is None:
            raise OutputError(
                f"{path}: is no result folder; say with --out where its objects and "
                "tables shall go"
            )
        labels = open_volume(
            path, labels=True, spacing_nm=spacing_nm, channel=channel, time=time
        )
        scheme = choose_scheme(classes, labels=[labels])
        return Source(labels, scheme, require_spacing(labels), out, None, {})
    refuse_choice(path, channel=channel, time=time)
    if out is not None:
        raise OutputError(
            f"{path}: is a result and keeps its objects itself; leave out --out"
        )
    return _of_result(path, classes, spacing_nm)


def _of_result(
    path: Path, classes: str | None, spacing_nm: tuple[float, float, float] | None
) -> Source:
    result = Result(path)
    stored = result.classes  # refused if they do not fill the box
    if not is_segmented(path):
        raise VolumeError(
            f"{path}: is not segmented to its end yet; run `densecell segment` again "
            "with the same options"
        )
    labels = stored
    if spacing_nm is not None:
        labels = open_volume(path / CLASSES, labels=True, spacing_nm=spacing_nm)
    folder = path / STORE / "labels"
    members = sorted(p.name for p in folder.iterdir() if p.name.startswith("member_"))
    confidence = f"{STORE}/{CONFIDENCE}"
    return Source(
        labels,
        choose_scheme(classes, stored=result.scheme),
        require_spacing(labels),
        path,
        confidence if (path / confidence).exists() else None,
        {name: member_path(name) for name in members},
        find_affinities(path, labels),
    )
