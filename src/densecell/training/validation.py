"""Score networks: segment the eval volumes, tile by tile, and compare with labels."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.config import InferenceConfig
from densecell.evaluation import Scores, confusion_matrix, scores_from_confusion
from densecell.geometry import Spacing
from densecell.inference import (
    TorchEngine,
    box_probabilities,
    choose_engine,
    plan_tiling,
)
from densecell.networks import Network
from densecell.patches import LabelledVolume, class_counts
from densecell.training.offsets import best_offsets, moved
from densecell.volume import read_padded

TILE = (8, 320, 320)  # at most: torch needs more memory here than in inference


class Example(NamedTuple):
    """Middle slice of the first eval volume, as it was last segmented."""

    intensities: NDArray[np.float32]  # (Y, X), normalised
    truth: NDArray[np.uint8]  # (Y, X) class ids
    predicted: NDArray[np.uint8]  # (Y, X) class ids
    spacing_nm: Spacing


class Adjusted(NamedTuple):
    """Scores, and the offsets that were added to the logits for them."""

    scores: Scores
    offsets: NDArray[np.float32] | None  # (K,); none: nothing was added


class Validator:
    """Score networks on the eval volumes, always in the same way.

    Parameters
    ----------
    volumes
        Volumes with labels. Intensities around the labelled box serve as context.
    scheme
        Classes of the labels.
    """

    def __init__(self, volumes: Sequence[LabelledVolume], scheme: ClassScheme) -> None:
        self._volumes = volumes
        self._scheme = scheme
        config = InferenceConfig(engine="torch", threads=torch.get_num_threads())
        self._config, self._choice = config, choose_engine(config)
        self.example: Example  # from the last volumes that were scored

    def score(self, network: Network) -> Scores:
        """Scores from one confusion matrix over all volumes."""
        return self.compare(p.argmax(0) for p in self.probabilities(network))

    def adjusted(self, network: Network) -> Adjusted:
        """Scores with the best offsets of the logits for these volumes.

        Needs memory of 4 bytes per class and voxel of all volumes.
        """
        shares = list(self.probabilities(network))
        offsets = best_offsets(shares, [volume.channels for volume in self._volumes])
        return Adjusted(self.compare(moved(p, offsets) for p in shares), offsets)

    def probabilities(self, network: Network) -> Iterator[NDArray[np.float32]]:
        """Yield the (K, Z, Y, X) probabilities in the labelled part of each volume."""
        engine = TorchEngine(network, self._choice)
        for volume in self._volumes:
            read = partial(read_padded, volume.intensities)
            shape = volume.intensities.shape
            tiling = plan_tiling(network, shape, self._config, most=TILE)
            found = box_probabilities(
                engine, read, tiling, volume.labelled, network.margin
            )
            yield found[: len(self._scheme)]

    def compare(self, predicted: Iterable[NDArray[np.integer]]) -> Scores:
        """Scores of predicted (Z, Y, X) channels, one array per volume."""
        confusion = np.zeros((len(self._scheme),) * 2, np.int64)
        for number, (volume, channels) in enumerate(
            zip(self._volumes, predicted, strict=True)
        ):
            if number == 0:
                self.example = self._example(volume, channels)
            confusion += confusion_matrix(
                self._scheme.to_ids(volume.channels),
                self._scheme.to_ids(channels),
                self._scheme,
            )
        return scores_from_confusion(confusion, self._scheme)

    def _example(
        self, volume: LabelledVolume, channels: NDArray[np.integer]
    ) -> Example:
        z = len(channels) // 2
        return Example(
            volume.intensities[volume.labelled.slices][z],
            self._scheme.to_ids(volume.channels[z]),
            self._scheme.to_ids(channels[z]),
            volume.spacing_nm,
        )


def commonest_class_score(volumes: Sequence[LabelledVolume], classes: int) -> float:
    """Mean IoU(all) of labelling every voxel with the most common class.

    A network that is no better has learned nothing.
    """
    counts = class_counts(volumes, classes)
    present = int((counts > 0).sum())
    return float(counts.max() / counts.sum() / max(1, present))
