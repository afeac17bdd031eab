from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, Grid, ResampledVolume, resampled_labels

ONE, TWICE, LONGER = Fraction(1), Fraction(2), Fraction(3, 2)
ratios = st.sampled_from(
    [Fraction(1), Fraction(3, 2), Fraction(2, 3), Fraction(37, 20)]
)


def seen(array, ratio, **options):
    volume = ArrayVolume(np.asarray(array), **options)
    return ResampledVolume(volume, Grid(volume.shape, ratio))


def whole(volume):
    return volume.read(Box.whole(volume.shape))


def test_a_volume_is_halved():
    # The triangle reaches over 2 voxels: 1/4 3/4 3/4 1/4, and less at the border.
    row = np.array([[[0, 4, 8, 12, 16, 20]]], np.uint8)

    halved = whole(seen(row, (ONE, ONE, TWICE)))

    np.testing.assert_allclose(halved, [[[20 / 7, 10, 120 / 7]]], rtol=1e-6)
    assert halved.dtype == np.float32


def test_a_volume_is_doubled():
    column = np.array([[[0], [4]]], np.uint16)

    doubled = whole(seen(column, (ONE, 1 / TWICE, ONE)))

    np.testing.assert_array_equal(doubled, [[[0], [1], [3], [4]]])


@pytest.mark.parametrize("ratio", [LONGER, 1 / LONGER, Fraction(3), Fraction(1, 3)])
def test_a_slice_is_resampled_as_pillow_does(ratio):
    noise = np.random.default_rng(0).random((18, 24), np.float32)
    wanted = (int(24 / ratio), int(18 / ratio))
    expected = Image.fromarray(noise).resize(wanted, Image.Resampling.BILINEAR)

    found = whole(seen(noise[None], (ONE, ratio, ratio)))

    np.testing.assert_allclose(found[0], np.asarray(expected), atol=1e-5)


def test_fine_stripes_do_not_alias_when_shrunk():
    stripes = np.tile(np.array([0, 100], np.uint8), 32).reshape(1, 1, 64)

    shrunk = whole(seen(stripes, (ONE, ONE, Fraction(5, 2))))

    assert np.abs(shrunk[..., 2:-2] - 50).max() < 6


@settings(max_examples=15)
@given(
    st.tuples(ratios, ratios, ratios),
    st.tuples(*[st.integers(0, 4)] * 3),
    st.tuples(*[st.integers(1, 4)] * 3),
)
def test_a_box_has_the_same_bytes_as_in_the_whole(ratio, corner, size):
    noise = np.random.default_rng(1).integers(0, 255, (5, 9, 11), np.uint8)
    volume = seen(noise, ratio)
    z, y, x = (min(c, n - 1) for c, n in zip(corner, volume.shape, strict=True))
    box = Box((z, y, x), (z + size[0], y + size[1], x + size[2])).clipped(volume.shape)

    np.testing.assert_array_equal(volume.read(box), whole(volume)[box.slices])


def test_it_says_what_it_is():
    volume = seen(
        np.zeros((5, 7, 9), np.int32), (TWICE, LONGER, ONE), spacing_nm=(20, 6, 9)
    )

    assert volume.shape == (2, 5, 9)
    assert volume.spacing_nm == (40, 9, 9)
    assert volume.dtype == np.float32


def test_holes_are_named_where_they_lie_in_the_volume():
    array = np.zeros((5, 7, 9), np.float32)
    array[4, 5, 7] = np.nan
    volume = seen(array, (ONE, LONGER, LONGER), path=Path("a.npy"))
    with pytest.raises(VolumeError, match=r"a.npy: voxel \(z, y, x\) = \(4, 5, 7\) is"):
        whole(volume)


def test_labels_are_voted_for():
    labels = np.array([[[1, 1, 0, 2, 2, 2], [1, 0, 0, 0, 2, 255]]], np.uint8)
    grid = Grid(labels.shape, (ONE, TWICE, TWICE))
    before = labels.copy()

    halved = resampled_labels(
        labels, Box.whole(labels.shape), grid, Box.whole(grid.shape)
    )

    assert halved.tolist() == [[[1, 0, 2]]]
    assert halved.dtype == np.uint8
    np.testing.assert_array_equal(labels, before)


def test_of_equal_votes_the_lowest_label_wins():
    labels = np.array([[[7, 3]]], np.uint8)
    grid = Grid((1, 1, 2), (ONE, ONE, TWICE))

    assert resampled_labels(
        labels, Box.whole((1, 1, 2)), grid, Box.whole((1, 1, 1))
    ).tolist() == [[[3]]]


def test_labels_outside_the_place_have_no_vote():
    # Of 12 voxels only those from 4 to 8 are labelled; on the grid, 2 and 3.
    place = Box((0, 0, 4), (1, 1, 8))
    grid = Grid((1, 1, 12), (ONE, ONE, TWICE))

    found = resampled_labels(
        np.array([[[5, 5, 9, 9]]], np.uint8), place, grid, grid.within(place)
    )

    assert found.tolist() == [[[5, 9]]]


def test_enlarged_labels_keep_their_places():
    labels = np.array([[[4, 4, 6]]], np.uint8)
    grid = Grid((1, 1, 3), (ONE, ONE, 1 / TWICE))

    found = resampled_labels(labels, Box.whole((1, 1, 3)), grid, Box.whole((1, 1, 6)))

    assert found.tolist() == [[[4, 4, 4, 4, 6, 6]]]
