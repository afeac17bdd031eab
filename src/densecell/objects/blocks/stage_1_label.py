"""First stage: number the objects of a block for itself, and sum over them.

::

    labels -> cut groups (see `cut.blockwise`) -> runs -> pieces -> ids of each layer

What no object fills is numbered too, in pieces that touch by faces: a piece that only
one object surrounds is a hole of it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape
from densecell.objects.blocks.block_file import NumberedBlock, NumberedLayer
from densecell.objects.blocks.job import HOST, Job
from densecell.objects.blocks.one_class import touches_inside
from densecell.objects.cut.blockwise import Cuts, Read, cut_block
from densecell.objects.ids import joint_keys, united, unjoint
from densecell.objects.layers import HOLE
from densecell.objects.runs.encoding import Runs, runs_of
from densecell.objects.runs.pieces import Pieces, pieces_of
from densecell.objects.runs.sums import Sums, sum_objects
from densecell.objects.shape.contacts import contact_units, patch_shape, patches_of
from densecell.result import CELLS, Measurement

NONE = np.zeros((0, 5), np.int64)  # no touches


class LocalIds(NamedTuple):
    """Ids of the objects of one layer in one block."""

    ids: NDArray[np.uint32]  # (P,) local id of each piece: 1..N without gaps, or 0
    group: NDArray[np.uint8]  # (N + 1,) number of the group by local id, or HOLE
    around: NDArray[np.uint64]  # (M, 2) an empty piece, an object at a face of it

    @property
    def highest(self) -> int:
        """Highest local id."""
        return len(self.group) - 1


def label_block(job: Job, number: int) -> None:
    """Assign provisional ids to the objects of a block, and sum over them."""
    measurement = job.measurement
    core, read = measurement.blocks[number], reader(job)
    cuts = {
        name: cut_block(
            read,
            core,
            layer,
            shape=measurement.shape,
            spacing_nm=measurement.spacing,
            config=measurement.objects,
            affinities=job.affinities if name == CELLS else None,
        )
        for name, layer in job.layers.items()
    }
    around = read(_with_patches(measurement, core))
    classes = np.ascontiguousarray(around[Box.whole(core.shape).slices])
    block = _block(job, core, classes, cuts)
    found = {
        name: number_block(
            block.pieces,
            layer.group_table()[block.classes],
            block.cut[name],
            group_of_cut=cuts[name].group,
            fill_holes=measurement.objects.fill_holes,
        )
        for name, layer in job.layers.items()
    }
    sums = _sums(job, core, block)
    NumberedBlock(
        start=block.runs.start,
        piece=block.pieces.of_run,
        voxels=sums.classes.sum(axis=0),
        contacts=_contacts(measurement, core, around),
        layers={
            name: _layer(
                name, found, block, sums, cuts[name], touches=job.joins_splinters
            )
            for name in job.layers
        },
    ).save(job.mark("number", number))


def reader(job: Job) -> Read:
    """Reader of class ids; a box inside the last one is not read again."""
    last, held = Box((0, 0, 0), (0, 0, 0)), np.zeros((0, 0, 0), np.uint8)

    def read(box: Box) -> NDArray[np.uint8]:
        nonlocal last, held
        if not last.contains(box):
            labels = job.labels.read(box)
            if labels.dtype != np.uint8:  # bytes are checked where they are fewer: runs
                _check_classes(job, labels)
            last, held = box, labels.astype(np.uint8, copy=False)
        return held[box.relative_to(last.start).slices]

    return read


def number_block(
    pieces: Pieces,
    grouped: NDArray[np.uint8],
    cut: NDArray[np.uint32],
    *,
    group_of_cut: NDArray[np.uint8],
    fill_holes: bool,
) -> LocalIds:
    """Assign ids to the objects of a layer in a block.

    Parameters
    ----------
    pieces
        Pieces of the block.
    grouped
        (P,) number of the group of each piece, 0 for none.
    cut
        (P,) local id of each piece of a cut group, 0 for the others.
    group_of_cut
        (N + 1,) number of the group by these ids.
    fill_holes
        Whether to number what no object fills too.
    """
    kind = np.where(grouped == 0, HOLE if fill_holes else 0, grouped)
    own = (kind > 0) & (cut == 0)
    a, b = pieces.first, pieces.second
    joined = own[a] & own[b] & (kind[a] == kind[b])
    joined &= pieces.by_face | (kind[a] != HOLE)
    _, object_of = united(np.stack([a[joined], b[joined]], axis=1), len(kind))
    found, index = np.unique(object_of[own], return_inverse=True)
    ids = cut.copy()
    ids[own] = index + len(group_of_cut)
    more = np.zeros(len(found), np.uint8)
    more[index] = kind[own]
    group = np.concatenate([group_of_cut, more])
    return LocalIds(ids, group, _surroundings(pieces, ids, group))


def _surroundings(
    pieces: Pieces, ids: NDArray[np.uint32], group: NDArray[np.uint8]
) -> NDArray[np.uint64]:
    """Empty pieces and objects that share a face: (M, 2) local ids."""
    a, b = ids[pieces.first[pieces.by_face]], ids[pieces.second[pieces.by_face]]
    found = []
    for hole, thing in ((a, b), (b, a)):
        met = (group[hole] == HOLE) & (group[thing] != HOLE) & (thing > 0)
        found.append(np.stack([hole[met], thing[met]], axis=1))
    return np.unique(np.concatenate(found), axis=0).astype(np.uint64)


class _Block(NamedTuple):
    """A block as runs and pieces."""

    shape: Shape
    runs: Runs
    pieces: Pieces
    classes: NDArray[np.uint8]  # (P,) class id of each piece
    channels: NDArray[np.uint8]  # (P,) number of that class in the scheme
    cut: dict[str, NDArray[np.uint32]]  # (P,) for each layer, local id or 0
    cells: NDArray[np.integer] | None  # (R,) cell of the ensemble


def _block(
    job: Job, core: Box, classes: NDArray[np.uint8], cuts: dict[str, Cuts]
) -> _Block:
    """Join voxels that no array here tells apart into runs and pieces."""
    ids = {name: cut.ids for name, cut in cuts.items() if cut.ids is not None}
    cells = [] if job.reference is None else [job.reference.read(core)]
    runs = runs_of([classes, *ids.values(), *cells])
    kinds = [runs.of(classes), *(runs.of(array) for array in ids.values())]
    _check_classes(job, kinds[0])
    pieces = pieces_of(runs, kinds, core.shape)
    class_of, *cut_of = (kind[pieces.run] for kind in kinds)
    none = np.zeros(len(pieces.run), np.uint32)
    return _Block(
        core.shape,
        runs,
        pieces,
        class_of,
        job.measurement.classes.to_channels(class_of),
        dict.fromkeys(cuts, none) | dict(zip(ids, cut_of, strict=True)),
        runs.of(cells[0]) if cells else None,
    )


def _check_classes(job: Job, labels: NDArray[np.integer]) -> None:
    job.measurement.classes.check(labels, where=str(job.labels.path))


def _with_patches(measurement: Measurement, core: Box) -> Box:
    """The block, all patches of contacts that begin in it, and one voxel further."""
    patches = patches_of(core, patch_shape(measurement.spacing))
    further = patches.grown((1, 1, 1)).union(core).clipped(measurement.shape)
    return Box(core.start, further.stop)


def _contacts(
    measurement: Measurement, core: Box, around: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Contacts in all patches that begin in the block: (K, K)."""
    patches = patches_of(core, patch_shape(measurement.spacing))
    inside = patches.clipped(measurement.shape).relative_to(core.start)
    first = tuple(slice(start, None) for start in inside.start)
    areas = contact_units(around[first], inside.shape, measurement.spacing)
    ids = list(measurement.classes.ids)
    return areas[np.ix_(ids, ids)]


