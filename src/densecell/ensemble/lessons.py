"""What an ensemble says of volumes, as soft labels that one network learns from [1]_.

The labelled parts of a project are learned with their true labels mixed in. Of its
images' other parts, and of any other volume, the ensemble alone tells. Parts to choose
on stay unseen, so that scores mean what they mean for every other model.

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
from densecell.config import (
    AddressSetting,
    ProjectConfig,
    load_settings,
    save_settings,
)
from densecell.ensemble.load import Ensemble
from densecell.ensemble.run import Wish
from densecell.ensemble.segment import Step, segment_volume
from densecell.ensemble.stores import STORE
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
from densecell.training.data import CONTEXT
from densecell.volume import Volume, open_volume

LESSONS = "lessons.yaml"
TEACHER = "teacher"  # folder of what the ensemble said
PART: Shape = (32, 512, 512)  # of a volume without labels, drawn at once
TRUTH = 0.5  # share of the true label, where there is one


class Lesson(NamedTuple):
    """A part of a volume to learn from."""

    image: Volume  # on the project's grid
    part: Box  # of it
    truth: LabelledVolume | None = None  # of `part`, where it is labelled
    hidden: tuple[Box, ...] = ()  # of `image`: not to be learned from here


class FrozenPart(BaseModel, frozen=True, extra="forbid"):
    """A part of a volume."""

    image: AddressSetting
    part: tuple[Shape, Shape] = Field(description="start, stop on the project's grid")


class Lessons(BaseModel, frozen=True, extra="forbid"):
    """`lessons.yaml` of a model: from whom and from what it learned."""

    format: Literal[1] = 1
    members: dict[str, str] = Field(description="SHA-256 of each teacher's weights")
    parts: tuple[FrozenPart, ...]


def check_teacher(ensemble: Ensemble, project: ProjectConfig) -> None:
    """Refuse an ensemble that has other things to say than the project asks for.

    Raises
    ------
    ConfigError
        If it also tells of affinities, or of other classes.
    """
    if ensemble.affinities:
        raise ConfigError(
            f"{ensemble.path}: was trained with --cells; what it says of cells that "
            "touch cannot be passed on, only classes can: distil a model trained "
            "without --cells"
        )
    if ensemble.scheme != project.classes:
        raise ConfigError(
            f"{ensemble.path}: was trained for the classes "
            f"{', '.join(ensemble.scheme.names)}, the project is for "
            f"{', '.join(project.classes.names)}; name its own by --project"
        )


def list_lessons(
    project: ProjectConfig,
    root: Path,
    labelled: Sequence[LabelledVolume],
    others: Sequence[Volume] = (),
    *,
    most_voxels: int,
) -> list[Lesson]:
    """Choose what to learn from: all that is labelled, and parts of the rest.

    Parameters
    ----------
    project
        Its volumes are learned from, except for their parts of role eval.
    root
        Folder of the project file.
    labelled
        Its volumes of role train, in their order.
    others
        More volumes, of any voxel size that can be resampled to the project's.
    most_voxels
        Of parts without labels, on the project's grid. Where there are more, parts are
        drawn, always the same.
    """
    sources = [(e.role, open_image(e, root, project)) for e in project.volumes]
    known = [source for role, source in sources if role == "train"]
    lessons = [
        Lesson(source.image, source.part, truth)
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
        Lesson(image, part, hidden=taken.get(where, ()))
        for where, image in images.items()
        for part in tile(image.shape, PART)
        if where not in taken or _seen(part, taken[where]).any()
    ]
    return lessons + _drawn(unlabelled, most_voxels)


def begin_lessons(lessons: Sequence[Lesson], ensemble: Ensemble, folder: Path) -> None:
    """Write `lessons.yaml` into the folder of a model.

    Raises
    ------
    OutputError
        If the folder was begun with other teachers or volumes, or is another model's.
    """
    parts = tuple(
        FrozenPart(image=x.image.path.absolute(), part=(x.part.start, x.part.stop))
        for x in lessons
    )
    members = dict(zip(ensemble.names, ensemble.fingerprints, strict=True))
    asked = Lessons(members=members, parts=parts)
    path = folder / LESSONS
    if not path.exists():
        if folder.exists() and any(folder.iterdir()):
            raise OutputError(
                f"{folder}: holds something else than a model from `densecell distil` "
                f"(no {LESSONS}); choose another --name"
            )
        save_settings(asked, path)
        return
    found = load_settings(path, Lessons)
    for what in ("members", "parts"):
        if getattr(found, what) != getattr(asked, what):
            raise OutputError(
                f"{folder}: was begun with other {what} than these (see {LESSONS}); "
                "choose another --name, or --overwrite to begin anew"
            )


def teach(
    lessons: Sequence[Lesson], ensemble: Ensemble, folder: Path
) -> Iterator[Step]:
    """Let the ensemble segment every part into the folder of a model.

    Goes on where it stopped; yields after each block.
    """
    total = sum(lesson.part.voxels for lesson in lessons)
    before = 0
    for number, (image, part, *_) in enumerate(lessons):
        wish = Wish(box=(part.start, part.stop), probabilities=True)
        for step in segment_volume(image, ensemble, _said(folder, number), wish):
            done = before + step.done_voxels
            yield Step(done, total, step.skipped)
        before += part.voxels


def learned(
    lessons: Sequence[Lesson], folder: Path, project: ProjectConfig
) -> list[LabelledVolume]:
    """Give what was taught as volumes to train on.

    Memory holds 5 bytes per voxel of all parts, and one per class.
    """
    volumes = []
    for number, lesson in enumerate(lessons):
        shares = _shares(_said(folder, number), project.classes.ids)
        if lesson.truth is None:
            volumes.append(_without_truth(lesson, shares, project))
        else:
            volumes.append(with_truth(lesson.truth, shares))
    loss = project.training.loss
    if loss.weighting == "paper":
        return weighed(volumes, project.classes, loss.weights)
    return volumes


def with_truth(volume: LabelledVolume, shares: NDArray[np.uint8]) -> LabelledVolume:
    """Mix what an ensemble says of a volume with what is known of it.

    Parameters
    ----------
    volume
        With true labels; where they are not known, or only in part, the ensemble alone
        tells.
    shares
        (K, Z, Y, X) probabilities, 0 to 255.

    Returns
    -------
    The volume with soft labels; its channels are the likeliest.
    """
    mixed = shares.copy()
    known = volume.channels < PARTIAL
    for channel, share in enumerate(mixed):
        true = 255.0 * (volume.channels[known] == channel)
        share[known] = np.rint(TRUTH * true + (1 - TRUTH) * share[known])
    likeliest = mixed.argmax(0).astype(np.uint8)
    return volume._replace(channels=likeliest, shares=mixed, exclusions=())


def _without_truth(
    lesson: Lesson, shares: NDArray[np.uint8], project: ProjectConfig
) -> LabelledVolume:
    channels = shares.argmax(0).astype(np.uint8)
    channels[~_seen(lesson.part, lesson.hidden)] = UNKNOWN
    volume = labelled_part(lesson.image, lesson.part, channels, context=CONTEXT)
    return volume._replace(spacing_nm=project.grid_nm, shares=shares)


def _seen(part: Box, hidden: Sequence[Box]) -> NDArray[np.bool_]:
    """Tell which voxels of a part may be learned from."""
    seen = np.ones(part.shape, np.bool_)
    for box in hidden:
        seen[box.relative_to(part.start).clipped(part.shape).slices] = False
    return seen


def _drawn(lessons: Sequence[Lesson], most_voxels: int) -> list[Lesson]:
    """Draw parts as long as they fit, and leave them in their order."""
    drawn, left = [], most_voxels
    for number in np.random.default_rng(0).permutation(len(lessons)):
        voxels = lessons[number].part.voxels
        if voxels <= left:
            drawn.append(int(number))
            left -= voxels
    return [lessons[number] for number in sorted(drawn)]


def _said(folder: Path, number: int) -> Path:
    """Give the result in which the ensemble tells of a part."""
    return folder / TEACHER / f"{number:03d}"


def _shares(result: Path, ids: Sequence[int]) -> NDArray[np.uint8]:
    """Read the (K, Z, Y, X) probabilities of a result."""
    stores = [open_volume(result / STORE / f"probability_{i}") for i in ids]
    return np.stack([store.read(Box.whole(store.shape)) for store in stores])
