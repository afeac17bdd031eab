"""Where bfloat16 is faster than float32.

A processor can have bfloat16 instructions and still be slower with them, because it
converts between the two formats. So one small convolution is timed in both.
"""

import time
from functools import cache

import torch
from torch import nn

from densecell.networks import has_amx

LEAST_GAIN = 1.15  # how much faster bfloat16 must be, so that the choice is stable
TURNS = 7


def faster_in_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is the faster way on this device."""
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


def native_bfloat16() -> bool:
    """Whether this processor has bfloat16 instructions, instead of emulating them."""
    return bool(bfloat16_abilities())


def bfloat16_abilities() -> list[str]:
    """Names of the bfloat16 instruction sets of this processor."""
    avx = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    has = {"AVX-512 bf16": bool(avx()), "AMX": has_amx()}
    return [name for name, there in has.items() if there]
