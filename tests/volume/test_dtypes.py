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


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_labels_are_whole_numbers(name):
    sentence = f"labels must be whole numbers, got {name}; save class ids as uint8, obj"
    with pytest.raises(VolumeError, match=sentence):
        checked_dtype(np.dtype(name), PATH, labels=True)
