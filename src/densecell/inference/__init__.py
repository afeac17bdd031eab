"""A network over a volume."""

from densecell.inference.engines import (
    Engine,
    EngineChoice,
    LogitsEngine,
    OpenVinoEngine,
    TorchEngine,
    bfloat16_abilities,
    choose_engine,
    make_engine,
    native_bfloat16,
)
from densecell.inference.flat import is_flat
from densecell.inference.measure import Measured, fastest_engine
from densecell.inference.reflected import Reflected
from densecell.inference.regrid import (
    aligned,
    kept_on_volume,
    tiles_of_volume,
    unit,
)
from densecell.inference.tiles import (
    box_probabilities,
    kept_of_tile,
    plan_tiling,
    tile_probabilities,
)

__all__ = [
    "Engine",
    "EngineChoice",
    "LogitsEngine",
    "Measured",
    "OpenVinoEngine",
    "Reflected",
    "TorchEngine",
    "aligned",
    "bfloat16_abilities",
    "box_probabilities",
    "choose_engine",
    "fastest_engine",
    "is_flat",
    "kept_of_tile",
    "kept_on_volume",
    "make_engine",
    "native_bfloat16",
    "plan_tiling",
    "tile_probabilities",
    "tiles_of_volume",
    "unit",
]
