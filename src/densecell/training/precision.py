"""Choose the precision of training: bfloat16 only where it is faster.

A processor can have bfloat16 instructions and still train slower with them, because
torch copies every array between the two formats. So one small convolution is timed in
both. The choice is saved with the settings, and every resume keeps it.
"""

import time
from functools import cache
from typing import Literal

import torch
from torch import nn

from densecell.errors import ConfigError
from densecell.inference import native_bfloat16
from densecell.networks import has_amx

Precision = Literal["float32", "bfloat16"]
LEAST_GAIN = 1.15  # how much faster bfloat16 must be, so that the choice is stable
TURNS = 7


def settle_precision(
    asked: Literal["auto", "float32", "bfloat16"], device: torch.device
) -> Precision:
    """Precision of a training on this device, for settings that may leave it open.

    Raises
    ------
    ConfigError
        If the settings ask for bfloat16, and this device can only emulate it.
    """
    if asked == "float32":
        return asked
    if asked == "bfloat16":
        if not has_bfloat16(device):
            raise ConfigError(
                "training.precision is bfloat16, and this machine has no bfloat16 "
                "instructions. Set training.precision to float32, or "
                "continue on a machine that has them"
            )
        return asked
    return "bfloat16" if low_precision(device) else "float32"


def low_precision(device: torch.device) -> bool:
    """Whether training in bfloat16 is the faster way on this device."""
    if not has_bfloat16(device):
        return False
    return device.type == "cuda" or has_amx() or _gain() >= LEAST_GAIN


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device computes in bfloat16 without emulating it."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return device.type == "cpu" and native_bfloat16()


@cache
def _gain() -> float:
    """How many times as fast as float32 a convolution learns in bfloat16 here."""
    convolution = nn.Conv3d(16, 16, (1, 3, 3), padding=(0, 1, 1))
    convolution.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    x = torch.zeros(2, 16, 5, 96, 96).contiguous(memory_format=torch.channels_last_3d)
    x.requires_grad_()

    def step(low: bool) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            total = torch.relu(convolution(x)).float().sum()
        total.backward()  # type: ignore[no-untyped-call]

    step(False)  # makes its plans
    step(True)
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(TURNS):  # one after the other: both meet the same disturbances
        for low, times in seconds.items():
            begin = time.perf_counter()
            step(low)
            times.append(time.perf_counter() - begin)
    return min(seconds[False]) / min(seconds[True])
