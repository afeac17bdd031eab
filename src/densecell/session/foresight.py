"""What the latest weights of a training say about the view: in a process of its own."""

from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.address import to_address
from densecell.geometry import Box, Spacing, format_spacing
from densecell.session.plane import Corners
from densecell.volume import (
    Statistics,
    Volume,
    grid_between,
    intensity_statistics,
    normalise,
    open_volume,
    read_padded,
)

DEPTH = 3  # slices around the view that networks see beside it, at most
WEIGHTS_FILES = ("last.safetensors", "weights.safetensors")


class ForesightTask(NamedTuple):
    """What a worker needs to predict a view."""

    member: Path  # folder
    weights: str  # name of the file in it
    image: str
    spacing_nm: Spacing
    at: int  # slice
    corners: Corners
    threads: int


class Foresight(NamedTuple):
    """Class ids of a view, and the step of the training that they come from."""

    labels: NDArray[np.uint8]
    step: int


def newest_weights(model: Path) -> tuple[Path, str, float] | None:
    """Member, file and time of the weights of a model that were written last."""
    found = [
        (file.stat().st_mtime, file)
        for name in WEIGHTS_FILES
        for file in model.glob(f"member_*/{name}")
    ]
    if not found:
        return None
    when, file = max(found)
    return file.parent, file.name, when


def predict_view(task: ForesightTask) -> Foresight:
    """Predict a rectangle of a slice; called in the worker."""
    import torch

    from densecell.config import InferenceConfig
    from densecell.inference import (
        TorchEngine,
        box_probabilities,
        choose_engine,
        plan_tiling,
    )
    from densecell.networks import build_network
    from densecell.training import load_member_settings, load_weights
    from densecell.training.checkpoint import load_average

    torch.set_num_threads(task.threads)
    settings = load_member_settings(task.member)
    network = build_network(settings.network, classes=len(settings.classes))
    load = load_average if task.weights == WEIGHTS_FILES[0] else load_weights
    header = load(network, task.member / task.weights)
    network.eval()
    volume, statistics = _image(task.image, task.spacing_nm)
    grid = grid_between(
        volume.shape,
        task.spacing_nm,
        Spacing(*settings.spacing_nm),
        flat=settings.network.flat,
        where=str(volume.path),
    )
    if grid is not None:
        raise ValueError(f"trained at {format_spacing(settings.spacing_nm)}")
    top, left, bottom, right = task.corners
    box = Box((task.at, top, left), (task.at + 1, bottom, right))

    def read(wanted: Box) -> NDArray[np.float32]:
        return normalise(read_padded(volume, wanted), statistics)

    config = InferenceConfig(engine="torch", threads=task.threads)
    tiling = plan_tiling(network, volume.shape, config, most=(2 * DEPTH - 1, 320, 320))
    engine = TorchEngine(network, choose_engine(config))
    found = box_probabilities(engine, partial(read), tiling, box, network.margin)
    channels = found[: len(settings.classes)].argmax(0)[0]
    labels = settings.classes.to_ids(channels)
    return Foresight(labels.astype(np.uint8), int(header.get("step", 0)))


@lru_cache(maxsize=2)
def _image(image: str, spacing_nm: Spacing) -> tuple[Volume, Statistics]:
    volume = open_volume(to_address(image), spacing_nm=spacing_nm)
    return volume, intensity_statistics(volume)
