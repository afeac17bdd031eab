"""Names of the axes of an HDF5 dataset, by the `axistags` of ilastik and vigra.

They are JSON, one entry for each axis in the order of the array::

    {"axes": [{"key": "z"}, {"key": "y"}, {"key": "x"}, {"key": "c"}]}
"""

import itertools
from typing import Any

from pydantic import BaseModel, ValidationError

from densecell.address import Address
from densecell.errors import VolumeError
from densecell.volume.choice import AXES

ATTRIBUTE = "axistags"
DROPPED = "one"  # name of an axis of one element that has none


class _Axis(BaseModel):
    key: str


class _AxisTags(BaseModel):
    axes: list[_Axis]


def axes_of(dataset: Any, path: Address) -> tuple[str, ...]:
    """Name of each axis; z, y, x where there are no tags and no doubt.

    Raises
    ------
    VolumeError
        If the tags are damaged or contradict the shape; or if there are none, and it
        is not certain which axes are z, y, x.
    """
    tags = dataset.attrs.get(ATTRIBUTE)
    if tags is None:
        return _untagged(dataset.shape, path)
    try:
        text = tags if isinstance(tags, str | bytes) else str(tags)
        keys = tuple(axis.key for axis in _AxisTags.model_validate_json(text).axes)
    except ValidationError:
        raise VolumeError(
            f"{path}: its attribute {ATTRIBUTE} is damaged; save the dataset again, or "
            "remove the attribute if its axes are z, y, x"
        ) from None
    names = set(keys)
    if len(keys) != dataset.ndim or len(names) != len(keys) or not {"y", "x"} <= names:
        raise VolumeError(
            f"{path}: its attribute {ATTRIBUTE} names the axes {', '.join(keys)}, but "
            f"its shape is {dataset.shape}; save the dataset again, or remove the "
            "attribute if its axes are z, y, x"
        )
    return keys


def _untagged(shape: tuple[int, ...], path: Address) -> tuple[str, ...]:
    """Drop axes of one element until three are left, if it does not matter which."""
    places = [
        kept
        for kept in itertools.combinations(range(len(shape)), 3)
        if all(n == 1 for axis, n in enumerate(shape) if axis not in kept)
    ]
    left = {tuple(shape[axis] for axis in kept) for kept in places}
    flat = len(shape) > 3 and any(1 in volume[1:] for volume in left)
    if len(left) != 1 or flat:
        raise VolumeError(
            f"{path}: has shape {shape}; expected (Z, Y, X), or an attribute "
            f"{ATTRIBUTE} that names its axes: save one channel of one time point alone"
        )
    named = dict(zip(places[0], AXES, strict=True))
    return tuple(named.get(axis, DROPPED) for axis in range(len(shape)))
