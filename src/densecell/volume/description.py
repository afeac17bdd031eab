"""What a volume is, in numbers: for people as text, and for programs as JSON."""

import math
from typing import Any, NamedTuple

import numpy as np

from densecell.geometry import Box, Shape, format_spacing
from densecell.volume.intensities import (
    EXACT_VOXELS,
    Statistics,
    measure_intensities,
    sampled_boxes,
)
from densecell.volume.interface import Volume

FEW_VALUES = 30  # a volume with fewer distinct whole numbers is shown as labels


class Description(NamedTuple):
    """What `densecell info` says about a volume.

    Parameters
    ----------
    size_um
        Edge lengths (z, y, x) in micrometres, None when the voxel size is unknown.
    fractions
        Share of the voxels by value, None when there are many values.
    sampled
        Whether the numbers come from samples instead of all voxels.
    """

    path: str
    format: str
    shape: Shape
    dtype: str
    spacing_nm: tuple[float, float, float] | None
    size_um: tuple[float, ...] | None
    voxels: int
    statistics: Statistics
    fractions: dict[int, float] | None
    sampled: bool
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values to write as JSON."""
        plain = self._asdict() | {"statistics": self.statistics._asdict()}
        if self.fractions is not None:
            plain["fractions"] = {str(k): v for k, v in self.fractions.items()}
        return plain

    def _values(self) -> str:
        mean, std, low, high = self.statistics
        sampled = " (sampled)" if self.sampled else ""
        return f"{low:g} to {high:g}, mean {mean:.4g}, deviation {std:.4g}{sampled}"

    def as_text(self) -> str:
        """Lines to print."""
        rows = {
            "path": self.path,
            "format": self.format,
            "shape": _times(self.shape) + " voxels (z y x)",
            "dtype": self.dtype,
            "voxel size": "unknown; pass --spacing Z Y X (nm)",
            "size": "unknown",
            "voxels": f"{self.voxels:,}",
            "values": self._values(),
        }
        if self.spacing_nm and self.size_um:
            rows["voxel size"] = f"{format_spacing(self.spacing_nm)} (z y x)"
            rows["size"] = _times(tuple(f"{n:.4g}" for n in self.size_um)) + " um"
        lines = [f"{key:<11} {value}" for key, value in rows.items()]
        shares = (self.fractions or {}).items()
        lines += [f"  value {value:<5} {100 * share:7.3f} %" for value, share in shares]
        return "\n".join([*lines, *(f"note        {note}" for note in self.notes)])


def describe(volume: Volume) -> Description:
    """Measure what a volume is; from samples, if it has more than 64 million voxels."""
    spacing = volume.spacing_nm
    edges = zip(volume.shape, spacing or (), strict=False)
    return Description(
        path=str(volume.path),
        format=volume.format,
        shape=volume.shape,
        dtype=volume.dtype.name,
        spacing_nm=spacing,
        size_um=tuple(n * s / 1000 for n, s in edges) if spacing else None,
        voxels=math.prod(volume.shape),
        statistics=measure_intensities(volume),
        fractions=_fractions(volume),
        sampled=Box.whole(volume.shape).voxels > EXACT_VOXELS,
        notes=volume.notes,
    )


def _fractions(volume: Volume) -> dict[int, float] | None:
    """Share of the voxels by value; None as soon as there are too many for labels."""
    if volume.dtype.kind == "f":
        return None
    counts: dict[int, int] = {}
    for box in sampled_boxes(volume.shape):
        values, found = np.unique(volume.read(box), return_counts=True)
        for value, n in zip(values.tolist(), found.tolist(), strict=True):
            counts[value] = counts.get(value, 0) + n
        if len(counts) >= FEW_VALUES:
            return None
    total = sum(counts.values())
    return {value: counts[value] / total for value in sorted(counts)}


def _times(numbers: tuple[Any, ...]) -> str:
    return " x ".join(str(n) for n in numbers)