def _sums(job: Job, core: Box, block: _Block) -> Sums:
    """Sums over every piece of a block."""
    runs, sure = block.runs, None
    if job.confidence is not None:
        sure = runs.sums(job.confidence.read(core))
    of_run = block.pieces.of_run
    return sum_objects(
        runs,
        of_run + 1,
        count=len(block.channels),
        channels=block.channels[of_run],
        classes=len(job.measurement.classes),
        confidence=sure,
        probabilities={
            channel: runs.sums(volume.read(core))
            for channel, volume in job.probabilities.items()
        },
    )


def _layer(
    name: str,
    found: dict[str, LocalIds],
    block: _Block,
    sums: Sums,
    cuts: Cuts,
    *,
    touches: bool,
) -> NumberedLayer:
    """What the file says of a layer: ids, sums, touches and overlaps with others."""
    local = found[name]
    known = np.flatnonzero(local.ids)
    whole = sums.taken(known).added(local.ids[known] - 1, local.highest)
    above = found.get(HOST.get(name, ""))
    host = None if above is None else _overlaps(local.ids, above.ids, sums.voxels)
    in_cells = None
    if block.cells is not None:
        of_run = local.ids[block.pieces.of_run]
        in_cells = _overlaps(of_run, block.cells, block.runs.length)
    met = _touches(block, local) if touches and name != CELLS else NONE
    return NumberedLayer(*local, whole, cuts.views, met, host, in_cells)


def _touches(block: _Block, local: LocalIds) -> NDArray[np.int64]:
    """Rows (object, object of another group, faces across z, y, x) in a block."""
    group = np.where(local.group == HOLE, 0, local.group)
    ids = local.ids[block.pieces.of_run]
    found = touches_inside(block.runs, block.shape, ids, group[ids])
    return np.column_stack([found.first, found.second, found.faces])


def _overlaps(
    first: NDArray[np.integer],
    second: NDArray[np.integer],
    voxels: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Voxels that two objects share: rows (first, second, voxels)."""
    known = first > 0
    keys, index = np.unique(
        joint_keys(first[known], second[known]), return_inverse=True
    )
    shared = np.bincount(index, weights=voxels[known], minlength=len(keys))
    return np.stack([*unjoint(keys), shared.astype(np.int64)], axis=1)
