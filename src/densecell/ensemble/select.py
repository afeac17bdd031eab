"""Members chosen one after another, each the one that helps those chosen most.

The best four need not make the best ensemble: they may err alike. On the eval volumes
only, as every choice.

.. [1] Caruana et al. 2004, Ensemble selection from libraries of models, ICML,
       doi:10.1145/1015330.1015432.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.networks import Network
from densecell.training import Validator

Shares = Sequence[NDArray[np.uint8]]  # (K, Z, Y, X) of every volume, in parts of 255


class Chosen(NamedTuple):
    """A member, and what those chosen so far reach with it."""

    name: str
    miou_all: float


def greedy_members(
    networks: Mapping[str, Network], validator: Validator
) -> list[Chosen]:
    """Choose members as long as each makes the mean of all better [1]_.

    Parameters
    ----------
    networks
        By the names of the members, best first; ties go to the first.
    validator
        Of the eval volumes.

    Returns
    -------
    At least one member; memory holds a byte per class, voxel and member.
    """
    shares = {
        name: [_in_bytes(p) for p in validator.probabilities(network)]
        for name, network in networks.items()
    }
    chosen: list[Chosen] = []
    total = [np.zeros(s.shape, np.uint16) for s in next(iter(shares.values()))]
    while shares:
        scores = {name: _score(total, s, validator) for name, s in shares.items()}
        best = max(scores, key=scores.__getitem__)
        if chosen and scores[best] <= chosen[-1].miou_all:
            break
        chosen.append(Chosen(best, scores[best]))
        total = [t + s for t, s in zip(total, shares.pop(best), strict=True)]
    return chosen


def _in_bytes(probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(255 * probabilities).astype(np.uint8)


def _score(
    total: list[NDArray[np.uint16]], more: Shares, validator: Validator
) -> float:
    """Give the mean IoU of the chosen with one more."""
    pairs = zip(total, more, strict=True)
    scores = validator.compare((t + m).argmax(0) for t, m in pairs)
    return scores.miou_all or 0.0
