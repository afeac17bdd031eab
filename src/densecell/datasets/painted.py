"""Painted crops into a project: checked, copied, and named in `project.yaml`.

Labels that the user wrote stay as they are. Those of a crop go into a store of their
own, as large as the volume but written only there: image and labels stay voxel on
voxel, grey values are normalised by those of the whole volume, and networks see the
neighbouring slices of what was painted.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from densecell.address import Address
from densecell.config import (
    AnnotatedBox,
    ProjectConfig,
    VolumeEntry,
    write_text,
)
from densecell.datasets.annotated import annotated_parts
from densecell.datasets.crop import Crop, digest, painted_crops
from densecell.datasets.entries import with_entries
from densecell.datasets.project import FILE, read_project, seen_from
from densecell.disk import remove, written_aside
from densecell.errors import ConfigError, MissingVolumeError, VolumeError
from densecell.geometry import Shape
from densecell.volume import Volume, create_ome_zarr, open_volume

CONTEXT: Shape = (2, 32, 32)  # voxels of image that are seen around what was painted
FOLDER = "labels"  # of the project


class Added(NamedTuple):
    """What `add_labels` did."""

    crops: tuple[Path, ...]  # what was added
    voxels: int  # that are labelled in them
    untouched: tuple[Path, ...]  # crops in which nobody painted: left out


def add_labels(
    folder: Path, paths: Iterable[Path], *, image: Address | None = None
) -> Added:
    """Add what was painted to what a project learns from.

    All or nothing: on any error the project is as it was.

    Parameters
    ----------
    folder
        Of the project.
    paths
        Crops, what was painted in them, or folders of crops; see `painted_crops`.
    image
        Where the volume is now that they were cut from, if it was moved.

    Raises
    ------
    VolumeError
        If nothing was painted, or something has another shape, ids, classes, volume or
        image than it was written with, or is labelled already.
    ConfigError
        If the project cannot be understood or added to.
    """
    project = read_project(folder)
    crops, untouched = painted_crops(paths)
    if not crops:
        raise VolumeError(
            f"{untouched[0]}: nobody painted in it, nor in any other crop that was "
            "given; paint, save, and give the same command again, or name the labels "
            "themselves if they are right as they were predicted"
        )
    targets = _volumes(crops, image)
    for crop, volume in zip(crops, targets, strict=True):
        _check(crop, volume, project)
    _check_new(crops, targets, project, folder)
    with _stored(crops, targets, folder) as stores:
        entries = map(_entry, crops, targets, stores, [folder] * len(crops))
        path = folder / FILE
        text = path.read_text(encoding="utf-8")
        write_text(path, with_entries(text, list(entries), where=str(path)))
    known = sum(int((c.labels != project.classes.ignore).sum()) for c in crops)
    return Added(tuple(crop.name for crop in crops), known, tuple(untouched))


def _volumes(crops: Sequence[Crop], image: Address | None) -> list[Volume]:
    """Open the volume that each crop was cut from, every one once."""
    opened: dict[Address, Volume] = {}
    for crop in crops:
        path = image or crop.record.volume
        try:
            if path not in opened:
                opened[path] = open_volume(path)
        except MissingVolumeError:
            raise MissingVolumeError(
                f"{crop.name}: shows a part of {path}, which is not there; give with "
                "--image where it is now"
            ) from None
    return [opened[image or crop.record.volume] for crop in crops]


def _check(crop: Crop, volume: Volume, project: ProjectConfig) -> None:
    """Refuse what belongs to another project or volume, and what is not labelled."""
    record = crop.record
    names = dict(zip(record.classes.ids, record.classes.names, strict=True))
    ours = dict(zip(project.classes.ids, project.classes.names, strict=True))
    if (names, record.classes.ignore) != (ours, project.classes.ignore):
        raise ConfigError(
            f"{crop.name}: was painted in the classes {names}, the project has {ours}; "
            "add it to the project whose model suggested it"
        )
    if (crop.labels == record.classes.ignore).all():
        raise VolumeError(
            f"{crop.name}: every voxel is {record.classes.ignore}, not labelled; paint "
            "some, or leave it out"
        )
    if volume.shape != record.shape:
        raise VolumeError(
            f"{crop.name}: was cut from a volume of {record.shape} voxels, but "
            f"{volume.path} has {volume.shape}; give with --image the volume it is of"
        )
    if digest(volume.read(record.extent)) != record.image:
        raise VolumeError(
            f"{crop.name}: shows other grey values than {volume.path} has in its place "
            f"({record.box[0]} to {record.box[1]}); give with --image the volume that "
            "it was cut from"
        )


def _check_new(
    crops: Sequence[Crop], volumes: Sequence[Volume], project: ProjectConfig, root: Path
) -> None:
    """Refuse to label a voxel twice."""
    parts = {v: annotated_parts(project, root, v) for v in dict.fromkeys(volumes)}
    for n, (crop, volume) in enumerate(zip(crops, volumes, strict=True)):
        box = crop.record.extent
        for part in parts[volume]:
            known = np.zeros(box.shape, bool)
            part.mark(known, box)
            if known.any():
                raise VolumeError(
                    f"{crop.name}: voxels of {box.start} to {box.stop} are labelled "
                    f"already, by {part.entry.labels} (role {part.entry.role}); leave "
                    "it out, or take that out of project.yaml first"
                )
        for before, other in zip(crops[:n], volumes, strict=False):
            if other is volume and before.record.extent.intersection(box).voxels:
                raise VolumeError(
                    f"{crop.name}: shows voxels that {before.name} shows too; give one "
                    "of them"
                )


@contextmanager
def _stored(
    crops: Sequence[Crop], volumes: Sequence[Volume], folder: Path
) -> Iterator[list[Path]]:
    """Write the labels into the project; take them out again after an error."""
    stores: list[Path] = []
    made = not (folder / FOLDER).exists()
    try:
        for crop, volume in zip(crops, volumes, strict=True):
            store = _free(folder / FOLDER, volume.name)
            with written_aside(store) as aside:
                _store(crop, volume, aside)
            stores.append(store)
        yield stores
    except BaseException:
        for store in stores:
            remove(store)
        if made:
            remove(folder / FOLDER)
        raise


def _free(folder: Path, name: str) -> Path:
    """Give the first name that nothing has."""
    number = 1
    while (path := folder / f"{name}_{number:03}.zarr").exists():
        number += 1
    return path


def _store(crop: Crop, volume: Volume, path: Path) -> None:
    """Write the labels where they belong in a store as large as the volume."""
    scheme = crop.record.classes
    store = create_ome_zarr(
        path,
        shape=volume.shape,
        dtype=np.uint8,
        spacing_nm=crop.record.spacing_nm,
        kind="label",
        scheme=scheme,
        name="classes",
        fill=scheme.ignore,
    )
    store.write(crop.record.extent, crop.labels)


def _entry(crop: Crop, volume: Volume, store: Path, folder: Path) -> VolumeEntry:
    """Describe a crop with some image around it, of which nothing else is known."""
    box = crop.record.extent
    around = box.grown(CONTEXT).clipped(volume.shape)
    z, y, x = zip(around.start, around.stop, strict=True)
    return VolumeEntry(
        image=seen_from(folder, volume.path),
        labels=seen_from(folder, store),
        spacing_nm=crop.record.spacing_nm,
        z=z,
        y=y,
        x=x,
        boxes=(AnnotatedBox(box=(box.start, box.stop)),),
    )
