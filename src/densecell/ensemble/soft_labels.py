"""Soft labels: probabilities of an ensemble that one network learns from [1]_.

In labelled parts of a project, true labels are mixed in. In other parts of its images,
and in other volumes, only the ensemble provides labels. Parts of role eval stay unseen,
so that scores can be compared with those of any other model.

.. [1] Hinton, Vinyals, Dean 2015, Distilling the knowledge in a neural network,
       arXiv:1503.02531.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from densecell.address import Address
from densecell.compute import Progress
from densecell.config import (
    AddressSetting,
    ProjectConfig,
    load_settings,
    save_settings,
)
from densecell.ensemble.load import Ensemble
from densecell.ensemble.resolve import SegmentRequest
from densecell.ensemble.segment import segment_volume
from densecell.errors import ConfigError, OutputError
from densecell.geometry import Box, Shape, tile
from densecell.patches import (
    PARTIAL,
    UNKNOWN,
    LabelledVolume,
    labelled_part,
    on_grid,
    open_image,
    weighed,
)
from densecell.result import STORE
from densecell.training import CONTEXT
from densecell.volume import Volume, open_volume

SOFT_LABELS = "lessons.yaml"
TEACHER = "teacher"  # folder of the ensemble's results
PART: Shape = (32, 512, 512)  # voxels of a part without labels, drawn as a whole
TRUTH = 0.5  # share of the true label, where there is one


class TrainingPart(NamedTuple):
    """A part of a volume to learn from."""

    image: Volume  # on the project's grid
    part: Box  # in voxels of `image`
    truth: LabelledVolume | None = None  # true labels of `part`, if there are some
    hidden: tuple[Box, ...] = ()  # boxes of `image` not to be learned from


class FrozenPart(BaseModel, frozen=True, extra="forbid"):
    """A part of a volume."""

    image: AddressSetting
    part: tuple[Shape, Shape] = Field(description="start, stop on the project's grid")


class SoftLabels(BaseModel, frozen=True, extra="forbid"):
    """Content of `lessons.yaml` of a model: its teachers, and the parts they label."""

    format: Literal[1] = 1
    members: dict[str, str] = Field(description="SHA-256 of each teacher's weights")
    parts: tuple[FrozenPart, ...]


def check_teacher(ensemble: Ensemble, project: ProjectConfig) -> None:
    """Refuse an ensemble that cannot teach what the project asks for.

    Raises
    ------
    ConfigError
        If it has learned affinities, or other classes.
    """
    if ensemble.affinities:
        raise ConfigError(
            f"{ensemble.path}: was trained with --cells, but only classes can be "
            "distilled; choose a model that was trained without --cells"
        )
    if ensemble.scheme != project.classes:
        raise ConfigError(
            f"{ensemble.path}: was trained for the classes "
            f"{', '.join(ensemble.scheme.names)}, the project is for "
            f"{', '.join(project.classes.names)}; name the model's project by --project"
        )


def choose_parts(
    project: ProjectConfig,
    root: Path,
    labelled: Sequence[LabelledVolume],
    others: Sequence[Volume] = (),
    *,
    most_voxels: int,
) -> list[TrainingPart]:
    """Choose what to learn from: all labelled parts, and parts of the rest.

    Parameters
    ----------
    project
        Project to learn from, except for its parts of role eval.
    root
        Folder of the project file.
    labelled
        Volumes of role train, in the project's order.
    others
        More volumes, of any voxel size that can be resampled to the project's.
    most_voxels
        Most voxels without labels, on the project's grid. If there are more, parts are
        drawn at random with a fixed seed.
    """
    sources = [(e.role, open_image(e, root, project)) for e in project.volumes]
    known = [source for role, source in sources if role == "train"]
    parts = [
        TrainingPart(source.image, source.part, truth)
        for source, truth in zip(known, labelled, strict=True)
    ]
    images: dict[Address, Volume] = {}
    taken: dict[Address, tuple[Box, ...]] = {}
    for _, source in sources:
        where = source.image.path.resolve()
        images[where] = source.image
        taken[where] = (*taken.get(where, ()), source.part)
    for other in others:
        images.setdefault(other.path.resolve(), on_grid(other, project))
    unlabelled = [
        TrainingPart(image, part, hidden=taken.get(where, ()))
        for where, image in images.items()
        for part in tile(image.shape, PART)
        if where not in taken or _visible(part, taken[where]).any()
    ]
    return parts + _drawn(unlabelled, most_voxels)


def begin_soft_labels(
    parts: Sequence[TrainingPart], ensemble: Ensemble, folder: Path
) -> None:
    """Write `lessons.yaml` into the folder of a model.

    Raises
    ------
    OutputError
        If the folder was begun with other teachers or volumes, or is another model's.
    """
    frozen = tuple(
        FrozenPart(image=x.image.path.absolute(), part=(x.part.start, x.part.stop))
        for x in parts
    )
    members = dict(zip(ensemble.names, ensemble.fingerprints, strict=True))
    asked = SoftLabels(members=members, parts=frozen)
    path = folder / SOFT_LABELS
    if not path.exists():
        if folder.exists() and any(folder.iterdir()):
            raise OutputError(
                f"{folder}: is not a model from `densecell distil` (no {SOFT_LABELS} "
                "in it); choose another --name"
            )
        save_settings(asked, path)
        return
    found = load_settings(path, SoftLabels)
    for what in ("members", "parts"):
        if getattr(found, what) != getattr(asked, what):
            raise OutputError(
                f"{folder}: was begun with other {what} (see {SOFT_LABELS}); choose "
                "another --name, or --overwrite to begin anew"
            )


def make_soft_labels(
    parts: Sequence[TrainingPart], ensemble: Ensemble, folder: Path
) -> Iterator[Progress]:
    """Let the ensemble segment every part; yield progress after each block.

    Results go into the folder of the model. The same call again continues where it
    stopped. Progress counts the voxels of all parts.
    """
    total = sum(part.part.voxels for part in parts)
    before = 0
    for number, (image, box, *_) in enumerate(parts):
        request = SegmentRequest(box=(box.start, box.stop), probabilities=True)
        out = _result(folder, number)
        for progress in segment_volume(image, ensemble, out, request):
            yield progress._replace(done=before + progress.done, total=total)
        before += box.voxels


def read_soft_labels(
    parts: Sequence[TrainingPart], folder: Path, project: ProjectConfig
) -> list[LabelledVolume]:
    """Volumes to train on, one for each part, from what `make_soft_labels` wrote.

    Needs memory of 5 bytes per voxel of all parts, and one per voxel and class.
    """
    volumes = []
    for number, part in enumerate(parts):
        shares = _shares(_result(folder, number), project.classes.ids)
        if part.truth is None:
            volumes.append(_without_truth(part, shares, project))
        else:
            volumes.append(with_truth(part.truth, shares))
    loss = project.training.loss
    if loss.weighting == "paper":
        return weighed(volumes, project.classes, loss.weights)
    return volumes


def with_truth(volume: LabelledVolume, shares: NDArray[np.uint8]) -> LabelledVolume:
    """Mix the probabilities of an ensemble with the true labels of a volume.

    Parameters
    ----------
    volume
        Volume with true labels. Where they are unknown, or known in part only, the
        ensemble's probabilities are kept.
    shares
        (K, Z, Y, X) probabilities, 0 to 255.

    Returns
    -------
    The volume with soft labels; its channels are the most probable ones.
    """
    mixed = shares.copy()
    known = volume.channels < PARTIAL
    for channel, share in enumerate(mixed):
        true = 255.0 * (volume.channels[known] == channel)
        share[known] = np.rint(TRUTH * true + (1 - TRUTH) * share[known])
    likeliest = mixed.argmax(0).astype(np.uint8)
    return volume._replace(channels=likeliest, shares=mixed, exclusions=())


def _without_truth(
    part: TrainingPart, shares: NDArray[np.uint8], project: ProjectConfig
) -> LabelledVolume:
    channels = shares.argmax(0).astype(np.uint8)
    channels[~_visible(part.part, part.hidden)] = UNKNOWN
    volume = labelled_part(part.image, part.part, channels, context=CONTEXT)
    return volume._replace(spacing_nm=project.grid_nm, shares=shares)


def _visible(part: Box, hidden: Sequence[Box]) -> NDArray[np.bool_]:
    """Which voxels of a part may be learned from."""
    visible = np.ones(part.shape, np.bool_)
    for box in hidden:
        visible[box.relative_to(part.start).clipped(part.shape).slices] = False
    return visible


def _drawn(parts: Sequence[TrainingPart], most_voxels: int) -> list[TrainingPart]:
    """Draw parts at random as long as they fit; keep their order."""
    drawn, left = [], most_voxels
    for number in np.random.default_rng(0).permutation(len(parts)):
        voxels = parts[number].part.voxels
        if voxels <= left:
            drawn.append(int(number))
            left -= voxels
    return [parts[number] for number in sorted(drawn)]


def _result(folder: Path, number: int) -> Path:
    """Folder of the ensemble's result for a part."""
    return folder / TEACHER / f"{number:03d}"


def _shares(result: Path, ids: Sequence[int]) -> NDArray[np.uint8]:
    """Read the (K, Z, Y, X) probabilities of a result."""
    stores = [open_volume(result / STORE / f"probability_{i}") for i in ids]
    return np.stack([store.read(Box.whole(store.shape)) for store in stores])
