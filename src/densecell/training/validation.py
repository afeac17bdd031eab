"""How good a network is: the eval volumes, put together from tiles, against labels."""

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

TILE = (8, 320, 320)  # at most: torch takes more memory than inference elsewhere


class Example(NamedTuple):
    """The middle slice of the first eval volume, as it was last labelled."""

    intensities: NDArray[np.float32]  # (Y, X), normalised
    truth: NDArray[np.uint8]  # (Y, X) class ids
    predicted: NDArray[np.uint8]  # (Y, X) class ids
    spacing_nm: Spacing


class Adjusted(NamedTuple):
    """Scores, and what was added to the logits for them."""

    scores: Scores
    offsets: NDArray[np.float32] | None  # (K,); none: nothing


class Validator:
    """Scores a network on the eval volumes, always in the same way.

    Parameters
    ----------
    volumes
        With labels; intensities around the labelled box serve as context.
    scheme
        Of the labels.
    """

    def __init__(self, volumes: Sequence[LabelledVolume], scheme: ClassScheme) -> None:
        self._volumes = volumes
        self._scheme = scheme
        config = InferenceConfig(engine="torch", threads=torch.get_num_threads())
        self._config, self._choice = config, choose_engine(config)
        self.example: Example  # of the last labelling that was scored

    def score(self, network: Network) -> Scores:
        """Label every volume and compare: one confusion matrix over all of them."""
        return self.compare(p.argmax(0) for p in self.probabilities(network))

    def adjusted(self, network: Network) -> Adjusted:
        """Score a network with the offsets of its logits that suit the volumes best.

        Memory holds 4 bytes per class and voxel of all volumes.
        """
        shares = list(self.probabilities(network))
        offsets = best_offsets(shares, [volume.channels for volume in self._volumes])
        return Adjusted(self.compare(moved(p, offsets) for p in shares), offsets)

    def probabilities(self, network: Network) -> Iterator[NDArray[np.float32]]:
        """Yield the (K, Z, Y, X) probabilities of every volume's labelled part."""
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
        """Score the channels (Z, Y, X) that somebody gives every labelled part."""
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
    """Give the mean IoU(all) of labelling everything with the commonest class.

    A network that does no better has learned nothing.
    """
    counts = class_counts(volumes, classes)
    present = int((counts > 0).sum())
    return float(counts.max() / counts.sum() / max(1, present))
