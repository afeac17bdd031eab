"""Coarser levels of an OME-Zarr image, made from the finest in a second pass.

A block of one level is computed from the block below it alone, so that blocks may be
made in any order and memory does not grow with the volume.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from densecell.compute import ReportProgress
from densecell.disk import remove
from densecell.geometry import Box, Shape, Spacing, per_axis, tile
from densecell.volume.choice import AXES, Selection
from densecell.volume.interface import Volume, require_spacing
from densecell.volume.ome_zarr.create import (
    create_level,
    cut_layout,
    in_labels_of_image,
)
from densecell.volume.ome_zarr.metadata import (
    LABELS_IMAGE,
    Kind,
    Version,
    image_attributes,
)
from densecell.volume.ome_zarr.store import (
    OmeZarrVolume,
    attributes_of,
    open_ome_zarr,
)

COARSEST = 256  # voxels along the longest axis of the last level
CAUGHT_UP = 1.01  # z is halved once it is at most this much coarser than the plane
PIECE_IN_PLANE = 512  # voxels along y and x that are averaged at a time


def build_pyramid(
    path: Path | str, *, kind: Kind, progress: ReportProgress | None = None
) -> None:
    """Replace all levels above the finest.

    Images are averaged; of labels the most frequent wins, of equally frequent ones the
    lowest id. Running it again gives the same bytes; when killed, run it again.

    Parameters
    ----------
    path
        An image made by `create_ome_zarr`, with level 0 written.
    kind
        Images are averaged, labels voted for.
    progress
        Called after each block with the number of voxels done, and of all.

    Notes
    -----
    Needs memory for one shard and a piece of four million voxels; reads each level
    once.
    """
    path = Path(path)
    finest = open_ome_zarr(path, writable=True)
    group = zarr.open_group(path, mode="r+")
    image = attributes_of(group)["multiscales"][0]
    label = attributes_of(group).get("image-label", {})
    if in_labels_of_image(path):
        label = {"source": LABELS_IMAGE} | label
    version: Version = "0.4" if group.metadata.zarr_format == 2 else "0.5"
    shapes, spacings = [finest.shape], [require_spacing(finest)]

    def list_levels() -> None:
        group.attrs.update(
            image_attributes(
                name=image.get("name", path.name),
                kind=kind,
                spacings_nm=spacings,
                label=label,
                version=version,
            )
        )

    list_levels()  # of the finest alone: a half-made pyramid is never listed
    _remove_coarser(path)
    source, done = finest, 0
    total = coarser_voxels(finest.shape, spacings[0])
    for factors in pyramid_factors(finest.shape, spacings[0]):
        shapes.append(_divided(source.shape, factors))
        spacings.append(_coarser(spacings[-1], factors))
        target = _empty_level(group, finest, shapes, spacings)
        for box in tile(target.shape, target.shard):
            target.write(box, coarse_box(source, box, factors, kind))
            done += box.voxels
            if progress:
                progress(done, total)
        source = target
    list_levels()


def pyramid_factors(shape: Shape, spacing_nm: Spacing) -> Iterator[Shape]:
    """Yield by how much each level is coarser than the one below, along z, y, x.

    z is not halved before the voxels have become as wide as they are deep.

    Examples
    --------
    >>> list(pyramid_factors((64, 2048, 2048), Spacing(20, 5, 5)))
    [(1, 2, 2), (1, 2, 2), (2, 2, 2)]
    """
    while max(shape) > COARSEST:
        deep = spacing_nm.z > CAUGHT_UP * min(spacing_nm.y, spacing_nm.x)
        most = (1 if deep else 2, 2, 2)
        factors = per_axis(min, shape, most)  # a single slice or row stays one
        shape, spacing_nm = _divided(shape, factors), _coarser(spacing_nm, factors)
        yield factors


def coarser_voxels(shape: Shape, spacing_nm: Spacing) -> int:
    """Count the voxels of all levels above the finest."""
    total = 0
    for factors in pyramid_factors(shape, spacing_nm):
        shape = _divided(shape, factors)
        total += math.prod(shape)
    return total


def downsample(array: NDArray[Any], factors: Shape, kind: Kind) -> NDArray[Any]:
    """Shrink by factors of 1 or 2; what is left over at an end counts as it is.

    Parameters
    ----------
    array
        (Z, Y, X). Not modified.
    factors
        Voxels along (z, y, x) that become one.
    kind
        Average an "image" (rounded half to even for whole numbers); in a "label" image
        take the most frequent value, the lowest of equally frequent ones.

    Returns
    -------
    Array of the same dtype, of ceil(shape / factors) voxels.

    Examples
    --------
    >>> labels = np.array([[[1, 1, 7], [2, 2, 5]]], np.uint8)
    >>> downsample(labels, (1, 2, 2), "label")
    array([[[1, 5]]], dtype=uint8)
    """
    # Repeating the last voxel of an odd axis doubles every vote of its blocks alike.
    odd = [(0, -n % f) for n, f in zip(array.shape, factors, strict=True)]
    padded = np.pad(array, odd, mode="edge")
    votes = np.stack(
        [
            padded[z :: factors[0], y :: factors[1], x :: factors[2]]
            for z, y, x in np.ndindex(factors)
        ]
    )  # (votes, Z, Y, X)
    return _majority(votes) if kind == "label" else _mean(votes)


def _mean(votes: NDArray[Any]) -> NDArray[Any]:
    mean = votes.mean(axis=0, dtype=np.float64)
    whole = votes.dtype.kind in "iu"
    return (np.rint(mean) if whole else mean).astype(votes.dtype)


def _majority(votes: NDArray[Any]) -> NDArray[Any]:
    """Most frequent value along the first axis; the lowest of equally frequent ones."""
    result = votes[0].copy()
    mixed = (votes != votes[0]).any(axis=0)
    ordered = np.sort(votes[:, mixed], axis=0)  # (votes, mixed voxels)
    best, run = np.zeros((2, ordered.shape[1]), np.int8)
    winner = ordered[0].copy()
    for n, vote in enumerate(ordered):
        run = np.where(vote == ordered[n - 1], run + 1, 1) if n else run + 1
        ahead = run > best  # strictly, so that the lowest of equals stays
        best[ahead], winner[ahead] = run[ahead], vote[ahead]
    result[mixed] = winner
    return result


def coarse_box(source: Volume, box: Box, factors: Shape, kind: Kind) -> NDArray[Any]:
    """Voxels of a box of a level, computed from the level below, piece by piece."""
    out = np.empty(box.shape, source.dtype)
    piece = (source.chunk[0], PIECE_IN_PLANE, PIECE_IN_PLANE)
    for part in tile(box.shape, piece):
        whole = part.shifted(box.start)
        voxels = source.read(whole.refined(factors).clipped(source.shape))
        out[part.slices] = downsample(voxels, factors, kind)
    return out


def _empty_level(
    group: zarr.Group,
    finest: OmeZarrVolume,
    shapes: list[Shape],
    spacings: list[Spacing],
) -> OmeZarrVolume:
    """Make the array of the last of `shapes`."""
    level = len(shapes) - 1
    path = finest.path / str(level)
    chunk, shard = cut_layout(path, shapes[level], finest.chunk, finest.shard)
    array = create_level(
        group, level, shape=shapes[level], dtype=finest.dtype, chunk=chunk, shard=shard
    )
    return OmeZarrVolume(
        path,
        array,
        Selection(AXES),
        spacing_nm=spacings[level],
        format="OME-Zarr level",
        writable=True,
    )


def _remove_coarser(path: Path) -> None:
    for folder in path.iterdir():
        if folder.name.isdecimal() and folder.name != "0":
            remove(folder)


def _divided(shape: Shape, factors: Shape) -> Shape:
    return per_axis(lambda size, factor: -(-size // factor), shape, factors)


def _coarser(spacing_nm: Spacing, factors: Shape) -> Spacing:
    return Spacing(
        *per_axis(lambda length, factor: length * factor, spacing_nm, factors)
    )
