"""The mean over reflections: dearer, a little better."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Shape, pairs_in
from densecell.inference.engines import Engine

Y, X = 3, 4  # axes of windows (B, C, Z, Y, X)
REFLECTIONS = ((Y,), (X,), (Y, X))


class Reflected(Engine):
    """The mean over the four in-plane reflections of what another engine says.

    Parameters
    ----------
    engine
        What is asked four times.
    offsets
        (z, y, x) of the pairs that its affinities tell of. A reflected pair is another
        one, the same, or the same turned round: then it is looked up at its other end,
        where that is inside the window.

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
        looks = np.ones_like(pairs[:1])
        for axes in REFLECTIONS:
            seen = np.ascontiguousarray(np.flip(windows, axes))
            said = np.flip(self._engine.probabilities(seen), axes)
            classes += said[:, : classes.shape[1]]
            for channel, offset in enumerate(self._offsets):
                moved = _moved(offset, axes)
                if moved is None:
                    continue
                each = pairs_in(said.shape[2:], moved)
                here, there = ((slice(None), *part) for part in each)
                pairs[:, channel][here] += said[:, classes.shape[1] + channel][there]
                looks[:, channel][here] += 1
        classes /= 1 + len(REFLECTIONS)
        pairs /= looks
        return total

    def rest(self) -> None:
        """Let the engine rest."""
        self._engine.rest()


def _moved(offset: Shape, axes: Sequence[int]) -> Shape | None:
    """Say where a reflected (B, C, Z, Y, X) tells of a pair; none: nowhere."""
    z, y, x = (-o if a in axes else o for a, o in enumerate(offset, 2))
    if (z, y, x) == offset:
        return (0, 0, 0)
    return offset if (-z, -y, -x) == offset else None
