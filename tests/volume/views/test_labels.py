import numpy as np
import pytest

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume
from densecell.volume.views.labels import WholeLabels

WHOLE = Box.whole((5, 7, 9))


class Stored(ArrayVolume):
    """Labels of a dtype that volumes in memory do not have."""

    def __init__(self, array):
        super().__init__(array, labels=True, spacing_nm=(40, 10, 10))


@pytest.mark.parametrize("dtype", ["int64", "float32", "float64"])
def test_whole_numbers_become_uint32(dtype):
    ids = np.random.default_rng(0).integers(0, 2**20, WHOLE.shape)

    labels = WholeLabels(Stored(ids.astype(dtype)))

    assert labels.dtype == np.uint32
    assert labels.spacing_nm == (40, 10, 10)
    found = labels.read(WHOLE)
    assert found.dtype == np.uint32
    np.testing.assert_array_equal(found, ids)


def test_bits_become_uint8():
    bits = np.random.default_rng(0).integers(0, 2, WHOLE.shape).astype(bool)

    found = WholeLabels(Stored(bits)).read(WHOLE)

    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, bits)


@pytest.mark.parametrize("value", [0.5, -1, np.nan, np.inf, 2.0**32])
def test_other_values_are_refused_with_their_place(value):
    ids = np.ones(WHOLE.shape)
    ids[2, 3, 4] = value

    labels = WholeLabels(Stored(ids))

    with pytest.raises(
        VolumeError, match=r"\(2, 3, 4\) is .*; labels must be whole .*: save class ids"
    ):
        labels.read(Box((1, 2, 3), (4, 6, 8)))
    assert (labels.read(Box((0, 0, 0), (2, 7, 9))) == 1).all()
