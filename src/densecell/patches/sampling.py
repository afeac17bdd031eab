"""Positions of training windows.

The windows of a step depend only on the seed and the step's number, so that an
interrupted run continues exactly as it would have without the interruption.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import FACES, Box, Shape, per_axis
from densecell.patches.labelled import LabelledVolume
from densecell.patches.pairs import pair_targets
from densecell.patches.partial import PARTIAL, UNKNOWN

CANDIDATES = 4096  # voxels kept per class to centre windows on


class WindowPlace(NamedTuple):
    """Position of a window: the volume's number, and a box in its labelled part."""

    volume: int
    box: Box


class WindowSampler:
    """Draws windows: most on an even grid, some centred on rare classes or contacts.

    Windows on the grid follow the paper [1]_: one uniformly drawn corner per bin, bins
    in random order, every bin once per epoch. Others centre on a voxel of a class,
    drawn evenly from the classes present, so that a class of one voxel in a thousand is
    seen as often as any. Where cells have ids, some windows centre where two cells
    touch: these few voxels are all that teaches a network to separate them.

    A window without a known voxel teaches nothing. It is drawn again around a known
    one, so that training also works with a few labelled slices.

    Parameters
    ----------
    volumes
        Volumes to draw from.
    rare_share
        Share of windows that centre on a class.
    contact_share
        Share of windows that centre where cells touch; the others are drawn as if
        there were none of these. No effect where no two cells touch.
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

    def place(self, number: int, window: Shape) -> WindowPlace:
        """Position of the window number `number`, of `window` (z, y, x) voxels."""
        rng = np.random.default_rng((self._seed, 1, number))
        if len(self._contacts) and rng.random() < self._contact_share:
            return _around(self._contacts, window, rng)
        if rng.random() < self._rare_share:
            return self._on_a_class(window, rng)
        place = self._on_the_grid(number, window, rng)
        return place if self._has_labels(place) else self._on_a_class(window, rng)

    def _on_the_grid(
        self, number: int, window: Shape, rng: np.random.Generator
    ) -> WindowPlace:
        bins = self._grid(window)
        epoch, position = divmod(number, len(bins))
        order = np.random.default_rng((self._seed, 2, epoch)).permutation(len(bins))
        volume, *low_high = bins[order[position]]
        low, high = low_high[:3], low_high[3:]
        corner = per_axis(lambda a, b: int(rng.integers(a, b)), low, high)
        return WindowPlace(int(volume), Box.at(corner, window))

    def _on_a_class(self, window: Shape, rng: np.random.Generator) -> WindowPlace:
        candidates = self._centres[int(rng.integers(len(self._centres)))]
        return _around(candidates, window, rng)

    def _has_labels(self, place: WindowPlace) -> bool:
        """Whether anything is known of a voxel in a window."""
        channels = self._volumes[place.volume].channels
        inside = place.box.clipped(channels.shape)
        return bool((channels[inside.slices] != UNKNOWN).any())

    def _grid(self, window: Shape) -> NDArray[np.int64]:
        """Bins of all volumes for corners of this window."""
        if window not in self._bins:
            self._bins[window] = np.concatenate(
                [_bins(n, v.shape, window) for n, v in enumerate(self._volumes)]
            )
        return self._bins[window]


def _around(
    candidates: NDArray[np.int64], window: Shape, rng: np.random.Generator
) -> WindowPlace:
    """Centre a window on one of the candidates, give or take a quarter of its size."""
    volume, *centre = candidates[int(rng.integers(len(candidates)))]
    jitter = per_axis(lambda w: int(rng.integers(-(w // 4), w // 4 + 1)), window)
    corner = per_axis(lambda c, w, j: int(c) - w // 2 + j, centre, window, jitter)
    return WindowPlace(int(volume), Box.at(corner, window))


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
    """Up to `CANDIDATES` rows of (volume, z, y, x) for each class that occurs."""
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
    """Up to `CANDIDATES` rows of (volume, z, y, x), voxels that touch another cell."""
    found = [np.empty((0, 4), np.int64)]
    for number, volume in enumerate(volumes):
        if volume.objects is not None:
            apart = pair_targets(volume.objects, volume.channels, FACES) == 0
            at = np.flatnonzero(apart.any(axis=0))
            found.append(_rows(number, at, volume.shape))
    return np.concatenate(found)


def _rows(number: int, at: NDArray[np.intp], shape: Shape) -> NDArray[np.int64]:
    """Up to `CANDIDATES` rows of (volume, z, y, x) from indices of a raveled array."""
    at = at[:: max(1, len(at) // CANDIDATES)]
    zyx = np.stack(np.unravel_index(at, shape), axis=1)
    return np.insert(zyx, 0, number, axis=1)
