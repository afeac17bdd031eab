"""Choose members one after another, always the one that helps those chosen most.

The best four members need not make the best ensemble: they may make the same errors.
Like every choice, this one uses the eval volumes only.

.. [1] Caruana et al. 2004, Ensemble selection from libraries of models, ICML,
       doi:10.1145/1015330.1015432.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.networks import Network
from densecell.training import Validator

Shares = Sequence[NDArray[np.uint8]]  # (K, Z, Y, X) of every volume, 0 to 255


class ChosenMember(NamedTuple):
    """A chosen member, and the score of all chosen up to it."""

    name: str
    miou_all: float


def greedy_members(
    networks: Mapping[str, Network], validator: Validator
) -> list[ChosenMember]:
    """Choose members as long as each one improves the mean of all [1]_.

    Parameters
    ----------
    networks
        Networks by the names of their members, best first; of equal ones the first is
        chosen.
    validator
        Scores them on the eval volumes.

    Returns
    -------
    At least one member.

    Notes
    -----
    Needs memory of one byte per class, voxel and member.
    """
    shares = {
        name: [_in_bytes(p) for p in validator.probabilities(network)]
        for name, network in networks.items()
    }
    chosen: list[ChosenMember] = []
    total = [np.zeros(s.shape, np.uint16) for s in next(iter(shares.values()))]
    while shares:
        scores = {name: _score(total, s, validator) for name, s in shares.items()}
        best = max(scores, key=scores.__getitem__)
        if chosen and scores[best] <= chosen[-1].miou_all:
            break
        chosen.append(ChosenMember(best, scores[best]))
        total = [t + s for t, s in zip(total, shares.pop(best), strict=True)]
    return chosen


def _in_bytes(probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(255 * probabilities).astype(np.uint8)


def _score(
    total: list[NDArray[np.uint16]], more: Shares, validator: Validator
) -> float:
    """Mean IoU of the chosen members with one more."""
    pairs = zip(total, more, strict=True)
    scores = validator.compare((t + m).argmax(0) for t, m in pairs)
    return scores.miou_all or 0.0
