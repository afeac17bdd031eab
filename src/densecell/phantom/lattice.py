"""The lattice of voxels in nanometres: where each lies, which are near a point."""

import math
import operator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape, Spacing, per_axis

Floats = NDArray[np.float32]
Offsets = tuple[Floats, Floats, Floats]  # (Z, 1, 1), (1, Y, 1), (1, 1, X), nm

# A cubic B-spline through unit-variance knots has this variance, averaged over a knot.
_BSPLINE_VARIANCE = 151 / 315


class Lattice(NamedTuple):
    """The lattice of a volume; voxel i covers i to i + 1 spacings along each axis.

    Examples
    --------
    >>> Lattice((2, 8, 8), Spacing(40, 10, 10)).box_around((40, 40, 40), 20).shape
    (2, 4, 4)
    """

    shape: Shape
    spacing_nm: Spacing

    @property
    def size_nm(self) -> tuple[float, float, float]:
        """Edge lengths (z, y, x) of the volume."""
        return per_axis(operator.mul, self.shape, self.spacing_nm)

    @property
    def voxels(self) -> int:
        """Number of voxels."""
        return math.prod(self.shape)

    def box_around(
        self,
        centre_nm: NDArray[np.floating] | tuple[float, ...],
        reach_nm: NDArray[np.floating] | float,
    ) -> Box:
        """Voxels whose centres lie within `reach_nm`, clipped to the volume."""
        centre, spacing = np.asarray(centre_nm), np.asarray(self.spacing_nm)
        start = np.ceil((centre - reach_nm) / spacing - 0.5).astype(int)
        stop = np.floor((centre + reach_nm) / spacing - 0.5).astype(int) + 1
        (z0, y0, x0), (z1, y1, x1) = start.tolist(), stop.tolist()
        return Box((z0, y0, x0), (z1, y1, x1)).clipped(self.shape)

    def offsets(self, box: Box, centre_nm: NDArray[np.floating]) -> Offsets:
        """Offsets from a point to the voxel centres of `box`, ready to broadcast."""

        def along(start: int, stop: int, spacing: float, centre: float) -> Floats:
            return ((np.arange(start, stop) + 0.5) * spacing - centre).astype("f4")

        z, y, x = per_axis(
            along, box.start, box.stop, self.spacing_nm, centre_nm.tolist()
        )
        return z[:, None, None], y[None, :, None], x[None, None, :]


def smooth_noise(lattice: Lattice, scale_nm: float, rng: np.random.Generator) -> Floats:
    """Draw a smooth random field of mean 0 and variance 1.

    Parameters
    ----------
    lattice
        Where to sample it.
    scale_nm
        Distance between independent values: the same along all axes, whatever the
        spacing.
    rng
        Source of randomness.

    Returns
    -------
    (Z, Y, X) float32.

    Notes
    -----
    Random knots, interpolated by cubic B-splines one axis after another. These are
    three matrix products, so that fine and coarse fields take the same time.
    """
    weights = [
        _bspline_weights(n, spacing / scale_nm, rng.uniform())
        for n, spacing in zip(lattice.shape, lattice.spacing_nm, strict=True)
    ]
    in_z, in_y, in_x = weights
    knots = rng.standard_normal([w.shape[1] for w in weights], np.float32)
    knots /= _BSPLINE_VARIANCE**1.5
    field = np.tensordot(in_z, knots, 1)  # (Z, b, c)
    field = np.einsum("yb,zbc->zyc", in_y, field, optimize=True)  # (Z, Y, c)
    return np.ascontiguousarray(field, np.float32) @ in_x.T  # (Z, Y, X)


def _bspline_weights(samples: int, step: float, offset: float) -> Floats:
    """Weights of a cubic B-spline, (samples, knots); rows sum to 1."""
    at = (np.arange(samples) + 0.5) * step + offset
    first = np.floor(at).astype(int)
    t = at - first
    pieces = np.stack(
        [
            (1 - t) ** 3,
            3 * t**3 - 6 * t**2 + 4,
            -3 * t**3 + 3 * t**2 + 3 * t + 1,
            t**3,
        ],
        axis=1,
    )
    weights = np.zeros((samples, first[-1] + 4), np.float32)
    columns = first[:, None] + np.arange(4)
    weights[np.arange(samples)[:, None], columns] = pieces / 6
    return weights
