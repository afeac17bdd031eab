"""Volumes in neuroglancer's precomputed format, read by tensorstore.

::

    segmentation.precomputed/
        info            scales, finest first, in nanometres; x before y before z
        8_8_40/         the chunks of a scale

.. [1] https://github.com/google/neuroglancer, datasource/precomputed/volume.md
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from densecell.address import split_choice
from densecell.errors import VolumeError
from densecell.geometry import per_axis
from densecell.volume.choice import select
from densecell.volume.formats.chunked import ChunkedVolume, open_chunks, read_attributes
from densecell.volume.interface import damaged
from densecell.volume.spacing import settle_spacing

SUFFIX = ".precomputed"
INFO = "info"
KIND = "neuroglancer_multiscale_volume"
AXES_STORED = ("x", "y", "z", "c")
ENCODINGS = ("raw", "compressed_segmentation", "jpeg", "png")
BROKEN = (KeyError, TypeError, ValueError, IndexError, AttributeError)


def is_precomputed(folder: Path) -> bool:
    """Whether a folder is a precomputed one, of a volume or of something else."""
    return (folder / INFO).is_file()


def open_precomputed(
    path: Path,
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
    level: int = 0,
) -> ChunkedVolume:
    """Open one scale of a precomputed volume.

    Parameters
    ----------
    path
        The folder of `info`. May end in a channel, `#channel=1`.
    spacing_nm
        Voxel size (z, y, x) of the finest scale, overriding what is stated.
    level
        Number of the scale; 0 is the finest.

    Raises
    ------
    VolumeError
        If it is no volume, is damaged, holds several channels of which none was
        chosen, or is encoded in a way that is not read.
    MissingExtraError
        If tensorstore is not installed.
    """
    folder, channel, time = split_choice(path)
    folder = Path(str(folder))
    info = read_attributes(folder / INFO)
    scales = _scales(info, folder)
    if not 0 <= level < len(scales):
        raise VolumeError(
            f"{folder}: has no level {level}; it has 0 to {len(scales) - 1}"
        )
    try:
        coarse, finest = (
            tuple(float(n) for n in scales[n]["resolution"])[::-1] for n in (level, 0)
        )
        notes = _notes(scales[level], folder, labels=labels)
        chunks = folder / str(scales[level]["key"])
        given = spacing_nm and per_axis(
            lambda length, a, b: length * a / b, spacing_nm, coarse, finest
        )
    except (*BROKEN, ZeroDivisionError) as error:
        raise damaged(folder / INFO, "precomputed", f"lacks {error}") from None
    place = {"driver": "file", "path": f"{folder}/"}
    store = open_chunks(
        {"driver": "neuroglancer_precomputed", "kvstore": place, "scale_index": level},
        folder,
        kind="precomputed",
    )
    if not (chunks.is_dir() and any(chunks.iterdir())):
        raise VolumeError(
            f"{folder}: holds metadata, but no voxels in {chunks.name}; copy the whole "
            "folder"
        )
    sizes = list(zip(AXES_STORED, store.array.shape, strict=True))
    selection = select(folder, sizes, channel=channel, time=time)
    spacing, more = settle_spacing(path, stated=coarse, given=given)
    return ChunkedVolume(
        path,
        store,
        selection,
        spacing_nm=spacing,
        format=f"precomputed, {scales[level]['encoding']}, scale {level} of "
        f"{len(scales)}",
        labels=labels,
        notes=(*more, *notes),
        reopen=partial(
            open_precomputed, path, spacing_nm=spacing_nm, labels=labels, level=level
        ),
    )


def _scales(info: Mapping[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Scales of a volume; what is none is named."""
    kind = info.get("@type", KIND)
    scales = info.get("scales")
    if kind != KIND:
        raise VolumeError(
            f"{folder}: holds {kind}, not a volume; expected a folder whose info lists "
            "scales: open that of the image or segmentation"
        )
    ok = isinstance(scales, list) and all(isinstance(s, dict) for s in scales)
    if not ok or not scales:
        raise damaged(folder / INFO, "precomputed", "it lists no scales")
    return list(scales)


def _notes(scale: Mapping[str, Any], folder: Path, *, labels: bool) -> tuple[str, ...]:
    """What a user should know of a scale; an encoding that is not read is refused."""
    encoding = scale["encoding"]
    if encoding not in ENCODINGS:
        raise VolumeError(
            f"{folder}: is encoded as {encoding}, which densecell does not read; "
            f"expected {', '.join(ENCODINGS)}: save it as one of these"
        )
    notes = []
    if encoding == "jpeg":
        if labels:
            raise VolumeError(
                f"{folder}: is compressed as JPEG, which changes values; labels must "
                "be raw or compressed_segmentation: save them so"
            )
        notes.append(f"{folder}: is compressed as JPEG, which is lossy")
    offset = tuple(int(n) for n in scale.get("voxel_offset", (0, 0, 0)))[::-1]
    if any(offset):
        words = ", ".join(str(n) for n in offset)
        notes.append(
            f"{folder}: begins at voxel {words} (z, y, x) of its space; densecell "
            "counts from 0"
        )
    return tuple(notes)
