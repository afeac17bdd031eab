import numpy as np
import pytest

from densecell.viewer.lazy import LazyArray
from densecell.volume import ArrayVolume

ARRAY = np.arange(4 * 5 * 6, dtype=np.uint16).reshape(4, 5, 6)


@pytest.mark.parametrize(
    "index",
    [
        np.s_[:, :, :],
        np.s_[1:3, ::2, -2:],
        np.s_[-1, 2, 3],
        np.s_[2, 1:4:3, 5],
        np.s_[3:1, :, :],
    ],
)
def test_any_index_reads_as_of_the_array(index):
    lazy = LazyArray(ArrayVolume(ARRAY))

    found = lazy[index]

    np.testing.assert_array_equal(found, ARRAY[index])
    assert (lazy.shape, lazy.dtype, lazy.ndim) == (ARRAY.shape, ARRAY.dtype, 3)
