"""The device that networks run on."""

from functools import cache

import torch
from torch import nn


def best_device() -> torch.device:
    """The fastest device of this machine: an NVIDIA GPU, an Apple GPU, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available() and _learns_on_apple():
        return torch.device("mps")
    return torch.device("cpu")


@cache
def _learns_on_apple() -> bool:
    """Whether this torch has every 3D layer of ours for Apple's GPUs.

    Some releases lack transposed convolutions there. Such machines use the CPU.
    """
    layers = nn.Sequential(nn.Conv3d(1, 1, 3), nn.ConvTranspose3d(1, 1, 2, 2))
    try:
        layers.to("mps")(torch.zeros(1, 1, 4, 4, 4, device="mps")).sum().backward()
    except (NotImplementedError, RuntimeError):
        return False
    return True
