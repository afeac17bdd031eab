"""What corrections do to the ids of voxels."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from densecell.edits.correction import Correction, Voxel
from densecell.errors import OutputError
from densecell.geometry import Box, per_axis
from densecell.objects.depth import depth_nm
from densecell.objects.runs.drawing import steps_of

MOST_GROWN = 100_000_000  # voxels of a box in which an object grows: read at once
Ids = NDArray[np.unsignedinteger]
MOST = 30_000_000  # voxels of a box in which an object is split; larger ones by steps


def replace_ids(correction: Correction, layer: str, new: dict[int, int]) -> None:
    """Replace ids by others, in the boxes of the objects alone."""
    for old, number in new.items():
        box = correction.box(layer, [old])
        correction.store(layer).change(box, partial(_replaced, old, number))


def _replaced(old: int, new: int, _: Box, ids: Ids) -> Ids:
    return np.where(ids == old, ids.dtype.type(new), ids)


def split_object(
    correction: Correction,
    layer: str,
    number: int,
    seeds: Sequence[Voxel],
    new: Sequence[int],
) -> None:
    """Split an object into one piece for each seed, at its thinnest places.

    The piece of the first seed keeps the id, the others get `new`. Pieces grow from the
    seeds, first where the object is thick (a watershed of the distance to its surface).
    Very large objects are split on every second voxel along an axis, or fewer.
    """
    box = correction.box(layer, [number])
    steps = steps_of(box.shape, MOST)
    drawn = _drawn(correction, layer, number, box, steps)
    markers = np.zeros(drawn.shape, np.int32)
    for k, seed in enumerate(seeds, 1):
        at = per_axis(lambda a, b, step: (a - b) // step, seed, box.start, steps)
        if markers[at]:
            raise OutputError(
                f"{correction.result.path}: seeds {seeds[markers[at] - 1]} and {seed} "
                f"are too close: an object of {box.shape} voxels is split on every "
                f"{steps} voxel (z y x). Place them farther apart"
            )
        markers[at], drawn[at] = k, True
    spacing = correction.measurement.spacing
    pixel = per_axis(lambda nm, step: nm * step, spacing, steps)
    depth = depth_nm(drawn, pixel)
    depth[~np.isfinite(depth)] = 0
    pieces: NDArray[np.int32] = watershed(-depth, markers, mask=drawn)  # type: ignore[no-untyped-call]
    missed = pieces == 0
    if missed.any():  # voxels between the steps, and bits that touch no seed
        _, nearest = ndimage.distance_transform_edt(
            missed, sampling=pixel, return_indices=True
        )
        pieces = pieces[tuple(nearest)]
    ids = np.array([0, number, *new])

    def change(part: Box, before: Ids) -> Ids:
        places = [
            (np.arange(a, b) - start) // step
            for a, b, start, step in zip(
                part.start, part.stop, box.start, steps, strict=True
            )
        ]
        return np.where(before == number, ids[pieces[np.ix_(*places)]], before)

    correction.store(layer).change(box, change)


def grow_object(
    correction: Correction,
    layer: str,
    number: int,
    distance_nm: float,
    allowed: Callable[[Box], NDArray[np.bool_]],
) -> int:
    """Let an object grow over voxels of no object; return how many it took.

    Parameters
    ----------
    distance_nm
        How far it grows.
    allowed
        Where it may grow, besides. It takes what is connected to it by faces.
    """
    spacing = correction.measurement.spacing
    store = correction.store(layer)
    margin = per_axis(lambda nm: int(distance_nm // nm) + 1, spacing)
    box = correction.box(layer, [number]).grown(margin).clipped(store.shape)
    if box.voxels > MOST_GROWN:
        raise OutputError(
            f"{correction.result.path}: to grow object {number} of {layer} takes a box "
            f"of {box.voxels:,} voxels, more than {MOST_GROWN:,}. Choose a smaller "
            "distance, or split the object first"
        )
    ids = store.read(box)
    mine = ids == number
    near = ndimage.distance_transform_edt(~mine, sampling=spacing) <= distance_nm
    free = mine | ((ids == 0) & near & allowed(box))
    parts, _ = ndimage.label(free)
    taken = np.isin(parts, np.unique(parts[mine])) & ~mine

    def change(part: Box, before: Ids) -> Ids:
        inside = part.relative_to(box.start).slices
        return np.where(taken[inside], number, before)

    store.change(box, change)
    return int(taken.sum())


def _drawn(
    correction: Correction,
    layer: str,
    number: int,
    box: Box,
    steps: tuple[int, int, int],
) -> NDArray[np.bool_]:
    """Where an object is in its box, on every n-th voxel."""
    size = per_axis(lambda n, step: -(-n // step), box.shape, steps)
    drawn = np.zeros(size, bool)
    for k in range(size[0]):
        z = box.start[0] + k * steps[0]
        plane = Box((z, *box.start[1:]), (z + 1, *box.stop[1:]))
        ids = correction.store(layer).read(plane)[0, :: steps[1], :: steps[2]]
        drawn[k] = ids == number
    return drawn


def check_seeds(
    correction: Correction, layer: str, number: int, seeds: Sequence[Voxel]
) -> list[str]:
    """Sentences on seeds that do not lie in the object; none if all do."""
    shape, wrong = correction.store(layer).shape, []
    for seed in seeds:
        box = Box.at(seed, (1, 1, 1))
        if not Box.whole(shape).contains(box):
            wrong.append(f"seed {seed} is outside the volume of {shape} voxels")
        elif (there := int(correction.store(layer).read(box)[0, 0, 0])) != number:
            what = f"in object {there}" if there else "in no object"
            wrong.append(f"seed {seed} is {what} of {layer}")
    return wrong
