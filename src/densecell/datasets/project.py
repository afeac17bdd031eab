"""`project.yaml`: what is there, checked, and in words that can be edited."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

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
from densecell.datasets.scheme import choose_scheme, label_ids
from densecell.datasets.split import Span, check_span, split_slices
from densecell.errors import ConfigError, OutputError, SpacingError, VolumeError
from densecell.geometry import Spacing, format_spacing
from densecell.volume import Volume, intensity_statistics, require_spacing

FILE = "project.yaml"


class Labelled(NamedTuple):
    """An image and the class ids of its voxels."""

    image: Volume
    labels: Volume


class Draft(NamedTuple):
    """A project that was not written yet."""

    text: str  # of project.yaml
    words: tuple[str, ...]  # what was found and decided, line by line


def draft_project(
    train: Labelled,
    chosen: Labelled | None = None,
    *,
    folder: Path,
    objects: Volume | None = None,
    classes: str | None = None,
    train_z: Span | None = None,
    eval_z: Span | None = None,
) -> Draft:
    """Check labelled volumes and describe them as a project.

    Parameters
    ----------
    train
        What is trained on.
    chosen
        What members are compared and chosen on; when left out, slices of `train`.
    folder
        Where the project will be; paths become relative to it.
    objects
        Ids of the cells of `train`.
    classes
        A built-in scheme's name or a file; made up from the ids when left out.
    train_z, eval_z
        Slices from, to (not included); see `split_slices`.

    Raises
    ------
    VolumeError
        If shapes differ, labels are not in the scheme, a voxel size is unknown, or an
        image is constant or not finite.
    ConfigError
        If the slices cannot be shared out as asked.
    """
    if objects is not None and objects.shape != train.image.shape:
        raise VolumeError(
            f"{train.image.path} has shape {train.image.shape} and {objects.path} "
            f"{objects.shape}; ids must cover their image voxel by voxel"
        )
    pairs = [train] if chosen is None else [train, chosen]
    spacings = [check_labelled(pair) for pair in pairs]
    ids = [label_ids(pair.labels) for pair in pairs]
    scheme = choose_scheme(classes, labels=[pair.labels for pair in pairs])
    for pair, found in zip(pairs, ids, strict=True):
        intensity_statistics(pair.image)  # refuses what could not be trained on
        scheme.check(np.array(found), where=str(pair.labels.path))

    slices = train.image.shape[0]
    parts: list[tuple[int, str, Span | None]] = []  # pair, role, slices
    if chosen is None:
        split = split_slices(slices, train=train_z, chosen=eval_z)
        parts += [(0, "train", span) for span in split.train]
        parts += [(0, "eval", split.chosen)]
        words = split.words
    else:
        check_span(train_z, slices, option="--train-z")
        check_span(eval_z, chosen.image.shape[0], option="--eval-z")
        parts += [(0, "train", train_z), (1, "eval", eval_z)]
        words = "the second image is kept to choose the best members on"
    cells = {} if objects is None else {"objects": seen_from(folder, objects.path)}
    volumes = [
        _entry(
            pairs[n],
            spacings[n],
            folder,
            {"role": role, "z": span} | (cells if role == "train" else {}),
        )
        for n, role, span in parts
    ]
    named = classes if classes in BUILT_IN else scheme
    return Draft(
        project_text(named, volumes, made_up=classes is None),
        (*map(_found, pairs, spacings, ids), words),
    )


def check_labelled(pair: Labelled) -> Spacing:
    """Refuse an image and labels that do not belong together; give the voxel size.

    Raises
    ------
    VolumeError
        If their shapes differ.
    SpacingError
        If no voxel size is known, or the two state different ones.
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
            f"{labels.path} of {format_spacing(stated)}; say with "
            "--spacing Z Y X (nm) which is right"
        )
    return image.spacing_nm


def project_text(
    classes: str | ClassScheme,
    volumes: Sequence[VolumeEntry],
    *,
    made_up: bool = False,
) -> str:
    """Write a project as commented YAML that names only what differs from defaults.

    Parameters
    ----------
    classes
        A built-in scheme's name, or a scheme that is written out.
    volumes
        With paths relative to the project folder, or absolute.
    made_up
        Tell the reader that the names of the classes are only their ids.
    """
    edit = (
        " These names were made up\n# from the label ids: edit them." if made_up else ""
    )
    entries = [v.model_dump(mode="json", exclude_none=True) for v in volumes]
    text = (
        "# A densecell project. Edit it freely; every other setting has a default.\n"
        f"format: {FORMAT}\n\n"
        "# What a voxel can be. role: background, cell, organelle or other; parent:\n"
        f'# the class it lies in. Label {IGNORE} means "not annotated".{edit}\n'
        f"{_classes(classes)}\n"
        "# train: learnt from; eval: to choose the best networks on. z: slices from,\n"
        "# to (not included), counted from 0. Paths count from this folder.\n"
        f"{_yaml({'volumes': entries})}"
    )
    parse_settings(yaml.safe_load(text), ProjectConfig, where=FILE)
    return text


def read_project(folder: Path) -> ProjectConfig:
    """Read `project.yaml` of a folder.

    Raises
    ------
    ConfigError
        If there is none, or it cannot be understood.
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
        If there is a project already.
    """
    path = folder / FILE
    if path.exists():
        raise OutputError(
            f"{path}: there is a project already; edit it, or choose another folder"
        )
    write_text(path, text)
    return path


def _entry(
    pair: Labelled, spacing_nm: Spacing, folder: Path, rest: dict[str, Any]
) -> VolumeEntry:
    values = {
        "image": seen_from(folder, pair.image.path),
        "labels": seen_from(folder, pair.labels.path),
        "spacing_nm": tuple(spacing_nm),
    }
    return parse_settings(values | rest, VolumeEntry, where=FILE)


def seen_from(folder: Path, path: Address) -> Address:
    """Give a path relative to the project, or absolute if they share no folder."""
    if isinstance(path, Url):
        return path
    path, folder = path.resolve(), folder.resolve()
    shared = [p for p in path.parents if p in folder.parents or p == folder]
    if not shared or shared[0] == Path(shared[0].anchor):
        return path
    return Path(os.path.relpath(path, folder))


def _found(pair: Labelled, spacing_nm: Spacing, ids: tuple[int, ...]) -> str:
    z, y, x = pair.image.shape
    return (
        f"{pair.image.path}: {z} x {y} x {x} voxels of {format_spacing(spacing_nm)}, "
        f"{pair.image.dtype}, label ids {', '.join(map(str, ids))}"
    )


def _classes(classes: str | ClassScheme) -> str:
    if isinstance(classes, str):
        return f"classes: {classes}\n"
    settings = classes.as_settings()
    by_id = {int(i): dict(c) for i, c in settings["classes"].items()}  # ids unquoted
    if classes.ignore != IGNORE:
        return _yaml({"classes": {"classes": by_id, "ignore": classes.ignore}})
    return _yaml({"classes": by_id})


def _yaml(values: dict[str, Any]) -> str:
    """Format with lists of numbers on one line."""
    return yaml.safe_dump(values, sort_keys=False, default_flow_style=None)
