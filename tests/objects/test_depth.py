import numpy as np
import pytest
from scipy import ndimage

from densecell.objects.depth import depth_nm

SPACING = (40.0, 10.0, 9.5)


@pytest.mark.parametrize("shape", [(5, 30, 40), (1, 30, 40), (3, 1, 7)])
def test_depths_are_those_of_scipy(shape):
    mask = np.random.default_rng(0).random(shape) < 0.9
    mask[0, 0, 0] = False
    expected = ndimage.distance_transform_edt(mask, sampling=SPACING)

    np.testing.assert_allclose(depth_nm(mask, SPACING), expected, rtol=1e-6)
    turned = np.asfortranarray(mask)
    np.testing.assert_allclose(depth_nm(turned, SPACING), expected, rtol=1e-6)


def test_the_border_is_no_surface():
    mask = np.ones((1, 1, 5), bool)
    mask[0, 0, 0] = False

    assert depth_nm(mask, SPACING)[0, 0].tolist() == [0, 9.5, 19, 28.5, 38]
    assert np.isinf(depth_nm(mask[..., 1:], SPACING)).all()
