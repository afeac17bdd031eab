"""Where the training windows lie.

Every step's windows follow from the seed and the step's number alone, so that a run
goes on after any interruption exactly as it would have.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import FACES, Box, Shape
from densecell.patches.affinities import affinities_of
from densecell.patches.labelled import LabelledVolume
from densecell.patches.partial import PARTIAL, UNKNOWN

CANDIDATES = 4096  # voxels of each class kept to centre windows on


class Place(NamedTuple):
    """A window's position: which volume, and its box in the labelled part."""

    volume: int
    box: Box


class WindowSampler:
    """Draws windows: most on an even grid, some centred on rare classes or contacts.

    The even ones follow the paper: one uniformly drawn corner per bin of a grid, bins
    in random order, all bins once per epoch. The others centre on a voxel of a class
    that is drawn evenly from the classes present, so that a class of one voxel in a
    thousand is seen as often as any. Where cells have ids, some windows centre where
    two cells touch: few voxels, and all that teaches to tell them apart.

    A window without a single known voxel teaches nothing: it is drawn anew around a
    known one, so that a volume with a few labelled slices is learned from just as well.

    Parameters
    ----------
    volumes
        What to draw from.
    rare_share
        Share of windows that centre on a class.
    contact_share
        Share of windows that centre where cells touch; the others are drawn as if
        there were none of these. Counts for nothing where no two cells touch.
    seed
        The same seed, number and window give the same place.

    References
    ----------
    .. [1] Guay et al. 2021, doi:10.1038/s41598-021-81590-0 (Methods).
    """

    def __init__(
        self,
        volumes: Sequence[LabelledVolume],
        *,
        rare_share: float,
        contact_share: float = 0.0,
        seed: int,
    ) -> None:
        self._volumes = volumes
        self._rare_share = rare_share
        self._contact_share = contact_share
        self._seed = seed
        self._bins: dict[Shape, NDArray[np.int64]] = {}
        self._centres = _class_centres(volumes)
        self._contacts = _contact_centres(volumes)

    def epoch(self, window: Shape) -> int:
        """Count the windows until every bin of the grid has been drawn once."""
        return len(self._grid(window))

    def place(self, number: int, window: Shape) -> Place:
        """Give the place of the window (z, y, x) with this running number."""
        rng = np.random.default_rng((self._seed, 1, number))
        if len(self._contacts) and rng.random() < self._contact_share:
            return _around(self._contacts, window, rng)
        if rng.random() < self._rare_share:
            return self._on_a_class(window, rng)
        place = self._on_the_grid(number, window, rng)
        return place if self._tells(place) else self._on_a_class(window, rng)

    def _on_the_grid(
        self, number: int, window: Shape, rng: np.random.Generator
    ) -> Place:
        bins = self._grid(window)
        epoch, position = divmod(number, len(bins))
        order = np.random.default_rng((self._seed, 2, epoch)).permutation(len(bins))
        volume, *low_high = bins[order[position]]
        low, high = low_high[:3], low_high[3:]
        corner = [int(rng.integers(a, b)) for a, b in zip(low, high, strict=True)]
        return Place(int(volume), _box(corner, window))

    def _on_a_class(self, window: Shape, rng: np.random.Generator) -> Place:
        candidates = self._centres[int(rng.integers(len(self._centres)))]
        return _around(candidates, window, rng)

    def _tells(self, place: Place) -> bool:
        """Tell whether a window holds a voxel of which anything is known."""
        channels = self._volumes[place.volume].channels
        inside = place.box.clipped(channels.shape)
        return bool((channels[inside.slices] != UNKNOWN).any())

    def _grid(self, window: Shape) -> NDArray[np.int64]:
        """Give the bins of all volumes for corners of this window."""
        if window not in self._bins:
            self._bins[window] = np.concatenate(
                [_bins(n, v.shape, window) for n, v in enumerate(self._volumes)]
            )
        return self._bins[window]


def _around(
    candidates: NDArray[np.int64], window: Shape, rng: np.random.Generator
) -> Place:
    """Centre a window on one of the candidates, but for a quarter of its size."""
    volume, *centre = candidates[int(rng.integers(len(candidates)))]
    jitter = [int(rng.integers(-(w // 4), w // 4 + 1)) for w in window]
    corner = [
        int(c) - w // 2 + j for c, w, j in zip(centre, window, jitter, strict=True)
    ]
    return Place(int(volume), _box(corner, window))


def _box(corner: list[int], window: Shape) -> Box:
    z, y, x = corner
    return Box((z, y, x), (z + window[0], y + window[1], x + window[2]))


def _bins(number: int, shape: Shape, window: Shape) -> NDArray[np.int64]:
    """Rows of volume, lowest corner (3), end of corners (3).

    Corners reach over the border by a quarter of a window, in z by half, so that
    border voxels are seen as often as others; outside lies the mirrored volume.
    """
    ranges = []
    for axis, (size, length) in enumerate(zip(shape, window, strict=True)):
        over = length // 2 if axis == 0 else length // 4
        low, high = -over, max(size - length + over, -over) + 1
        count = max(1, round((high - low) / max(1, length // 3)))
        edges = np.linspace(low, high, count + 1).round().astype(int)
        ranges.append(list(itertools.pairwise(edges)))
    rows = [
        (number, z[0], y[0], x[0], z[1], y[1], x[1])
        for z in ranges[0]
        for y in ranges[1]
        for x in ranges[2]
    ]
    return np.array(rows, np.int64)


def _class_centres(volumes: Sequence[LabelledVolume]) -> list[NDArray[np.int64]]:
    """For each class that occurs, up to `CANDIDATES` rows of volume, z, y, x."""
    found: dict[int, list[NDArray[np.int64]]] = {}
    for number, volume in enumerate(volumes):
        flat = volume.channels.ravel()
        counts = np.bincount(flat, minlength=256)
        counts[PARTIAL:] = 0
        for channel in np.flatnonzero(counts):
            rows = _rows(number, np.flatnonzero(flat == channel), volume.shape)
            found.setdefault(int(channel), []).append(rows)
    return [np.concatenate(found[channel]) for channel in sorted(found)]


def _contact_centres(volumes: Sequence[LabelledVolume]) -> NDArray[np.int64]:
    """Give up to `CANDIDATES` rows of volume, z, y, x of voxels at another cell."""
    found = [np.empty((0, 4), np.int64)]
    for number, volume in enumerate(volumes):
        if volume.objects is not None:
            apart = affinities_of(volume.objects, volume.channels, FACES) == 0
            at = np.flatnonzero(apart.any(axis=0))
            found.append(_rows(number, at, volume.shape))
    return np.concatenate(found)


def _rows(number: int, at: NDArray[np.intp], shape: Shape) -> NDArray[np.int64]:
    """Give up to `CANDIDATES` rows of volume, z, y, x, of places in a raveled array."""
    at = at[:: max(1, len(at) // CANDIDATES)]
    zyx = np.stack(np.unravel_index(at, shape), axis=1)
    return np.insert(zyx, 0, number, axis=1)
