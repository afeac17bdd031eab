"""Adapt the appearance of a volume to that of a model's training data.

Grey values are mapped so that the landmarks of their histogram fall on the model's
[1]_. Noise above the model's is smoothed away. A network takes both for texture.

.. [1] Nyúl, Udupa, Zhang 2000, doi:10.1109/42.836373.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from densecell.geometry import Box
from densecell.volume.appearance import Appearance, appearance_of
from densecell.volume.intensities import Statistics, normalise, sampled_boxes
from densecell.volume.interface import Volume
from densecell.volume.views.padding import read_padded

SIGMAS_PX = tuple(round(0.30 + 0.05 * n, 2) for n in range(15))  # tried in this order
REACH_PX = 4  # how far the widest reaches
NOISIER = 1.1  # times the model's noise; less is not smoothed
LEAST_GAP = 1e-3  # between landmarks, in deviations
TRIED = 8  # blocks on which each width is tried


class GreyChange(NamedTuple):
    """How to change grey values, counted in deviations from their mean."""

    sigma_px: float  # of a Gaussian in plane; 0: none
    source: tuple[float, ...]  # landmarks before
    target: tuple[float, ...]  # landmarks after

    def apply(self, normalised: NDArray[np.float32]) -> NDArray[np.float32]:
        """Smooth and map a (Z, Y, X) array; beyond the landmarks go straight on."""
        smooth = normalised
        if self.sigma_px > 0:
            sigma = (0, self.sigma_px, self.sigma_px)
            smooth = ndimage.gaussian_filter(
                normalised, sigma, mode="mirror", radius=(0, REACH_PX, REACH_PX)
            )
        source, target = (_stretched(marks) for marks in (self.source, self.target))
        return np.interp(smooth, source, target).astype(np.float32)


class AdaptedVolume(Volume):
    """A volume whose grey values are changed as they are read.

    Parameters
    ----------
    volume
        Intensities.
    statistics
        Statistics for normalising. What is read is not normalised yet.
    change
        From `change_to`.
    """

    def __init__(
        self, volume: Volume, statistics: Statistics, change: GreyChange
    ) -> None:
        super().__init__(
            volume.path,
            shape=volume.shape,
            dtype=np.dtype(np.float32),
            spacing_nm=volume.spacing_nm,
            format=volume.format,
            chunk=volume.chunk,
            notes=volume.notes,
        )
        self.cache_bytes = volume.cache_bytes
        self.volume = volume
        self._statistics = statistics
        self._change = change

    def _read(self, box: Box) -> NDArray[Any]:
        reach = REACH_PX if self._change.sigma_px > 0 else 0
        read = read_padded(self.volume, box.grown((0, reach, reach)))
        changed = self._change.apply(normalise(read, self._statistics))
        _, y, x = (slice(reach, n - reach) for n in changed.shape)
        grey = changed[:, y, x] * np.float32(self._statistics.std)
        return grey + np.float32(self._statistics.mean)


def change_to(wanted: Appearance, volume: Volume, statistics: Statistics) -> GreyChange:
    """Find the change that gives a volume the appearance that is wanted.

    Parameters
    ----------
    wanted
        Appearance of what a model learned from.
    volume, statistics
        Intensities, and how they are normalised.

    Returns
    -------
    The narrowest smoothing after which the volume is no noisier than wanted, with the
    map of its grey values; no smoothing if it is hardly noisier.
    """

    def found(sigma_px: float, *, most: int | None = None) -> tuple[GreyChange, float]:
        """Change with this smoothing, and the noise that it leaves."""
        smooth = GreyChange(sigma_px, wanted.landmarks, wanted.landmarks)
        source = appearance_of(
            smooth.apply(b) for b in _blocks(volume, statistics, most)
        ).landmarks
        change = GreyChange(sigma_px, source, wanted.landmarks)
        left = appearance_of(
            change.apply(b) for b in _blocks(volume, statistics, TRIED)
        )
        return change, left.noise

    plain, noise = found(0.0)
    if noise <= NOISIER * wanted.noise:
        return plain
    enough = next(
        (s for s in SIGMAS_PX if found(s, most=TRIED)[1] <= wanted.noise),
        SIGMAS_PX[-1],
    )
    return found(enough)[0]


def _blocks(
    volume: Volume, statistics: Statistics, most: int | None
) -> Iterator[NDArray[np.float32]]:
    """Yield normalised blocks of a volume; a few of them, spread over it, if `most`."""
    boxes = list(sampled_boxes(volume.shape))
    step = 1 if most is None else -(-len(boxes) // most)
    for box in boxes[::step]:
        yield normalise(volume.read(box), statistics)


def _stretched(landmarks: tuple[float, ...]) -> NDArray[np.float64]:
    """Add a landmark far out at each end, and make all of them rise."""
    marks = np.maximum.accumulate(np.array(landmarks) + 0.0)
    marks = marks + LEAST_GAP * np.arange(len(marks))
    low = marks[0] - 20 * (marks[1] - marks[0])
    high = marks[-1] + 20 * (marks[-1] - marks[-2])
    return np.concatenate([[low], marks, [high]])
