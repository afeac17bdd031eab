"""Voxel size and axes that the attributes of an N5 data set state.

N5 names neither, but programs do, in ways of their own::

    {"pixelResolution": {"dimensions": [4.6, 4.6, 50], "unit": "nm"}}       n5-ij
    {"resolution": [4.6, 4.6, 50], "units": ["nm", "nm", "nm"]}             n5-viewer
    {"resolution": [4.6, 4.6, 50]}                                          Paintera
    {"transform": {"axes": ["z", "y", "x"], "scale": [...], "units": [...]}}  COSEM
    {"downsamplingFactors": [2, 2, 1]}           of a level, in all but the last
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from densecell.volume.choice import AXES
from densecell.volume.spacing import nm_per, rounded


class StatedSize(NamedTuple):
    """Voxel size of a level.

    Parameters
    ----------
    spacing_nm
        (z, y, x) in nanometres; None where it is not stated.
    found
        What was found in its place, in words.
    factors
        Voxels of the finest level in one, along (z, y, x).
    """

    spacing_nm: tuple[float, ...] | None
    found: str | None
    factors: tuple[float, ...]


def axes_stated(
    attributes: Mapping[str, Any], around: Mapping[str, Any], count: int
) -> tuple[str, ...] | None:
    """Names of the axes, in the order of the dimensions; None where there are none."""
    for place in (attributes, around):
        axes = place.get("axes")
        if isinstance(axes, list) and len(axes) == count:
            return tuple(str(axis).lower() for axis in axes)
    return None


def spacing_stated(
    attributes: Mapping[str, Any],
    around: Mapping[str, Any],
    axes: Sequence[str],
    level: int,
) -> StatedSize:
    """Voxel size by the attributes of a level, and of the group around it."""
    scales = around.get("scales", around.get("downsamplingFactors"))
    listed = scales[level] if isinstance(scales, list) and level < len(scales) else None
    factors = (
        _by_axis(attributes.get("downsamplingFactors", listed), axes) or (1.0,) * 3
    )
    transform = attributes.get("transform")
    if isinstance(transform, dict):  # of this level, factors included
        own = [str(axis) for axis in _list(transform.get("axes"))]
        lengths = _by_axis(transform.get("scale"), own)
        units = _list(transform.get("units"))
        return _settled(lengths, _units(units, own), factors, (1.0,) * 3)
    for place in (attributes, around):
        for name in ("pixelResolution", "resolution"):
            stated: Any = place.get(name)
            unit: Any = place.get("units", place.get("unit"))
            if isinstance(stated, dict):
                stated, unit = stated.get("dimensions"), stated.get("unit")
            if lengths := _by_axis(stated, axes):
                return _settled(lengths, _units(unit, axes), factors, factors)
    return StatedSize(None, None, factors)


def _settled(
    lengths: tuple[float, ...] | None,
    units: tuple[str, ...],
    factors: tuple[float, ...],
    times: tuple[float, ...],
) -> StatedSize:
    """Lengths in units, `times` as large."""
    if lengths is None:
        return StatedSize(None, None, factors)
    nm = [nm_per(unit) for unit in units]
    known = [n for n in nm if n is not None]
    if len(known) < 3:
        words = " x ".join(
            f"{length:g} {unit}".strip()
            for length, unit in zip(lengths, units, strict=True)
        )
        lacking = "" if any(units) else " without a unit"
        return StatedSize(None, f"states {words} (z y x){lacking}", factors)
    steps = zip(lengths, known, times, strict=True)
    return StatedSize(
        tuple(rounded(length * unit * f) for length, unit, f in steps), None, factors
    )


def _by_axis(values: Any, axes: Sequence[str]) -> tuple[float, ...] | None:
    """Numbers along (z, y, x) of a list in the order of the axes."""
    found = dict(zip(axes, _list(values), strict=False))
    try:
        return tuple(float(found[axis]) for axis in AXES)
    except (KeyError, TypeError, ValueError):
        return None


def _units(units: Any, axes: Sequence[str]) -> tuple[str, ...]:
    """Units along (z, y, x); one holds for all axes."""
    named = dict.fromkeys(axes, units) if isinstance(units, str) else {}
    named = named or dict(zip(axes, _list(units), strict=False))
    return tuple(str(named.get(axis) or "") for axis in AXES)


def _list(values: Any) -> list[Any]:
    return values if isinstance(values, list) else []
