"""The training of one member, readable top to bottom."""

import json
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from densecell.config import TrainingConfig, write_text
from densecell.disk import writing
from densecell.errors import ConfigError, HopelessError, TrainingError
from densecell.evaluation import Scores
from densecell.inference import has_bfloat16
from densecell.networks import Network, offset_logits
from densecell.patches import Batch, BatchMaker
from densecell.training.averaging import averaged_copy
from densecell.training.checkpoint import (
    LAST,
    WEIGHTS,
    load_last,
    save_last,
    save_weights,
)
from densecell.training.losses import Targets, l2_penalty, window_loss
from densecell.training.schedule import (
    Phase,
    flat_steps,
    learning_rate,
    validation_steps,
)
from densecell.training.validation import Adjusted, Validator

HISTORY = "history.jsonl"
SAVE_EVERY_S = 10.0  # a few MB; the studio shows what they say
SMOOTHING = 0.98  # of the loss that is shown
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


class TrainingRecord(NamedTuple):
    """State of a training after a step."""

    step: int
    steps: int
    loss: float
    rate: float | None  # steps per second; none: trained on another machine
    miou_all: float | None  # after a validation
    best: float  # MIoU(all)


def train_member(
    network: Network,
    batches: BatchMaker,
    validator: Validator,
    folder: Path,
    config: TrainingConfig,
    *,
    phases: Sequence[Phase],
    hopeless_below: float,
) -> Iterator[TrainingRecord]:
    """Train a network to the end of the last phase; yield a record after each step.

    Continues from `last.safetensors`, if there is one, exactly as if the training had
    never stopped. Keeps the averaged weights with the best MIoU(all) on the eval
    volumes.

    Parameters
    ----------
    network
        Network with its initial weights.
    batches
        Makes the batch of every step.
    validator
        Scores the network.
    folder
        Folder of the member; `weights.safetensors`, `last.safetensors` and
        `history.jsonl` are written there.
    config
        Settings of the training.
    phases
        The training, then its extensions, each with its own schedule.
    hopeless_below
        MIoU(all) that must be reached after a quarter of the first phase.

    Raises
    ------
    TrainingError
        If the loss is no longer finite. The best weights so far are kept.
    HopelessError
        If a quarter of the steps brought less than `hopeless_below`.
    """
    first, last = phases[0], phases[-1].end
    device = next(network.parameters()).device
    network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    averaged = averaged_copy(network, config.average)
    mean = cast(Network, averaged.module)
    optimiser = make_optimiser(network, config)
    done, best, smooth = _resume(network, averaged, optimiser, folder)
    flat = flat_steps(config, network, first)
    validate_at = [step for s in phases for step in validation_steps(config, s)]
    decided_at = next(step for step in validate_at if step >= first.end / 4)
    if done >= decided_at:  # killed between the validation and the decision
        _check_hope(best, hopeless_below, decided_at)
    clock, since, saved = time.monotonic(), done, time.monotonic()

    for step, batch in enumerate(batches.ahead(done, last), done + 1):
        phase = next(s for s in phases if step <= s.end)
        set_rate(optimiser, learning_rate(config, phase, step))
        network.see_depth(step > flat)
        loss = optimise(network, optimiser, batch, config, device)
        _check_finite(loss, step)
        averaged.update_parameters(network)
        smooth = loss if step == 1 else SMOOTHING * smooth + (1 - SMOOTHING) * loss

        miou = None
        if step in validate_at:
            scores, offsets = validated(mean, validator, config)
            miou = scores.miou_all
            if miou > best:
                best = miou
                header = {"step": step, "miou_all": best}
                with offset_logits(mean, offsets):
                    save_weights(mean, folder / WEIGHTS, header)
            append_history(folder, step, smooth, scores)
        rate = (step - since) / (time.monotonic() - clock)
        yield TrainingRecord(step, last, smooth, rate, miou, best)
        # Saved after the caller has drawn the step: a kill loses both or neither.
        if step in validate_at or time.monotonic() - saved > SAVE_EVERY_S:
            header = {"step": step, "best": best, "loss": smooth}
            save_last(network, averaged, optimiser, folder / LAST, header)
            saved = time.monotonic()
        if step == decided_at:
            _check_hope(best, hopeless_below, step)


