"""Pieces of a block, and what touches what, against scipy and by hand."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from densecell.geometry import Box
from densecell.objects.runs.encoding import runs_of, spread
from densecell.objects.runs.pieces import pieces_of

SHAPE = (3, 4, 6)
KINDS = arrays(np.uint8, SHAPE, elements=st.sampled_from([0, 0, 1, 5]))


def pieces_in(block):
    """Runs, the pieces, and the piece of every voxel."""
    runs = runs_of([block])
    pieces = pieces_of(runs, [runs.of(block)], block.shape)
    voxels = spread(pieces.of_run, runs.start, block.shape, Box.whole(block.shape))
    return pieces, voxels


def touching(voxels, *, faces):
    """List pairs of pieces that touch, voxel by voxel."""
    pairs = set()
    for z, y, x in np.ndindex(voxels.shape):
        for step in np.ndindex(3, 3, 3):
            if np.abs(np.subtract(step, 1)).sum() > (1 if faces else 3):
                continue
            place = tuple(np.add((z, y, x), np.subtract(step, 1)).tolist())
            if Box.whole(voxels.shape).contains(
                Box(place, tuple(n + 1 for n in place))
            ):
                pairs.add(tuple(sorted((int(voxels[z, y, x]), int(voxels[place])))))
    return sorted((a, b) for a, b in pairs if a != b)


@given(KINDS)
@settings(deadline=None, max_examples=30)
def test_pieces_are_the_components_by_faces_of_every_kind(block):
    _, voxels = pieces_in(block)

    count = 0
    for kind in np.unique(block):
        found, number = ndimage.label(block == kind)
        count += number
        for n in range(1, number + 1):
            assert len(np.unique(voxels[found == n])) == 1
    assert len(np.unique(voxels)) == count


@given(KINDS)
@settings(deadline=None, max_examples=30)
def test_all_pieces_that_touch_are_found_and_by_what(block):
    pieces, voxels = pieces_in(block)

    pairs = list(zip(pieces.first.tolist(), pieces.second.tolist(), strict=True))
    by_face = [p for p, face in zip(pairs, pieces.by_face, strict=True) if face]

    assert pairs == touching(voxels, faces=False)
    assert by_face == touching(voxels, faces=True)
