"""Volumes to training windows."""

from densecell.patches.batches import Batch, BatchMaker
from densecell.patches.labelled import UNKNOWN, LabelledVolume, load_labelled
from densecell.patches.sampling import Place, WindowSampler
from densecell.patches.weights import error_weights

__all__ = [
    "UNKNOWN",
    "Batch",
    "BatchMaker",
    "LabelledVolume",
    "Place",
    "WindowSampler",
    "error_weights",
    "load_labelled",
]
