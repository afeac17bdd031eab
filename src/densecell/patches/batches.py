"""Batches of augmented windows, prepared while the network computes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.config import AugmentationConfig
from densecell.geometry import Box, Shape, per_axis
from densecell.patches.augmentation import (
    change_geometry,
    change_intensities,
    draw_changes,
)
from densecell.patches.labelled import LabelledVolume
from densecell.patches.pairs import pair_targets
from densecell.patches.partial import Exclusions
from densecell.patches.sampling import WindowSampler
from densecell.volume import read_padded


class Batch(NamedTuple):
    """Windows with labels; Z', Y', X' are smaller than Z, Y, X if the network crops."""

    intensities: NDArray[np.float32]  # (B, 1, Z, Y, X)
    channels: NDArray[np.uint8]  # (B, Z', Y', X'), 255: unknown; see `partial`
    weights: NDArray[np.float32] | None  # (B, Z', Y', X')
    exclusions: Exclusions = ()  # meaning of channel codes from 224
    affinities: NDArray[np.uint8] | None = None  # (B, A, Z', Y', X') 0, 1, 255: unknown
    shares: NDArray[np.uint8] | None = None  # (B, K, Z', Y', X') soft labels


class Window(NamedTuple):
    """One window of a batch; see `Batch`."""

    intensities: NDArray[np.float32]  # (Z, Y, X)
    channels: NDArray[np.uint8]  # (Z', Y', X')
    weights: NDArray[np.float32] | None  # (Z', Y', X')
    affinities: NDArray[np.uint8] | None  # (A, Z', Y', X')
    shares: NDArray[np.uint8] | None  # (K, Z', Y', X')


class Windows(NamedTuple):
    """Size and number of the windows of one step."""

    shape: Shape
    number: int


Schedule = Callable[[int], Windows]  # from the step's number, counted from 0
ClassWeights = Callable[[int], NDArray[np.float32]]  # (K,), from the step's number


class BatchMaker:
    """Makes the batch of any step from the seed and the step's number.

    Parameters
    ----------
    volumes
        Volumes to cut windows from.
    sampler
        Chooses the position of each window.
    config
        Augmentation of the windows.
    schedule
        Size and number of the windows of each step.
    margin
        Voxels that the network loses on every side of a window.
    seed
        Seed of the augmentation.
    class_weights
        Cost of an error per class, for volumes without weights of their own.
    affinities
        Offsets of the pairs of voxels to give targets for.
    """

    def __init__(
        self,
        volumes: Sequence[LabelledVolume],
        sampler: WindowSampler,
        config: AugmentationConfig,
        *,
        schedule: Schedule,
        margin: Shape,
        seed: int,
        class_weights: ClassWeights | None = None,
        affinities: Sequence[Shape] = (),
    ) -> None:
        self._volumes = volumes
        self._sampler = sampler
        self._config = config
        self._schedule = schedule
        self._margin = margin
        self._seed = seed
        self._class_weights = class_weights
        self._affinities = tuple(affinities)

    def batch(self, step: int) -> Batch:
        """Batch of one step."""
        shape, count = self._schedule(step)
        first = step * count
        costs = self._costs(step)
        windows = [self._window(n, shape, costs) for n in range(first, first + count)]
        return Batch(
            np.stack([window.intensities for window in windows])[:, None],
            np.stack([window.channels for window in windows]),
            _stacked([window.weights for window in windows]),
            self._volumes[0].exclusions,
            _stacked([window.affinities for window in windows]),
            _stacked([window.shares for window in windows]),
        )

    def ahead(self, first: int, last: int, *, depth: int = 2) -> Iterator[Batch]:
        """Yield the batches of steps `first` to `last` - 1, prepared in a thread."""
        with ThreadPoolExecutor(1, thread_name_prefix="densecell-batches") as pool:
            waiting = [
                pool.submit(self.batch, step)
                for step in range(first, min(first + depth, last))
            ]
            for step in range(first, last):
                batch = waiting.pop(0).result()
                if step + depth < last:
                    waiting.append(pool.submit(self.batch, step + depth))
                yield batch

    def _costs(self, step: int) -> NDArray[np.float32] | None:
        """Cost of an error by channel code; 0 for unknown ones."""
        if self._class_weights is None:
            return None
        costs = np.zeros(256, np.float32)
        classes = self._class_weights(step)
        costs[: len(classes)] = classes
        return costs

    def _window(
        self, number: int, shape: Shape, costs: NDArray[np.float32] | None
    ) -> Window:
        rng = np.random.default_rng((self._seed, 3, number))
        place = self._sampler.place(number, shape)
        volume = self._volumes[place.volume]
        box = place.box.grown(self._margin)
        changes = draw_changes(self._config, box.shape, rng)

        on_image = box.shifted(volume.labelled.start)
        image = change_geometry(
            read_padded(volume.intensities, on_image), changes, nearest=False
        )
        voxels = np.arange(box.voxels).reshape(box.shape)
        nearest = self._cropped(change_geometry(voxels, changes, nearest=True))

        def moved(labels: NDArray[Any]) -> NDArray[Any]:
            return read_padded(labels, box).ravel()[nearest]

        channels = moved(volume.channels)
        weights = None
        if volume.weights is not None:
            weights = self._cropped(
                change_geometry(
                    read_padded(volume.weights, box), changes, nearest=False
                )
            ).astype(np.float32)
        elif costs is not None:
            weights = costs[channels]
        affinities = None
        if self._affinities and volume.objects is not None:
            affinities = pair_targets(moved(volume.objects), channels, self._affinities)
        shares = None
        if volume.shares is not None:
            shares = np.stack([moved(share) for share in volume.shares])
        image = change_intensities(image.astype(np.float32), changes)
        return Window(image, channels, weights, affinities, shares)

    def _cropped(self, array: NDArray[np.generic]) -> NDArray[np.generic]:
        inside = Box.whole(array.shape).grown(per_axis(int.__neg__, self._margin))
        return array[inside.slices]


def _stacked(arrays: Sequence[NDArray[Any] | None]) -> NDArray[Any] | None:
    """Stack the arrays of all windows; none if the windows have none."""
    there = [array for array in arrays if array is not None]
    return np.stack(there) if there else None
