"""The training of one member, readable top to bottom."""

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from densecell.config import TrainingConfig
from densecell.errors import HopelessError, TrainingError
from densecell.evaluation import Scores
from densecell.inference import native_bfloat16
from densecell.networks import Network
from densecell.patches import Batch, BatchMaker
from densecell.training.checkpoint import (
    LAST,
    WEIGHTS,
    load_last,
    save_last,
    save_weights,
)
from densecell.training.losses import l2_penalty, window_loss
from densecell.training.validation import Validator

HISTORY = "history.jsonl"
WARM_UP = 0.05  # share of the steps
SAVE_EVERY_S = 60.0
SMOOTHING = 0.98  # of the loss that is shown


class Record(NamedTuple):
    """Where a training stands after a step."""

    step: int
    steps: int
    loss: float
    rate: float  # steps per second
    scores: Scores | None  # after a validation
    best: float  # MIoU(all)


def train_member(
    network: Network,
    batches: BatchMaker,
    validator: Validator,
    folder: Path,
    config: TrainingConfig,
    *,
    hopeless_below: float,
) -> Iterator[Record]:
    """Train a network for `config.steps` steps; yield how it goes after each.

    Goes on from `last.safetensors` where there is one, exactly as if it had never
    stopped. The best weights by MIoU(all) of the eval volumes are kept.

    Parameters
    ----------
    network
        With its initial weights.
    batches
        Gives the windows of every step.
    validator
        Scores the network.
    folder
        Of the member; `weights.safetensors`, `last.safetensors` and `history.jsonl`
        are written there.
    config
        With `steps` set.
    hopeless_below
        MIoU(all) which must be reached at a quarter of the steps.

    Raises
    ------
    TrainingError
        If the loss is no longer finite; the best weights so far stay.
    HopelessError
        If a quarter of the steps brought less than `hopeless_below`.
    """
    steps = config.steps or 0
    device = next(network.parameters()).device
    network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    optimiser = make_optimiser(network, config)
    first, best, smooth = _resume(network, optimiser, folder)
    validate_at = validation_steps(config)
    decided_at = next(step for step in validate_at if step >= steps / 4)
    if first >= decided_at:  # killed between the validation and the decision
        _check_hope(best, hopeless_below, decided_at)
    clock, since, saved = time.monotonic(), first, time.monotonic()

    for step, batch in enumerate(batches.ahead(first, steps), first + 1):
        set_rate(optimiser, config, step)
        loss = optimise(network, optimiser, batch, config, device)
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss turned {loss} at step {step}; the best weights so far are "
                "kept. Lower training.learning_rate or train another seed"
            )
        smooth = loss if step == 1 else SMOOTHING * smooth + (1 - SMOOTHING) * loss

        scores = None
        if step in validate_at:
            scores = validator.score(network)
            if scores.miou_all > best:
                best = scores.miou_all
                save_weights(
                    network, folder / WEIGHTS, {"step": step, "miou_all": best}
                )
            append_history(folder, step, smooth, scores)
        if step in validate_at or time.monotonic() - saved > SAVE_EVERY_S:
            facts = {"step": step, "best": best, "loss": smooth}
            save_last(network, optimiser, folder / LAST, facts)
            saved = time.monotonic()

        rate = (step - since) / (time.monotonic() - clock)
        yield Record(step, steps, smooth, rate, scores, best)
        if step == decided_at:
            _check_hope(best, hopeless_below, step)


def optimise(
    network: Network,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    config: TrainingConfig,
    device: torch.device,
) -> float:
    """Take one step; give its loss without the L2 term."""
    network.train()
    x = torch.from_numpy(batch.intensities).to(device)
    x = x.to(memory_format=torch.channels_last_3d)
    channels = torch.from_numpy(batch.channels).to(device).long()
    weights: Tensor | None = None
    if batch.weights is not None:
        weights = torch.from_numpy(batch.weights).to(device)

    with torch.autocast(device.type, torch.bfloat16, enabled=low_precision(device)):
        heads = network.heads(x)
    loss = window_loss(heads, channels, weights, config.loss, batch.exclusions)
    penalty = l2_penalty(network, config.loss)
    optimiser.zero_grad(set_to_none=True)
    total = loss if penalty is None else loss + penalty
    total.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), 10.0)
    optimiser.step()
    return loss.item()


def low_precision(device: torch.device) -> bool:
    """Tell whether bfloat16 pays: only where the device has it natively."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return native_bfloat16()


def make_optimiser(network: Network, config: TrainingConfig) -> torch.optim.Optimizer:
    """Adam with the settings' constants."""
    return torch.optim.Adam(
        network.parameters(),
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        eps=config.epsilon,
    )


def set_rate(
    optimiser: torch.optim.Optimizer, config: TrainingConfig, step: int
) -> None:
    """Set the learning rate of a step: it follows from the step alone."""
    for group in optimiser.param_groups:
        group["lr"] = learning_rate(config, step)


def learning_rate(config: TrainingConfig, step: int) -> float:
    """Give the rate of a step: constant, or a warm-up and then half a cosine."""
    if config.schedule == "constant":
        return config.learning_rate
    done = step / (config.steps or 1)
    if done < WARM_UP:
        return config.learning_rate * done / WARM_UP
    falling = (done - WARM_UP) / (1 - WARM_UP)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, falling)))


def validation_steps(config: TrainingConfig) -> list[int]:
    """Give the steps after which the eval volumes are scored; the last is one."""
    steps = config.steps or 1
    count = min(config.validations, steps)
    return sorted({round(steps * (n + 1) / count) for n in range(count)})


def append_history(folder: Path, step: int, loss: float, scores: Scores) -> None:
    """Add one line to `history.jsonl`."""
    line = {
        "step": step,
        "loss": round(loss, 6),
        "miou_all": scores.miou_all,
        "miou_org": scores.miou_org,
        "iou": scores.iou,
    }
    with (folder / HISTORY).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def read_history(folder: Path) -> list[dict[str, Any]]:
    """Read `history.jsonl`, leaving out a last line cut short by a kill."""
    path = folder / HISTORY
    if not path.exists():
        return []
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            break
    return lines


def _resume(
    network: Network, optimiser: torch.optim.Optimizer, folder: Path
) -> tuple[int, float, float]:
    """Give step, best score and shown loss to go on from."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / LAST).exists():
        (folder / HISTORY).unlink(missing_ok=True)
        return 0, -1.0, 0.0
    facts = load_last(network, optimiser, folder / LAST)
    kept = [line for line in read_history(folder) if line["step"] <= facts["step"]]
    text = "".join(json.dumps(line) + "\n" for line in kept)
    (folder / HISTORY).write_text(text, encoding="utf-8")
    return facts["step"], facts["best"], facts["loss"]


def _check_hope(best: float, hopeless_below: float, step: int) -> None:
    if best < hopeless_below:
        raise HopelessError(
            f"after {step} steps MIoU {best:.3f} is still below {hopeless_below:.3f}"
        )
