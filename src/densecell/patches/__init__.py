"""Cut labelled volumes into windows to train on."""

from densecell.patches.batches import (
    Batch,
    BatchMaker,
    ClassWeights,
    Schedule,
    Windows,
)
from densecell.patches.images import on_grid, open_image
from densecell.patches.labelled import (
    LabelledVolume,
    class_counts,
    labelled_part,
    load_labelled,
    resampling_notes,
    weighed,
)
from densecell.patches.pairs import default_affinities, pair_targets
from densecell.patches.partial import PARTIAL, UNKNOWN, Exclusions
from densecell.patches.sampling import WindowPlace, WindowSampler
from densecell.patches.weights import error_weights, power_balance

__all__ = [
    "PARTIAL",
    "UNKNOWN",
    "Batch",
    "BatchMaker",
    "ClassWeights",
    "Exclusions",
    "LabelledVolume",
    "Schedule",
    "WindowPlace",
    "WindowSampler",
    "Windows",
    "class_counts",
    "default_affinities",
    "error_weights",
    "labelled_part",
    "load_labelled",
    "on_grid",
    "open_image",
    "pair_targets",
    "power_balance",
    "resampling_notes",
    "weighed",
]
