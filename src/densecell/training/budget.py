"""Turn minutes into steps, by a short probe on this machine.

The number of steps is saved, and used for every member and every resume, so that
results do not depend on how busy the machine is later.
"""

import copy
import time
from collections.abc import Callable, Iterable

import torch

from densecell.config import TrainingConfig
from densecell.errors import TrainingError
from densecell.networks import Network
from densecell.patches import Batch, BatchMaker
from densecell.training.loop import make_optimiser, optimise, validated
from densecell.training.schedule import Phase, flat_steps
from densecell.training.validation import Validator

WARM_UP_STEPS = 3
PROBE_S = 8.0
PROBED = Phase(0, 10_000)  # training that the probe draws its steps from


def settle_steps(
    network: Network,
    batches: BatchMaker,
    validator: Validator,
    config: TrainingConfig,
) -> TrainingConfig:
    """Training settings with `steps` in place of `minutes`.

    A copy of the network is trained for a few seconds and scored once. If the training
    has both single slices and deep windows, both are timed.

    Parameters
    ----------
    network
        Network with its initial weights.
    batches
        Makes the batches of a training of `PROBED` steps.
    validator
        Scores the network.
    config
        Settings with minutes. Steps are left as they are.

    Raises
    ------
    TrainingError
        If the minutes are not even enough for the validations.
    """
    if config.steps is not None:
        return config.model_copy(update={"minutes": None})
    minutes = config.minutes or 0.0
    trial = copy.deepcopy(network)
    step_s = _time_a_step(trial, batches, config)
    start = time.monotonic()
    validated(trial, validator, config)
    validation_s = time.monotonic() - start
    steps = int((minutes * 60 - config.validations * validation_s) / step_s)
    if steps < config.validations:
        raise TrainingError(
            f"{minutes:g} minutes per member are too few: {config.validations} "
            f"validations take {config.validations * validation_s:.0f} s here and a "
            f"step {step_s:.2f} s; give more minutes, a smaller width, or fewer "
            "training.validations"
        )
    return config.model_copy(update={"steps": steps, "minutes": None})


def _time_a_step(
    network: Network, batches: BatchMaker, config: TrainingConfig
) -> float:
    """Mean seconds per step over the whole training."""
    flat = flat_steps(config, network, PROBED)
    phases = [(False, 0, flat), (True, flat, PROBED.end)]
    phases = [(deep, first, last) for deep, first, last in phases if first < last]
    optimiser = make_optimiser(network, config)
    device = next(network.parameters()).device
    network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    def step(batch: Batch) -> None:
        optimise(network, optimiser, batch, config, device)

    total = 0.0
    for deep, first, last in phases:
        network.see_depth(deep)
        some = batches.ahead(first, last)
        total += (last - first) * _mean_seconds(step, some, PROBE_S / len(phases))
    return total / PROBED.end


def _mean_seconds(
    step: Callable[[Batch], None], batches: Iterable[Batch], least_s: float
) -> float:
    """Mean seconds per step, over at least `least_s` seconds and after a warm-up."""
    seconds: list[float] = []
    start = last = time.monotonic()
    for batch in batches:
        step(batch)
        now = time.monotonic()
        seconds.append(now - last)
        last = now
        if now - start > least_s and len(seconds) > 2 * WARM_UP_STEPS:
            break
    later = seconds[WARM_UP_STEPS:]
    return sum(later) / len(later)
