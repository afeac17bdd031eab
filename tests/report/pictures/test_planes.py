import io

import numpy as np
from PIL import Image

from densecell.geometry import Box, Spacing
from densecell.report.pictures.planes import grey_planes, image_planes, middle_planes
from densecell.volume import ArrayVolume

SPACING = Spacing(40, 10, 10)


def test_planes_go_through_the_middle_and_are_cut_to_it():
    planes = middle_planes((5, 7, 30), SPACING, longest=10)

    assert planes.at == (2, 3, 15)
    assert planes.box == Box((0, 0, 10), (5, 7, 20))


def test_each_plane_holds_its_own_axes():
    array = np.arange(3 * 5 * 7, dtype=np.uint8).reshape(3, 5, 7)

    planes = middle_planes(array.shape, SPACING, longest=100)
    xy, xz, yz = planes.read(ArrayVolume(array, spacing_nm=SPACING))

    np.testing.assert_array_equal(xy, array[1])
    np.testing.assert_array_equal(xz, array[:, 2])
    np.testing.assert_array_equal(yz, array[:, :, 3].T)


def test_a_picture_has_the_proportions_of_the_volume_in_nanometres():
    volume = ArrayVolume(np.zeros((10, 40, 80), np.uint8), spacing_nm=SPACING)
    planes = middle_planes(volume.shape, SPACING, longest=100)

    drawn = image_planes(grey_planes(volume, planes), planes)

    wide, high = Image.open(io.BytesIO(drawn)).size
    assert abs(wide / high - (800 + 400) / (400 + 400)) < 0.02


def test_without_an_image_planes_are_evenly_grey():
    planes = middle_planes((3, 5, 7), SPACING, longest=100)

    grey = grey_planes(None, planes)

    assert [plane.shape for plane in grey] == [(5, 7), (3, 7), (5, 3)]
    assert {float(v) for plane in grey for v in np.unique(plane)} == {0.75}
