"""Run a network over a volume, tile by tile."""

from densecell.inference.engines import (
    Engine,
    EngineChoice,
    LogitsEngine,
    OpenVinoEngine,
    TorchEngine,
    choose_engine,
    make_engine,
)
from densecell.inference.flat import is_flat
from densecell.inference.precision import (
    bfloat16_abilities,
    faster_in_bfloat16,
    has_bfloat16,
    native_bfloat16,
)
from densecell.inference.reflected import Reflected
from densecell.inference.regrid import (
    aligned_grid,
    block_unit,
    kept_on_volume,
    tiles_of_volume,
)
from densecell.inference.speed import EngineSpeed, engine_speed, fastest_engine
from densecell.inference.tiles import (
    box_probabilities,
    kept_of_tile,
    plan_tiling,
    tile_probabilities,
    usual_margin,
)

__all__ = [
    "Engine",
    "EngineChoice",
    "EngineSpeed",
    "LogitsEngine",
    "OpenVinoEngine",
    "Reflected",
    "TorchEngine",
    "aligned_grid",
    "bfloat16_abilities",
    "block_unit",
    "box_probabilities",
    "choose_engine",
    "engine_speed",
    "faster_in_bfloat16",
    "fastest_engine",
    "has_bfloat16",
    "is_flat",
    "kept_of_tile",
    "kept_on_volume",
    "make_engine",
    "native_bfloat16",
    "plan_tiling",
    "tile_probabilities",
    "tiles_of_volume",
    "usual_margin",
]
