"""`project.yaml`: drafted from labelled volumes, written, and read."""

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
from densecell.settings import parse_yaml
from densecell.volume import Volume, intensity_statistics, require_spacing

FILE = "project.yaml"


class ImageWithLabels(NamedTuple):
    """An image and the class ids of its voxels."""

    image: Volume
    labels: Volume


class ProjectDraft(NamedTuple):
    """A project that is not written yet."""

    text: str  # of project.yaml
    findings: tuple[str, ...]  # what was found and decided, line by line


def draft_project(
    train: ImageWithLabels,
    held_out: ImageWithLabels | None = None,
    *,
    folder: Path,
    objects: Volume | None = None,
    classes: str | None = None,
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
    classes
        A built-in scheme's name or a file; without it, a scheme is made from the ids.
    train_z, eval_z
        Slices from, to (not included); see `split_slices`.

    Raises
    ------
    VolumeError
        If shapes differ, labels are not in the scheme, a voxel size is unknown, or an
        image is constant or not finite.
    ConfigError
        If the slices cannot be split as asked.
    """
    if objects is not None and objects.shape != train.image.shape:
        raise VolumeError(
            f"{train.image.path} has shape {train.image.shape} and {objects.path} "
            f"{objects.shape}; ids must cover their image voxel by voxel"
        )
    pairs = [train] if held_out is None else [train, held_out]
    spacings = [check_labelled(pair) for pair in pairs]
    ids = [label_ids(pair.labels) for pair in pairs]
    scheme = choose_scheme(classes, labels=[pair.labels for pair in pairs])
    for pair, found in zip(pairs, ids, strict=True):
        intensity_statistics(pair.image)  # refuses constant and infinite images
        scheme.check(np.array(found), where=str(pair.labels.path))

    parts, explanation = _parts(pairs, train_z, eval_z)
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
    return ProjectDraft(
        project_text(named, volumes, made_up=classes is None),
        (*map(_found, pairs, spacings, ids), explanation),
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
    entries = [v.model_dump(mode="json", exclude_none=True) for v in volumes]
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


def _parts(
    pairs: Sequence[ImageWithLabels], train_z: Span | None, eval_z: Span | None
) -> tuple[list[tuple[int, str, Span | None]], str]:
    """Number of the pair, role and slices of each entry; an explanation."""
    slices = [pair.image.shape[0] for pair in pairs]
    if len(pairs) == 1:
        split = split_slices(slices[0], train=train_z, held_out=eval_z)
        train = [(0, "train", span) for span in split.train]
        return [*train, (0, "eval", split.held_out)], split.explanation
    check_span(train_z, slices[0], option="--train-z")
    check_span(eval_z, slices[1], option="--eval-z")
    entries = [(0, "train", train_z), (1, "eval", eval_z)]
    return entries, "the second image is kept for validation"


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
