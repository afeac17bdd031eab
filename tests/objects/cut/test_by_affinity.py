import numpy as np

from densecell.geometry import FACES
from densecell.objects.cut.by_affinity import (
    cut_by_affinities,
    without_crumbs,
)
from densecell.objects.cut.coarse import occupancy
from densecell.objects.ids import in_raster_order

FAR = (0, 0, -4)


def sure(shape, borders=()):
    """Affinities of the faces and of `FAR`: sure everywhere but across x = borders."""
    found = np.full((4, *shape), 255, np.uint8)
    x = np.arange(shape[2])
    for border in borders:
        found[2, :, :, border] = 20
        found[3][:, :, (x >= border) & (x < border + 4)] = 10
    return found


def cut(affinities, mask=None, factors=(1, 1, 1), sure=0.7, least_voxels=0):
    mask = np.ones(affinities.shape[1:], bool) if mask is None else mask
    return cut_by_affinities(
        occupancy(mask, factors) > 0,
        affinities,
        [*FACES, FAR],
        factors,
        sure=sure,
        least_voxels=least_voxels,
    )


def test_cells_part_where_pairs_are_unsure():
    objects = cut(sure((2, 3, 12), borders=(5,)))

    assert np.unique(objects[:, :, :5]).tolist() == [1]
    assert np.unique(objects[:, :, 5:]).tolist() == [2]


def test_what_is_no_cell_is_nothing_and_nothing_is_no_error():
    mask = np.ones((1, 2, 8), bool)
    mask[:, :, 3] = False

    objects = cut(sure((1, 2, 8)), mask)

    assert np.unique(objects[:, :, 3]).tolist() == [0]
    assert not cut(sure((1, 2, 8)), np.zeros((1, 2, 8), bool)).any()


def test_coarse_voxels_are_cut_as_fine_ones_are():
    fine = sure((1, 8, 32), borders=(16,))
    mask = np.ones((1, 8, 32), bool)
    mask[0, :, 30:] = False

    objects = cut(fine, mask, factors=(1, 2, 2))

    assert objects.shape == (1, 4, 16)
    assert np.unique(objects[0, :, :8]).tolist() == [1]
    assert np.unique(objects[0, :, 8:15]).tolist() == [2]
    assert np.unique(objects[0, :, 15]).tolist() == [0]


def test_crumbs_join_what_they_belong_to_most():
    objects = np.array([[[1, 1, 2, 3, 3]]], np.uint32)
    affinities = np.zeros((3, 1, 1, 5), np.float32)
    affinities[2, 0, 0] = [0, 1, 0.3, 0.6, 1]

    joined = without_crumbs(objects, affinities, least_voxels=2)

    assert in_raster_order(joined).ravel().tolist() == [1, 1, 2, 2, 2]
    kept = without_crumbs(objects, affinities, least_voxels=1)
    np.testing.assert_array_equal(kept, objects)


def test_crumbs_grow_together_and_lonely_ones_stay():
    objects = np.array([[[1, 2, 3, 0, 4]]], np.uint32)
    affinities = np.zeros((3, 1, 1, 5), np.float32)
    affinities[2, 0, 0] = [0, 0.9, 0.1, 0, 0]

    joined = without_crumbs(objects, affinities, least_voxels=2)

    assert in_raster_order(joined).ravel().tolist() == [1, 1, 1, 0, 2]


def test_what_is_surer_than_asked_is_joined():
    unsure = sure((3, 6, 24))
    unsure[2, :, :, 12] = 120
    unsure[3, :, :, 12:16] = 170

    assert cut(unsure, sure=0.5).max() == 1
    assert cut(unsure, sure=0.8).max() == 2


def test_a_single_wrong_pair_joins_nothing():
    affinities = sure((1, 24, 24), borders=(12,))
    affinities[2, :, 5, 12] = 255

    assert cut(affinities).max() == 2
