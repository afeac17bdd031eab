"""Mean over reflections: four times as slow, a little better."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Shape, pairs_in
from densecell.inference.engines import Engine

Y, X = 3, 4  # axes of windows (B, C, Z, Y, X)
REFLECTIONS = ((Y,), (X,), (Y, X))


class Reflected(Engine):
    """Mean over another engine's output for the four in-plane reflections.

    Parameters
    ----------
    engine
        Engine that is called four times.
    offsets
        (z, y, x) between the two voxels of each affinity. A reflected pair can be the
        same pair, the same pair with its ends swapped, or another pair. With swapped
        ends, its value is read at the other end, where that is inside the window.

    Raises
    ------
    ValueError
        If there are not as many offsets as affinities.
    """

    def __init__(self, engine: Engine, offsets: Sequence[Shape] = ()) -> None:
        if len(offsets) != engine.affinities:
            raise ValueError(
                f"{engine.affinities} affinities need as many offsets, got {offsets}"
            )
        self._engine, self._offsets = engine, offsets
        self.batch = engine.batch
        self.affinities = engine.affinities

    def probabilities(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Average over none, y, x and both reflected."""
        total = self._engine.probabilities(windows).copy()
        classes, pairs = np.split(total, [total.shape[1] - self.affinities], axis=1)
        counts = np.ones_like(pairs[:1])  # of the reflections that a pair is read in
        for axes in REFLECTIONS:
            seen = np.ascontiguousarray(np.flip(windows, axes))
            more = np.flip(self._engine.probabilities(seen), axes)
            classes += more[:, : classes.shape[1]]
            for channel, offset in enumerate(self._offsets):
                moved = _moved(offset, axes)
                if moved is None:
                    continue
                each = pairs_in(more.shape[2:], moved)
                here, there = ((slice(None), *part) for part in each)
                pairs[:, channel][here] += more[:, classes.shape[1] + channel][there]
                counts[:, channel][here] += 1
        classes /= 1 + len(REFLECTIONS)
        pairs /= counts
        return total

    def rest(self) -> None:
        """Free memory of the engine that only a call needs."""
        self._engine.rest()


def _moved(offset: Shape, axes: Sequence[int]) -> Shape | None:
    """Offset to where a reflected output holds a pair's value; none: nowhere."""
    z, y, x = (-o if a in axes else o for a, o in enumerate(offset, 2))
    if (z, y, x) == offset:
        return (0, 0, 0)
    return offset if (-z, -y, -x) == offset else None
