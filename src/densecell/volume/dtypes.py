"""The kinds of numbers that a volume may hold."""

from typing import Any

import numpy as np

from densecell.address import Address
from densecell.errors import VolumeError

LABELS = ("uint8", "uint16", "uint32", "uint64", "int16", "int32")
SUPPORTED = (*LABELS, "float32")

AS_LABELS = ("bool", "int8", "int64", "float16", "float64")  # if their values are whole
REMEDIES = {
    "float64": "convert it to float32",
    "float16": "convert it to float32",
    "bool": "convert it to uint8",
    "int8": "convert it to uint8 or int16",
    "int64": "convert it to uint32 or uint64",
}


def checked_dtype(
    dtype: np.dtype[Any], path: Address, *, labels: bool = False
) -> np.dtype[Any]:
    """Dtype in native byte order, if a volume may have it.

    Raises
    ------
    VolumeError
        If it may not; names the dtype to convert to. With `labels`, also if it is a
        dtype of fractional numbers.

    Examples
    --------
    >>> from pathlib import Path
    >>> checked_dtype(np.dtype(">u2"), Path("a.tif")) == np.uint16
    True
    """
    native = dtype.newbyteorder("=")
    if labels and native.kind == "f":
        raise VolumeError(
            f"{path}: labels must be whole numbers, got {native.name}; "
            "save class ids as uint8, object ids as uint32"
        )
    if native.name not in SUPPORTED:
        remedy = REMEDIES.get(native.name, "convert it to one of these")
        held = "colours or other records" if native.names else native.name
        raise VolumeError(
            f"{path}: holds {held}; expected one of {', '.join(SUPPORTED)}: {remedy}"
        )
    return native


def stored_dtype(
    dtype: np.dtype[Any], path: Address, *, labels: bool = False
) -> np.dtype[Any]:
    """Dtype of a file in native byte order, if densecell reads it.

    Labels may have further dtypes; `WholeLabels` checks their values.

    Raises
    ------
    VolumeError
        If it is not read; names the dtype to convert to.

    Examples
    --------
    >>> from pathlib import Path
    >>> stored_dtype(np.dtype("int64"), Path("a.tif"), labels=True)
    dtype('int64')
    """
    native = dtype.newbyteorder("=")
    if labels and native.name in AS_LABELS:
        return native
    return checked_dtype(dtype, path)
