from pathlib import Path

import numpy as np
import pytest

from densecell.errors import VolumeError
from densecell.volume.dtypes import SUPPORTED, checked_dtype

PATH = Path("a.tif")


@pytest.mark.parametrize("name", SUPPORTED)
@pytest.mark.parametrize("order", "<>")
def test_any_byte_order_becomes_native(name, order):
    dtype = np.dtype(name).newbyteorder(order)

    assert checked_dtype(dtype, PATH) == np.dtype(name)
    assert checked_dtype(dtype, PATH).isnative


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("float64", "convert it to float32"),
        ("float16", "convert it to float32"),
        ("bool", "convert it to uint8"),
        ("int8", "convert it to uint8 or int16"),
        ("int64", "convert it to uint32 or uint64"),
        ("complex64", "convert it to one of these"),
    ],
)
def test_other_numbers_are_refused_with_what_to_convert_to(name, remedy):
    with pytest.raises(VolumeError, match=rf"a\.tif: holds {name}; .*: {remedy}"):
        checked_dtype(np.dtype(name), PATH)


def test_labels_are_whole_numbers():
    with pytest.raises(VolumeError, match="labels must be whole numbers, got float32"):
        checked_dtype(np.dtype(np.float32), PATH, labels=True)
