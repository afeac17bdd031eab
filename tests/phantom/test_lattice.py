import numpy as np
import pytest

from densecell.geometry import Box, Spacing
from densecell.phantom.lattice import Lattice, smooth_noise


def test_a_box_holds_the_voxels_whose_centres_are_near():
    lattice = Lattice((5, 7, 9), Spacing(40, 10, 10))

    box = lattice.box_around((100, 35, 45), 36)

    assert box == Box((2, 0, 1), (3, 7, 8))


def test_a_box_beyond_the_volume_is_empty():
    lattice = Lattice((5, 7, 9), Spacing(40, 10, 10))

    assert lattice.box_around((100, 500, 45), 40).voxels == 0


def test_offsets_are_in_nm_from_the_point():
    lattice = Lattice((5, 7, 9), Spacing(40, 10, 20))

    z, y, x = lattice.offsets(Box((1, 2, 3), (3, 4, 5)), np.array([60.0, 0.0, 0.0]))

    np.testing.assert_array_equal(z.ravel(), [0, 40])
    np.testing.assert_array_equal(y.ravel(), [25, 35])
    np.testing.assert_array_equal(x.ravel(), [70, 90])


@pytest.mark.parametrize("scale_nm", [30, 200])
def test_noise_has_mean_0_and_variance_1(scale_nm):
    lattice = Lattice((60, 500, 500), Spacing(40, 10, 10))

    noise = smooth_noise(lattice, scale_nm, np.random.default_rng(0))

    assert noise.dtype == np.float32
    assert noise.mean() == pytest.approx(0, abs=0.1)
    assert noise.var() == pytest.approx(1, rel=0.15)


def test_noise_is_as_smooth_along_z_as_in_the_plane():
    lattice = Lattice((60, 60, 60), Spacing(40, 40, 40))
    coarse = Lattice((60, 60, 60), Spacing(40, 10, 10))

    def step(lattice, axis):
        noise = smooth_noise(lattice, 200, np.random.default_rng(1))
        return np.diff(noise, axis=axis).std()

    assert step(lattice, 0) == pytest.approx(step(lattice, 2), rel=0.2)
    assert step(coarse, 0) == pytest.approx(4 * step(coarse, 2), rel=0.3)
