"""From minutes to steps, by a short probe on this machine.

The step count is saved and used for every member and every resume, so that results do
not depend on how busy the machine was later.
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
from densecell.training.schedule import Spell, flat_steps
from densecell.training.validation import Validator

WARM_UP_STEPS = 3
PROBE_S = 8.0
PROBED = Spell(0, 10_000)  # the training that the probe takes its steps from


def settle_steps(
    network: Network,
    batches: BatchMaker,
    validator: Validator,
    config: TrainingConfig,
) -> TrainingConfig:
    """Give the settings with `steps` in place of `minutes`.

    The network itself is not touched: a copy is trained for a few seconds, on single
    slices and on deep windows where the training has both, and scored once.

    Parameters
    ----------
    network
        With its initial weights.
    batches
        Gives the windows of a training of `PROBED` steps.
    validator
        Scores the network.
    config
        Minutes, or steps that are left as they are.

    Raises
    ------
    TrainingError
        If the minutes do not even suffice for the validations.
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
            f"{minutes:g} minutes per member do not suffice: {config.validations} "
            f"validations take {config.validations * validation_s:.0f} s here and a "
            f"step {step_s:.2f} s; give more minutes, a smaller width, or fewer "
            "training.validations"
        )
    return config.model_copy(update={"steps": steps, "minutes": None})


def _time_a_step(
    network: Network, batches: BatchMaker, config: TrainingConfig
) -> float:
    """Give the mean seconds of a step over the whole training."""
    flat = flat_steps(config, network, PROBED)
    phases = [(False, 0, flat), (True, flat, PROBED.until)]
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
    return total / PROBED.until


def _mean_seconds(
    step: Callable[[Batch], None], batches: Iterable[Batch], least_s: float
) -> float:
    """Take steps for a while; give the mean seconds of one, once warmed up."""
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
