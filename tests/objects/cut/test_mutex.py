import numpy as np
import pytest

from densecell.errors import VolumeError
from densecell.geometry import FACES
from densecell.objects import objects_from_affinities

OFFSETS = (*FACES, (-2, 0, 0), (0, -3, 0), (0, 0, -3))


@pytest.fixture
def truth():
    """Draw three objects that touch, (4, 9, 12)."""
    objects = np.ones((4, 9, 12), np.uint32)
    objects[:, :, 5:] = 2
    objects[2:, 4:, 5:] = 3
    return objects


def affinities_of(objects):
    """1 where a voxel and the one at each offset are of one object."""
    found = np.zeros((len(OFFSETS), *objects.shape), np.float32)
    for channel, offset in zip(found, OFFSETS, strict=True):
        for at in np.ndindex(objects.shape):
            to = tuple(a + o for a, o in zip(at, offset, strict=True))
            if min(to) >= 0:
                channel[at] = objects[at] == objects[to]
    return found


def test_true_affinities_give_the_true_objects(truth):
    affinities = affinities_of(truth)
    before = affinities.copy()

    objects = objects_from_affinities(affinities, OFFSETS)

    np.testing.assert_array_equal(objects, truth)
    assert objects.dtype == np.uint32
    np.testing.assert_array_equal(affinities, before)


def test_high_means_together_in_the_far_channels_too(truth):
    """The library reads far channels the other way round, and says nothing."""
    rng = np.random.default_rng(0)
    noisy = affinities_of(truth) * 0.6 + 0.2 + rng.normal(0, 0.05, (6, 4, 9, 12))

    objects = objects_from_affinities(noisy, OFFSETS)

    np.testing.assert_array_equal(objects, truth)


def test_nothing_lies_outside_the_mask(truth):
    mask = truth != 2

    objects = objects_from_affinities(affinities_of(truth), OFFSETS, mask=mask)

    np.testing.assert_array_equal(objects, np.select([truth == 1, truth == 3], [1, 2]))


def test_channels_must_fit_the_offsets(truth):
    with pytest.raises(VolumeError, match=r"each of the 3 offsets, got shape \(6, 4,"):
        objects_from_affinities(affinities_of(truth), FACES)


def test_a_mask_must_fit_the_channels(truth):
    with pytest.raises(VolumeError, match=r"mask has shape \(1, 1, 1\) and the"):
        objects_from_affinities(
            affinities_of(truth), OFFSETS, mask=np.ones((1, 1, 1), bool)
        )


def test_some_channels_must_attract(truth):
    with pytest.raises(VolumeError, match="must be 1 to 6, the number of channels"):
        objects_from_affinities(affinities_of(truth), OFFSETS, attractive=0)
