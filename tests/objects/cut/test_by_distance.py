import numpy as np
import pytest

from densecell.config import SplitConfig
from densecell.geometry import Spacing
from densecell.objects import split_touching
from densecell.objects.cut.by_distance import split_coarse
from densecell.objects.cut.coarse import occupancy, refined

ANISOTROPIC = Spacing(40, 10, 10)


def balls(*centres_nm, radius_nm, shape=(14, 60, 110), spacing=ANISOTROPIC):
    """Draw balls on an anisotropic lattice."""
    z, y, x = ((np.arange(n) + 0.5) * s for n, s in zip(shape, spacing, strict=True))
    mask = np.zeros(shape, bool)
    for cz, cy, cx in centres_nm:
        far = (z[:, None, None] - cz) ** 2 + (y[None, :, None] - cy) ** 2
        mask |= far + (x - cx) ** 2 < radius_nm**2
    return mask


def test_two_balls_that_touch_are_cut_where_they_meet():
    mask = balls((280, 300, 330), (280, 300, 730), radius_nm=230)

    objects = split_touching(mask, spacing_nm=ANISOTROPIC, neck=0.7)

    assert objects.max() == 2
    assert set(np.unique(objects[:, :, :52])) == {0, 1}
    assert set(np.unique(objects[:, :, 54:])) == {0, 2}
    np.testing.assert_array_equal(objects > 0, mask)
    assert objects.dtype == np.uint32


def test_balls_that_touch_along_z_are_cut_because_the_spacing_is_known():
    mask = balls((160, 300, 300), (400, 300, 300), radius_nm=130)

    cut = split_touching(mask, spacing_nm=ANISOTROPIC, neck=0.7)
    as_if_isotropic = split_touching(mask, spacing_nm=Spacing(1, 1, 1), neck=0.7)

    assert cut.max() == 2
    assert set(np.unique(cut[:6])) == {0, 1}
    assert set(np.unique(cut[8:])) == {0, 2}
    assert as_if_isotropic.max() != 2


def test_a_wide_neck_is_none():
    near = balls((280, 300, 400), (280, 300, 560), radius_nm=230)
    far = balls((280, 300, 330), (280, 300, 730), radius_nm=230)

    assert split_touching(near, spacing_nm=ANISOTROPIC, neck=0.9).max() == 1
    assert split_touching(far, spacing_nm=ANISOTROPIC, neck=0.5).max() == 2
    assert split_touching(far, spacing_nm=ANISOTROPIC, neck=0.3).max() == 1


def test_the_ratio_counts_not_the_size():
    large = balls((280, 300, 330), (280, 300, 730), radius_nm=230)
    small = balls((70, 300, 330), (70, 300, 430), radius_nm=58, spacing=(10, 10, 10))

    for mask, spacing in ((large, ANISOTROPIC), (small, Spacing(10, 10, 10))):
        assert split_touching(mask, spacing_nm=spacing, neck=0.7).max() == 2


def test_smoothing_evens_out_a_rough_surface():
    rng = np.random.default_rng(0)
    mask = balls((280, 300, 330), radius_nm=230)
    mask &= rng.random(mask.shape) > 0.03  # holes

    rough = split_touching(mask, spacing_nm=ANISOTROPIC, neck=0.9)
    even = split_touching(mask, spacing_nm=ANISOTROPIC, neck=0.9, smoothing_nm=60)

    assert rough.max() > 1
    assert even.max() == 1


def test_what_is_numbered_can_be_more_than_what_is_thick():
    mask = np.zeros((3, 9, 12), bool)
    mask[:, 2:7, 2:7] = True
    within = mask.copy()
    within[1, 4, 7:11] = True  # a thin process
    within[1, 0, 11] = True  # and a speck

    objects = split_touching(
        mask, spacing_nm=Spacing(10, 10, 10), neck=0.7, within=within
    )

    np.testing.assert_array_equal(objects > 0, within)
    assert objects[1, 4, 10] == objects[1, 4, 4] == 1
    assert objects[1, 0, 11] == 2


@pytest.mark.parametrize("shape", [(1, 7, 9), (5, 7, 9), (1, 1, 1)])
def test_a_mask_without_a_surface_is_one_object(shape):
    objects = split_touching(
        np.ones(shape, bool), spacing_nm=ANISOTROPIC, neck=0.8, smoothing_nm=60
    )

    np.testing.assert_array_equal(objects, 1)


def test_nothing_is_nothing():
    mask = np.zeros((2, 3, 4), bool)

    assert not split_touching(mask, spacing_nm=ANISOTROPIC, neck=0.8).any()
    assert not mask.any()


def test_ids_follow_the_first_voxels():
    mask = np.zeros((1, 5, 12), bool)
    mask[0, 1:4, 8:11] = mask[0, 2:5, 1:5] = True

    objects = split_touching(mask, spacing_nm=Spacing(10, 10, 10), neck=0.7)

    assert (objects[0, 2, 9], objects[0, 3, 2]) == (1, 2)


def test_a_thin_gap_is_seen_although_coarse_voxels_close_it():
    mask = np.zeros((4, 32, 64), bool)
    mask[:, 4:28, 4:30] = mask[:, 4:28, 31:60] = True  # one voxel apart
    mask[1, 12, 12] = False  # stray
    split = SplitConfig(voxel_nm=40, smoothing_nm=0, neck=0.9)

    counts = occupancy(mask, (1, 4, 4))
    objects = split_coarse(
        counts, (1, 4, 4), spacing_nm=Spacing(40, 10, 10), split=split
    )

    fine = refined(objects, (1, 4, 4)) * mask
    assert objects.max() == 2
    assert (fine > 0).sum() == mask.sum()
    assert fine[0, 10, 10] != fine[0, 10, 50]
