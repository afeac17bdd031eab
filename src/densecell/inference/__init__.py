"""A network over a volume."""

from densecell.inference.engines import (
    Engine,
    EngineChoice,
    OpenVinoEngine,
    TorchEngine,
    choose_engine,
    make_engine,
    native_bfloat16,
)
from densecell.inference.tiles import box_probabilities, plan_tiling

__all__ = [
    "Engine",
    "EngineChoice",
    "OpenVinoEngine",
    "TorchEngine",
    "box_probabilities",
    "choose_engine",
    "make_engine",
    "native_bfloat16",
    "plan_tiling",
]
