"""The precision of a training, settled once: every resume keeps it."""

from typing import Literal

import torch

from densecell.errors import ConfigError
from densecell.inference import faster_in_bfloat16, has_bfloat16
from densecell.inference.engines import Precision


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
    return "bfloat16" if faster_in_bfloat16(device) else "float32"
