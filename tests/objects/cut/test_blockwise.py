"""Groups of a layer are cut in a block and its halo."""

import numpy as np
import pytest

from densecell.config import ObjectsConfig, SplitConfig
from densecell.geometry import Box, Spacing
from densecell.objects.cut.blockwise import by_affinities, by_distances, cut_block
from densecell.objects.layers import ClassGroup, ObjectLayer

SPACING = Spacing(10, 10, 10)
SHAPE = (12, 12, 40)
SPLIT = SplitConfig(voxel_nm=20, halo_nm=80, smoothing_nm=0, neck=0.9)
CORE = Box((0, 0, 0), (12, 12, 20))


@pytest.fixture
def labels():
    """Two balls that touch in the core, and one of another class behind it."""
    z, y, x = np.indices(SHAPE)
    drawn = np.zeros(SHAPE, np.uint8)
    for centre, label in ((5, 1), (15, 1), (31, 3)):
        drawn[(z - 5.5) ** 2 + (y - 5.5) ** 2 + (x - centre) ** 2 < 5.5**2] = label
    return drawn


def cut(labels, core, *groups):
    read = []

    def give(box):
        read.append(box)
        return labels[box.slices]

    found = cut_block(
        give,
        core,
        ObjectLayer("cells", groups),
        shape=SHAPE,
        spacing_nm=SPACING,
        config=ObjectsConfig(),
    )
    return found, read


def test_what_touches_in_the_core_is_cut_and_kept_for_neighbours(labels):
    one = ClassGroup(1, (1,), (), needs_cell=False, split=SPLIT)

    cuts, read = cut(labels, CORE, one)

    assert read == [Box((0, 0, 0), (12, 12, 28))]  # the core and a halo of 8 voxels
    np.testing.assert_array_equal(cuts.ids > 0, labels[CORE.slices] == 1)
    assert cuts.group.tolist() == [0, 1, 1]
    assert (cuts.ids[6, 6, 5], cuts.ids[6, 6, 15]) == (1, 2)
    view = cuts.views[1]
    assert view.last == 2
    assert view.box == Box((0, 0, 0), (6, 6, 14))
    assert view.objects.shape == view.box.shape


def test_what_lies_in_the_halo_alone_has_an_id_above_those_of_the_core(labels):
    one = ClassGroup(1, (1,), (), needs_cell=False, split=SPLIT)

    cuts, _ = cut(labels, Box((0, 0, 0), (12, 12, 8)), one)

    assert cuts.group.tolist() == [0, 1]
    assert cuts.ids.max() == cuts.views[1].last == 1
    assert set(np.unique(cuts.views[1].objects)) == {0, 1, 2}


def test_groups_of_a_layer_are_counted_on(labels):
    one = ClassGroup(1, (1,), (), needs_cell=False, split=SPLIT)
    three = ClassGroup(3, (3,), (), needs_cell=False, split=SPLIT)

    cuts, _ = cut(labels, Box.whole(SHAPE), one, three)

    assert cuts.group.tolist() == [0, 1, 1, 2]
    assert set(np.unique(cuts.ids[labels == 3])) == {3}
    assert set(cuts.views) == {1, 2}


def test_groups_that_stay_whole_or_are_not_there_are_not_cut(labels):
    whole = ClassGroup(1, (1,), (), needs_cell=False, split=None)
    missing = ClassGroup(2, (2,), (), needs_cell=False, split=SPLIT)

    cuts, _ = cut(labels, CORE, whole, missing)

    assert cuts.ids is None
    assert cuts.views == {}
    assert cuts.group.tolist() == [0]


def test_affinities_are_cut_finer_than_neighbours_need():
    class Far:
        offsets = ()

        def within(self, reach_nm, spacing_nm):
            assert reach_nm == ObjectsConfig().affinities.reach_nm
            return self

    cutter = by_affinities(Far(), ObjectsConfig(), SPACING)

    assert cutter.factors == (1, 1, 1)
    assert cutter.kept_factors == by_distances(ObjectsConfig().cells, SPACING).factors
    assert cutter.halo_nm == ObjectsConfig().affinities.halo_nm
