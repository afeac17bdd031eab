"""Windows for MONAI's networks: where they lie, mirrors, turns; made ahead.

Every window follows from the seed and its running number alone.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from peers import Peer
from scipy import ndimage

from densecell.patches import LabelledVolume

CANDIDATES = 100_000  # voxels of each class kept to centre windows on
AHEAD = 2  # batches
Pair = tuple[NDArray[np.float32], NDArray[np.uint8]]  # intensities, channels


class PeerWindows:
    """Makes the batch of any step."""

    def __init__(self, peer: Peer, volume: LabelledVolume, seed: int) -> None:
        self._peer, self._seed = peer, seed
        self._intensities = volume.intensities[volume.labelled.slices]
        self._channels = volume.channels
        self._rare = rare_places(volume.channels)

    def batch(self, step: int) -> Pair:
        """(B, 1, Z, Y, X) intensities and channels of one step."""
        first = step * self._peer.batch
        pairs = [self._window(n) for n in range(first, first + self._peer.batch)]
        images, labels = zip(*pairs, strict=True)
        return np.stack(images)[:, None], np.stack(labels)[:, None]

    def ahead(self, steps: int) -> Iterator[Pair]:
        """Yield the batches of all steps, made in a thread."""
        with ThreadPoolExecutor(1) as pool:
            waiting = [pool.submit(self.batch, n) for n in range(min(AHEAD, steps))]
            for step in range(steps):
                batch = waiting.pop(0).result()
                if step + AHEAD < steps:
                    waiting.append(pool.submit(self.batch, step + AHEAD))
                yield batch

    def _window(self, number: int) -> Pair:
        rng = np.random.default_rng((self._seed, number))
        last = np.subtract(self._channels.shape, self._peer.window)  # corner
        if self._rare and rng.random() < self._peer.rare_share:
            places = self._rare[rng.integers(len(self._rare))]
            at = np.unravel_index(
                places[rng.integers(len(places))], self._channels.shape
            )
            corner = np.clip(at - np.array(self._peer.window) // 2, 0, last)
        else:
            corner = rng.integers(0, last + 1)
        box = tuple(
            slice(c, c + n) for c, n in zip(corner, self._peer.window, strict=True)
        )
        pair = self._intensities[box], self._channels[box]
        if rng.random() < self._peer.turned_share:
            pair = turned(*pair, angle=rng.uniform(-180, 180))
        return mirrored(*pair, rng)


def rare_places(channels: NDArray[np.uint8]) -> list[NDArray[np.int64]]:
    """For each class but the commonest: flat indices of some of its voxels."""
    flat = channels.ravel()
    counts = np.bincount(flat)
    counts[counts.argmax()] = 0
    found = [np.flatnonzero(flat == channel) for channel in np.flatnonzero(counts)]
    return [at[:: max(1, len(at) // CANDIDATES)] for at in found]


def turned(
    image: NDArray[np.float32], labels: NDArray[np.uint8], *, angle: float
) -> Pair:
    """Turn a (Z, Y, X) window in plane, in degrees; its corners are mirrored in."""
    image, labels = (
        ndimage.rotate(a, angle, axes=(1, 2), reshape=False, order=order, mode="mirror")
        for a, order in ((image, 1), (labels, 0))
    )
    return image, labels


def mirrored(
    image: NDArray[np.float32], labels: NDArray[np.uint8], rng: np.random.Generator
) -> Pair:
    """Turn by quarters and reflect along any axis."""
    turns = int(rng.integers(4))
    axes = tuple(np.flatnonzero(rng.random(3) < 0.5))
    image, labels = (
        np.ascontiguousarray(np.flip(np.rot90(a, turns, (1, 2)), axes))
        for a in (image, labels)
    )
    return image, labels
