"""`project.yaml`: drafted from labelled volumes, written, and read."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from densecell.address import Address, Url
from densecell.classes import BUILT_IN, IGNORE, ClassScheme
from densecell.config import (
    FORMAT,
    ProjectConfig,
    VolumeEntry,
    load_settings,
    parse_settings,
    write_text,
)
from densecell.datasets.class_words import named_classes
from densecell.datasets.label_values import LabelReading, Unlabelled, read_meaning
from densecell.datasets.scheme import choose_scheme
from densecell.datasets.split import Span, check_span, spans_of, split_slices
from densecell.errors import ConfigError, OutputError, SpacingError, VolumeError
from densecell.geometry import Box, Spacing, format_spacing
from densecell.settings import parse_yaml
from densecell.volume import (
    PlacedSlices,
    Volume,
    intensity_statistics,
    require_spacing,
)

FILE = "project.yaml"


class ImageWithLabels(NamedTuple):
    """An image and the class ids of its voxels."""

    image: Volume
    labels: Volume


class ProjectDraft(NamedTuple):
    """A project that is not written yet."""

    text: str  # of project.yaml
    findings: tuple[str, ...]  # what was found and decided, line by line


class LabelFacts(NamedTuple):
    """What a user says of labels, where their files do not say it."""

    classes: str | None = None  # a built-in class list's name, or a file
    ids: Mapping[int, int] = {}  # class id by the value in the file
    unlabelled: Unlabelled | None = None  # see `read_meaning`
    labels_z: tuple[int, ...] = ()  # where the slices of a small stack belong
    named: tuple[str, ...] = ()  # classes as ID=NAME:ROLE:PARENT


def draft_project(
    train: ImageWithLabels,
    held_out: ImageWithLabels | None = None,
    *,
    folder: Path,
    objects: Volume | None = None,
    facts: LabelFacts | None = None,
    train_z: Span | None = None,
    eval_z: Span | None = None,
) -> ProjectDraft:
    """Check labelled volumes and describe them as a project.

    Parameters
    ----------
    train
        Volume to train on.
    held_out
        Volume to validate on; without it, slices of `train` are held out.
    folder
        Where the project will be; paths become relative to it.
    objects
        Volume of the ids of the cells in `train`.
    facts
        What the user says of the labels; without a class list, one is made from the
        ids.
    train_z, eval_z
        Slices from, to (not included); see `split_slices`.

    Raises
    ------
    VolumeError
        If shapes differ, labels are not in the scheme, a voxel size is unknown, or an
        image is constant or not finite.
    UnclearLabelsError
        If what the labels mean must be asked.
    ConfigError
        If the slices cannot be split as asked.
    """
    facts = facts or LabelFacts()
    if objects is not None and objects.shape != train.image.shape:
        raise VolumeError(
            f"{train.image.path} has shape {train.image.shape} and {objects.path} "
            f"{objects.shape}; ids must cover their image voxel by voxel"
        )
    if facts.labels_z:
        places, depth = facts.labels_z, train.image.shape[0]
        train = train._replace(labels=PlacedSlices(train.labels, places, depth))
    pairs = [train] if held_out is None else [train, held_out]
    spacings = [check_labelled(pair) for pair in pairs]
    spans = [train_z, eval_z] if held_out else [_hull(train_z, eval_z)]
    readings = [
        _reading(pair, span, facts) for pair, span in zip(pairs, spans, strict=True)
    ]
    scheme = choose_scheme(facts.classes, labels=[r.labels for r in readings])
    if facts.named:
        scheme = named_classes(facts.named, scheme)
    for pair, reading in zip(pairs, readings, strict=True):
        intensity_statistics(pair.image)  # refuses constant and infinite images
        scheme.check(np.array(reading.found), where=str(pair.labels.path))

    parts, explanation = _parts(pairs, readings, train_z, eval_z)
    said = {"objects": seen_from(folder, objects.path)} if objects else {}
    volumes = [
        _entry(
            pairs[part.pair],
            spacings[part.pair],
            folder,
            part.values
            | _as_read(readings[part.pair], facts.labels_z if part.pair == 0 else ())
            | (said if part.values["role"] == "train" else {}),
        )
        for part in parts
    ]
    built_in = facts.classes in BUILT_IN and not facts.named
    named = facts.classes if facts.classes and built_in else scheme
    found = [r.found for r in readings]
    notes = [note for r in readings for note in r.notes]
    return ProjectDraft(
        project_text(named, volumes, made_up=not (facts.classes or facts.named)),
        (*map(_found, pairs, spacings, found), *notes, explanation),
    )


def check_labelled(pair: ImageWithLabels) -> Spacing:
    """Voxel size of an image and its labels; refuse a pair that does not match.

    Raises
    ------
    VolumeError
        If their shapes differ.
    SpacingError
        If neither states a voxel size, or they state different ones.
    """
    image, labels = pair
    if image.shape != labels.shape:
        raise VolumeError(
            f"{image.path} has shape {image.shape} and {labels.path} {labels.shape}; "
            "labels must cover their image voxel by voxel"
        )
    if image.spacing_nm is None:
        return require_spacing(labels if labels.spacing_nm else image)
    stated = labels.spacing_nm
    if stated is not None and not np.allclose(stated, image.spacing_nm, rtol=1e-3):
        raise SpacingError(
            f"{image.path} has voxels of {format_spacing(image.spacing_nm)} and "
            f"{labels.path} of {format_spacing(stated)}; give "
            "the right size with --spacing Z Y X (nm)"
        )
    return image.spacing_nm


def project_text(
    classes: str | ClassScheme,
    volumes: Sequence[VolumeEntry],
    *,
    made_up: bool = False,
) -> str:
    """Project as commented YAML; settings that have their defaults are left out.

    Parameters
    ----------
    classes
        A built-in scheme's name, or a scheme to write out.
    volumes
        Entries with paths relative to the project folder, or absolute.
    made_up
        Whether the names of the classes were made from their ids; a comment says so.
    """
    edit = (
        " These names were made up\n# from the label ids: edit them." if made_up else ""
    )
    entries = [_plain(volume) for volume in volumes]
    text = (
        "# A densecell project. Edit it freely; every other setting has a default.\n"
        f"format: {FORMAT}\n\n"
        "# What a voxel can be. role: background, cell, organelle or other; parent:\n"
        f'# the class it lies in. Label {IGNORE} means "not annotated".{edit}\n'
        f"{_classes(classes)}\n"
        "# train: learned from; eval: to validate on. z: slices from,\n"
        "# to (not included), counted from 0. Paths count from this folder.\n"
        f"{_yaml({'volumes': entries})}"
    )
    parse_settings(parse_yaml(text, where=FILE), ProjectConfig, where=FILE)
    return text


def read_project(folder: Path) -> ProjectConfig:
    """Read `project.yaml` of a folder.

    Raises
    ------
    ConfigError
        If there is none, or it is not valid.
    """
    path = folder / FILE
    if not path.is_file():
        raise ConfigError(
            f"{path}: no such file; `densecell init {folder} IMAGE LABELS` makes one"
        )
    return load_settings(path, ProjectConfig)


def write_project(folder: Path, text: str) -> Path:
    """Write `project.yaml` into a folder that has none.

    Raises
    ------
    OutputError
        If the folder has a project already.
    """
    path = folder / FILE
    if path.exists():
        raise OutputError(
            f"{path}: there is a project already; edit it, or choose another folder"
        )
    write_text(path, text)
    return path


class _Part(NamedTuple):
    """An entry of the project: number of the pair, role and range."""

    pair: int
    values: dict[str, Any]


def _hull(train_z: Span | None, eval_z: Span | None) -> Span | None:
    """Slices that are used of the only volume, where both ranges are given."""
    if train_z is None or eval_z is None:
        return None
    return min(train_z[0], eval_z[0]), max(train_z[1], eval_z[1])


def _reading(
    pair: ImageWithLabels, span: Span | None, facts: LabelFacts
) -> LabelReading:
    """Meaning of a pair's labels, in the slices that are used.

    What fills the gaps between placed slices is no value of their file.
    """
    placed = pair.labels if isinstance(pair.labels, PlacedSlices) else None
    labels = placed.labels if placed else pair.labels
    slices = range(labels.shape[0])
    reading = read_meaning(
        labels,
        ids=facts.ids,
        unlabelled=facts.unlabelled,
        named=facts.classes is not None,
        counted=slices[slice(*span)] if span and not placed else slices,
    )
    if placed is None:
        return reading
    places = facts.labels_z
    return reading._replace(
        labels=PlacedSlices(reading.labels, places, placed.shape[0]),
        labelled=tuple(sorted(places[n] for n in reading.labelled)),
    )


def _as_read(reading: LabelReading, labels_z: tuple[int, ...]) -> dict[str, Any]:
    """Settings of an entry that say how its labels are read."""
    said: dict[str, Any] = {"ids": reading.ids} if reading.ids else {}
    return said | ({"labels_z": labels_z} if labels_z else {})


def _parts(
    pairs: Sequence[ImageWithLabels],
    readings: Sequence[LabelReading],
    train_z: Span | None,
    eval_z: Span | None,
) -> tuple[list[_Part], str]:
    """Entries of a project, and an explanation."""
    if len(pairs) == 1:
        return _shared_out(pairs[0], readings[0], train_z, eval_z)
    parts = []
    asked = ((train_z, "train", "--train-z"), (eval_z, "eval", "--eval-z"))
    for number, (span, role, option) in enumerate(asked):
        check_span(span, pairs[number].image.shape[0], option=option)
        labelled, slices = readings[number].labelled, pairs[number].image.shape[0]
        spans: Sequence[Span | None] = [span]
        if len(labelled) < slices:
            first, last = span or (0, slices)
            spans = spans_of([z for z in labelled if first <= z < last])
        parts += [_Part(number, {"role": role, "z": s}) for s in spans]
    return parts, "the second image is kept for validation"


def _shared_out(
    pair: ImageWithLabels,
    reading: LabelReading,
    train_z: Span | None,
    eval_z: Span | None,
) -> tuple[list[_Part], str]:
    """Slices of one volume, or parts of its only labelled slice."""
    labelled = reading.labelled
    if len(labelled) == 1 and eval_z is None and train_z is None:
        z = labelled[0]
        _, height, width = pair.image.shape
        plane = reading.labels.read(Box((z, 0, 0), (z + 1, height, width)))[0]
        column, span = _quarter(plane != IGNORE), (z, z + 1)
        return [
            _Part(0, {"role": "train", "z": span, "x": (0, column)}),
            _Part(0, {"role": "eval", "z": span, "x": (column, width)}),
        ], (
            f"labelled {z}; learns from its columns 0-{column - 1}; validates on "
            f"{column}-{width - 1}, a quarter of its labels"
        )
    split = split_slices(labelled, pair.image.shape[0], train=train_z, held_out=eval_z)
    parts = [_Part(0, {"role": "train", "z": span}) for span in split.train]
    parts += [_Part(0, {"role": "eval", "z": span}) for span in split.held_out]
    return parts, split.explanation


def _quarter(known: NDArray[np.bool_]) -> int:
    """First column of the right part that holds a quarter of the labelled voxels."""
    counts = np.cumsum(known.sum(0))
    column = int(np.searchsorted(counts, 0.75 * counts[-1])) + 1
    return min(column, known.shape[1] - 1)


def _entry(
    pair: ImageWithLabels, spacing_nm: Spacing, folder: Path, rest: dict[str, Any]
) -> VolumeEntry:
    values = {
        "image": seen_from(folder, pair.image.path),
        "labels": seen_from(folder, pair.labels.path),
        "spacing_nm": tuple(spacing_nm),
    }
    return parse_settings(values | rest, VolumeEntry, where=FILE)


def seen_from(folder: Path, path: Address) -> Address:
    """Path relative to the project, or absolute if they share no folder."""
    if isinstance(path, Url):
        return path
    path, folder = path.resolve(), folder.resolve()
    shared = [p for p in path.parents if p in folder.parents or p == folder]
    if not shared or shared[0] == Path(shared[0].anchor):
        return path
    return Path(os.path.relpath(path, folder))


def _found(pair: ImageWithLabels, spacing_nm: Spacing, ids: tuple[int, ...]) -> str:
    z, y, x = pair.image.shape
    return (
        f"{pair.image.path}: {z} x {y} x {x} voxels of {format_spacing(spacing_nm)}, "
        f"{pair.image.dtype}, label ids {', '.join(map(str, ids))}"
    )


def _plain(volume: VolumeEntry) -> dict[str, Any]:
    """Settings of an entry without those that say nothing."""
    values = volume.model_dump(mode="json", exclude_none=True)
    values["ids"] = dict(volume.ids)  # JSON would make texts of the numbers
    return {name: v for name, v in values.items() if v not in ((), [], {})}


def _classes(classes: str | ClassScheme) -> str:
    if isinstance(classes, str):
        return f"classes: {classes}\n"
    settings = classes.as_settings()
    by_id = {int(i): dict(c) for i, c in settings["classes"].items()}  # ids unquoted
    if classes.ignore != IGNORE:
        return _yaml({"classes": {"classes": by_id, "ignore": classes.ignore}})
    return _yaml({"classes": by_id})


def _yaml(values: dict[str, Any]) -> str:
    """YAML with lists of numbers on one line."""
    return yaml.safe_dump(values, sort_keys=False, default_flow_style=None)