def validated(
    network: Network, validator: Validator, config: TrainingConfig
) -> Adjusted:
    """Scores of a network, with the best offsets of its logits if settings ask so."""
    if config.adjust_logits and network.last_bias() is not None:
        return validator.adjusted(network)
    return Adjusted(validator.score(network), None)


def optimise(
    network: Network,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    config: TrainingConfig,
    device: torch.device,
) -> float:
    """Take one step; return its loss without the L2 term.

    Raises
    ------
    ConfigError
        If the step does not fit into memory.
    """
    network.train()
    with _within_memory(batch.intensities.shape):
        x = torch.from_numpy(batch.intensities).to(device)
        x = x.to(memory_format=torch.channels_last_3d)
        targets = _targets(batch, device)
        low = in_bfloat16(config, device)
        with torch.autocast(device.type, torch.bfloat16, enabled=low):
            heads = network.heads(x)
        loss = window_loss(heads, targets, config.loss)
        penalty = l2_penalty(network, config.loss)
        optimiser.zero_grad(set_to_none=True)
        total = loss if penalty is None else loss + penalty
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimiser.step()
        return loss.item()


@contextmanager
def _within_memory(shape: tuple[int, ...]) -> Iterator[None]:
    """Turn torch's errors about memory into one that names the settings to change."""
    try:
        yield
    except RuntimeError as error:
        if not any(words in str(error) for words in OUT_OF_MEMORY):
            raise
        windows, _, *voxels = shape
        raise ConfigError(
            f"a step of {windows} windows of {' x '.join(map(str, voxels))} voxels "
            "does not fit into memory; choose a smaller training.window, "
            "training.batch or network.width"
        ) from None


def _targets(batch: Batch, device: torch.device) -> Targets:
    def there(array: NDArray[Any] | None) -> Tensor | None:
        return None if array is None else torch.from_numpy(array).to(device)

    shares = there(batch.shares)
    if shares is not None:
        shares = shares / shares.sum(1, keepdim=True, dtype=torch.float32)
    return Targets(
        torch.from_numpy(batch.channels).to(device).long(),
        there(batch.weights),
        shares,
        batch.exclusions,
        there(batch.affinities),
    )


def in_bfloat16(config: TrainingConfig, device: torch.device) -> bool:
    """Whether a training computes in bfloat16.

    Trainings begun before precision was a setting used bfloat16 wherever the device
    has it. They go on so.
    """
    if config.precision == "auto":
        return has_bfloat16(device)
    return config.precision == "bfloat16"


def make_optimiser(network: Network, config: TrainingConfig) -> torch.optim.Optimizer:
    """AdamW with the constants of the settings."""
    return torch.optim.AdamW(
        network.parameters(),
        weight_decay=config.weight_decay,
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        eps=config.epsilon,
    )


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of the next step."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def append_history(folder: Path, step: int, loss: float, scores: Scores) -> None:
    """Add one line to `history.jsonl`."""
    line = {
        "step": step,
        "loss": round(loss, 6),
        "miou_all": scores.miou_all,
        "miou_org": scores.miou_org,
        "iou": scores.iou,
    }
    path = folder / HISTORY
    with writing(path), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def read_history(folder: Path) -> list[dict[str, Any]]:
    """Read `history.jsonl`, without a last line that a kill cut short."""
    path = folder / HISTORY
    if not path.exists():
        return []
    lines = []
    for line in path.read_bytes().splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:  # not JSON, or not text
            break
    return lines


def _resume(
    network: Network,
    averaged: AveragedModel,
    optimiser: torch.optim.Optimizer,
    folder: Path,
) -> tuple[int, float, float]:
    """Restore the last state, if any; return its step, best score and shown loss."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / LAST).exists():
        (folder / HISTORY).unlink(missing_ok=True)
        return 0, -1.0, 0.0
    header = load_last(network, averaged, optimiser, folder / LAST)
    kept = [line for line in read_history(folder) if line["step"] <= header["step"]]
    write_text(folder / HISTORY, "".join(json.dumps(line) + "\n" for line in kept))
    return header["step"], header["best"], header["loss"]


def _check_finite(loss: float, step: int) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            f"the loss turned {loss} at step {step}; the best weights so far are kept. "
            "Lower training.learning_rate or train another seed"
        )


def _check_hope(best: float, hopeless_below: float, step: int) -> None:
    if best < hopeless_below:
        raise HopelessError(
            f"after {step} steps MIoU {best:.3f} is still below {hopeless_below:.3f}"
        )
