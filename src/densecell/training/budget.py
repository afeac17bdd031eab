"""From minutes to steps, by a short probe on this machine.

The step count is saved and used for every member and every resume, so that results do
not depend on how busy the machine was later.
"""

import copy
import time

import torch

from densecell.config import TrainingConfig
from densecell.errors import TrainingError
from densecell.networks import Network
from densecell.patches import BatchMaker
from densecell.training.loop import make_optimiser, optimise, validated
from densecell.training.validation import Validator

WARM_UP_STEPS = 3
PROBE_S = 8.0


def settle_steps(
    network: Network,
    batches: BatchMaker,
    validator: Validator,
    config: TrainingConfig,
) -> TrainingConfig:
    """Give the settings with `steps` in place of `minutes`.

    The network itself is not touched: a copy is trained for a few seconds and scored
    once.

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
    optimiser = make_optimiser(network, config)
    device = next(network.parameters()).device
    network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    seconds: list[float] = []
    start = last = time.monotonic()
    for batch in batches.ahead(0, 10_000):
        optimise(network, optimiser, batch, config, device)
        now = time.monotonic()
        seconds.append(now - last)
        last = now
        if now - start > PROBE_S and len(seconds) > 2 * WARM_UP_STEPS:
            break
    later = seconds[WARM_UP_STEPS:]
    return sum(later) / len(later)
