"""What a step does, by its number alone, so that a resume goes on exactly.

.. [1] Loshchilov, Hutter 2017, SGDR: stochastic gradient descent with warm restarts,
       arXiv:1608.03983: the cosine.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.config import LossConfig, TrainingConfig
from densecell.networks import Network
from densecell.patches import ClassWeights, Schedule, Windows, power_balance

WARM_UP = 0.05  # share of the steps


class Spell(NamedTuple):
    """Steps that share one rise and fall of the rate: a training, or an extension."""

    began: int  # steps before it
    until: int  # its last step, counted from the very first


def learning_rate(config: TrainingConfig, spell: Spell, step: int) -> float:
    """Give the rate of a step: constant, or a warm-up and then half a cosine [1]_."""
    if config.schedule == "constant":
        return config.learning_rate
    done = (step - spell.began) / max(1, spell.until - spell.began)
    if done < WARM_UP:
        return config.learning_rate * done / WARM_UP
    falling = (done - WARM_UP) / (1 - WARM_UP)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, falling)))


def validation_steps(config: TrainingConfig, spell: Spell) -> list[int]:
    """Give the steps after which the eval volumes are scored; the last is one."""
    steps = spell.until - spell.began
    count = min(config.validations, steps)
    return sorted({spell.began + round(steps * (n + 1) / count) for n in range(count)})


def flat_steps(config: TrainingConfig, network: Network, first: Spell) -> int:
    """Count the steps at the start that train the 2D part alone, on single slices.

    Of the first spell only; 0 for networks that have no such part.
    """
    return round(config.flat_share * first.until) if network.staged else 0


def window_schedule(
    config: TrainingConfig, network: Network, first: Spell, seed: int
) -> Schedule:
    """Say which windows a step looks at; each step sees about as many voxels.

    Parameters
    ----------
    config
        With windows that fit the network (`fitted`).
    network
        Will see them.
    first
        The first spell of the training.
    seed
        Of the depths, where they vary.
    """
    depth, y, x = config.window
    flat = flat_steps(config, network, first)

    def windows(step: int) -> Windows:
        if step < flat:
            return Windows((1, y, x), config.batch * depth)
        if not config.vary_depth or network.flat:
            return Windows(config.window, config.batch)
        rng = np.random.default_rng((seed, 4, step))
        drawn = int(rng.integers(network.least_depth, 2 * depth - 1))
        return Windows((drawn, y, x), max(1, round(config.batch * depth / drawn)))

    return windows


def class_weight_schedule(
    config: LossConfig, counts: NDArray[np.integer], first: Spell
) -> ClassWeights:
    """Say what an error costs by class, at a step.

    Under balanced costs rare classes are found; towards the end of the first spell all
    errors cost alike, if they may.

    Parameters
    ----------
    config
        Balance, and whether it relaxes.
    counts
        (K,) voxels per class of all training volumes.
    first
        The first spell of the training; in extensions the balance stays where it was.
    """

    def weights(step: int) -> NDArray[np.float32]:
        done = min(1.0, step / max(1, first.until)) if config.relax else 0.0
        return power_balance(counts, config.balance * (1 - done))

    return weights
