"""Volumes written in neuroglancer's precomputed format, with their coarser scales."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.compute import ReportProgress
from densecell.disk import written_aside
from densecell.geometry import Box, Shape, Spacing, per_axis, tile
from densecell.volume.extra import imported
from densecell.volume.ome_zarr.metadata import Kind
from densecell.volume.ome_zarr.pyramid import downsample, pyramid_factors

CHUNK: Shape = (64, 64, 64)
PIECE: Shape = (64, 256, 256)  # voxels that are compressed at a time
NAMES = "segment_properties"
WIDENED = {"uint8": "uint32", "uint16": "uint32"}  # labels that are compressed
COMPRESSED = ("uint32", "uint64")


class Space(NamedTuple):
    """Extent of a volume.

    Parameters
    ----------
    shape
        Voxels (z, y, x).
    spacing_nm
        Voxel size (z, y, x), in nanometres.
    """

    shape: Shape
    spacing_nm: Spacing


def write_precomputed_volume(
    path: Path,
    parts: Iterable[tuple[Box, NDArray[Any]]],
    space: Space,
    *,
    dtype: np.dtype[Any],
    kind: Kind,
    names: Mapping[int, str] | None = None,
    overwrite: bool = False,
    progress: ReportProgress | None = None,
) -> None:
    """Write a new folder: all scales, and the names of segments.

    Labels of one or two bytes become uint32, which neuroglancer's own compression of
    segmentations needs; their values stay.

    Parameters
    ----------
    parts
        Boxes of whole chunks of 64 x 64 x 64, with their voxels.
    kind
        Coarser scales of an image are averaged, those of labels voted for.
    names
        Name of each label, shown by neuroglancer.
    progress
        Called with the number of voxels of coarser scales done.

    Raises
    ------
    OutputError
        If the folder exists and `overwrite` is false.
    MissingExtraError
        If tensorstore is not installed.
    """
    tensorstore = imported("tensorstore", what="precomputed volumes")
    held = WIDENED.get(dtype.name, dtype.name) if kind == "label" else dtype.name
    with written_aside(path, overwrite=overwrite) as aside:
        array = _scale(tensorstore, aside, space, held, kind)
        for box, voxels in parts:
            for piece in tile(box.shape, PIECE):
                _put(array, piece.shifted(box.start), voxels[piece.slices])
        done = 0
        for factors in pyramid_factors(*space):
            space = _coarser(space, factors)
            coarse = _scale(tensorstore, aside, space, held, kind)
            for box in tile(space.shape, PIECE):
                fine = box.refined(factors).clipped(array.shape[2::-1])
                _put(coarse, box, downsample(_take(array, fine), factors, kind))
                done += box.voxels
                if progress:
                    progress(done, 0)
            array = coarse
        if names:
            _write_names(aside, names)


def _scale(tensorstore: Any, folder: Path, space: Space, dtype: str, kind: Kind) -> Any:
    """Make a scale, empty; it is listed after those that are there."""
    compressed = kind == "label" and dtype in COMPRESSED
    encoding: dict[str, Any] = {"encoding": "raw"}
    if compressed:
        blocks = {"compressed_segmentation_block_size": [8, 8, 8]}
        encoding = {"encoding": "compressed_segmentation", **blocks}
    return tensorstore.open(
        {
            "driver": "neuroglancer_precomputed",
            "kvstore": {"driver": "file", "path": f"{folder}/"},
            "multiscale_metadata": {
                "type": "segmentation" if kind == "label" else "image",
                "data_type": dtype,
                "num_channels": 1,
            },
            "scale_metadata": {
                "size": list(reversed(space.shape)),
                "resolution": list(reversed(space.spacing_nm)),
                "chunk_size": [
                    min(c, n) for c, n in zip(CHUNK, reversed(space.shape), strict=True)
                ],
                **encoding,
            },
            "create": True,
            "store_data_equal_to_fill_value": True,  # a missing chunk is a lost one
        }
    ).result()


def _put(array: Any, box: Box, voxels: NDArray[Any]) -> None:
    place = (*reversed(box.slices), slice(None))
    wide = voxels.astype(array.dtype.numpy_dtype, copy=False)
    array[place].write(wide.T[..., np.newaxis]).result()


def _take(array: Any, box: Box) -> NDArray[Any]:
    place = (*reversed(box.slices), 0)
    return np.asarray(array[place].read().result()).T


def _coarser(space: Space, factors: Shape) -> Space:
    shape = per_axis(lambda size, factor: -(-size // factor), space.shape, factors)
    steps = per_axis(lambda length, n: length * n, space.spacing_nm, factors)
    return Space(shape, Spacing(*steps))


def _write_names(folder: Path, names: Mapping[int, str]) -> None:
    """Write the names of segments, and where they are into the volume's info."""
    labels = {"id": "label", "type": "label", "values": list(names.values())}
    inline = {"ids": [str(number) for number in names], "properties": [labels]}
    (folder / NAMES).mkdir()
    text = {"@type": "neuroglancer_segment_properties", "inline": inline}
    (folder / NAMES / "info").write_text(json.dumps(text), encoding="utf-8")
    info = json.loads((folder / "info").read_text(encoding="utf-8"))
    (folder / "info").write_text(json.dumps(info | {NAMES: NAMES}), encoding="utf-8")
