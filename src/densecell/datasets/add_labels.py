"""Add painted crops to a project: check them, copy them, name them in `project.yaml`.

The user's own labels stay as they are. Each crop gets a store of the volume's shape,
which is written only where the crop lies. So labels match the image voxel by voxel,
grey values are normalised by the whole volume, and networks see the slices around.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from densecell.address import Address
from densecell.classes import ClassScheme
from densecell.config import (
    AnnotatedBox,
    ProjectConfig,
    VolumeEntry,
    write_text,
)
from densecell.datasets.crop import PaintedCrop, hash_array, read_painted_crops
from densecell.datasets.entries import add_entries
from densecell.datasets.labelled import labelled_boxes
from densecell.datasets.project import (
    FILE,
    project_text,
    read_project,
    seen_from,
    write_project,
)
from densecell.disk import remove, written_aside
from densecell.errors import ConfigError, MissingVolumeError, VolumeError
from densecell.geometry import Shape
from densecell.volume import Layout, Volume, create_ome_zarr, open_volume

CONTEXT: Shape = (2, 32, 32)  # voxels of image around a crop that networks see
FOLDER = "labels"  # in the project


class AddedLabels(NamedTuple):
    """What `add_labels` did."""

    crops: tuple[Path, ...]  # labels that were added
    voxels: int  # labelled voxels in them
    untouched: tuple[Path, ...]  # crops that nobody painted in: left out
    validates: tuple[Path, ...] = ()  # of a new project: crops to validate on


def add_labels(
    folder: Path, paths: Iterable[Path], *, image: Address | None = None
) -> AddedLabels:
    """Add painted labels to the training data of a project, or start one with them.

    A new project has the classes of the crops. Every fourth crop, at least one, is
    kept to validate on: those whose classes the others hold too.

    All or nothing: after an error the project is as it was.

    Parameters
    ----------
    folder
        Project folder; one without a project starts with these crops.
    paths
        Crops, their labels, or folders of crops; see `read_painted_crops`.
    image
        The volume that the crops were cut from, if it was moved.

    Raises
    ------
    VolumeError
        If nothing was painted, a crop does not match its volume, or voxels are
        labelled already.
    ConfigError
        If the project is not valid or cannot be extended, or has other classes.
    """
    project = read_project(folder) if (folder / FILE).exists() else None
    crops, untouched = read_painted_crops(paths)
    if not crops:
        raise VolumeError(
            f"{untouched[0]}: nobody painted in it or in any other of these crops; "
            "paint, save, and run the same command again; if the labels are right as "
            "predicted, name the labels file itself"
        )
    targets = _volumes(crops, image)
    scheme = project.classes if project else crops[0].record.classes
    for crop, volume in zip(crops, targets, strict=True):
        _check(crop, volume, scheme)
    kept = () if project else _to_validate(crops)
    _check_new(crops, targets, project, folder)
    with _stored(crops, targets, folder) as stores:
        entries = [*map(_entry, crops, targets, stores, [folder] * len(crops))]
        for n in kept:
            entries[n] = entries[n].model_copy(update={"role": "eval"})
        path = folder / FILE
        if project is None:
            write_project(folder, project_text(scheme, entries))
        else:
            text = path.read_text(encoding="utf-8")
            write_text(path, add_entries(text, entries, where=str(path)))
    known = sum(int((c.labels != scheme.ignore).sum()) for c in crops)
    paths = [crop.path for crop in crops]
    return AddedLabels(
        tuple(paths), known, tuple(untouched), tuple(paths[n] for n in kept)
    )


def _to_validate(crops: Sequence[PaintedCrop]) -> tuple[int, ...]:
    """Numbers of the crops that a new project keeps to validate on.

    Raises
    ------
    VolumeError
        If there is one crop only.
    """
    if len(crops) < 2:
        raise VolumeError(
            f"{crops[0].path}: is the only painted crop; a new project needs two, one "
            "to learn from and one to validate on; paint another"
        )
    ids = [set(np.unique(c.labels).tolist()) - {c.record.classes.ignore} for c in crops]

    def loss(n: int) -> tuple[int, int]:
        others: set[int] = set().union(*ids[:n], *ids[n + 1 :])
        return len(ids[n] - others), -len(ids[n])

    return tuple(sorted(sorted(range(len(crops)), key=loss)[: max(1, len(crops) // 4)]))


def _volumes(crops: Sequence[PaintedCrop], image: Address | None) -> list[Volume]:
    """Open the volume that each crop was cut from, each once."""
    opened: dict[Address, Volume] = {}
    for crop in crops:
        path = image or crop.record.volume
        try:
            if path not in opened:
                opened[path] = open_volume(path)
        except MissingVolumeError:
            raise MissingVolumeError(
                f"{crop.path}: was cut from {path}, which is missing; say with --image "
                "where it is now"
            ) from None
    return [opened[image or crop.record.volume] for crop in crops]


def _check(crop: PaintedCrop, volume: Volume, scheme: ClassScheme) -> None:
    """Refuse a crop of another project or volume, or without labelled voxels."""
    record = crop.record
    names = dict(zip(record.classes.ids, record.classes.names, strict=True))
    ours = dict(zip(scheme.ids, scheme.names, strict=True))
    if (names, record.classes.ignore) != (ours, scheme.ignore):
        raise ConfigError(
            f"{crop.path}: was painted with the classes {names}, but the project has "
            f"{ours}; add it to the project with its classes"
        )
    if (crop.labels == record.classes.ignore).all():
        raise VolumeError(
            f"{crop.path}: every voxel is {record.classes.ignore} (not labelled); "
            "paint some, or leave the crop out"
        )
    if volume.shape != record.shape:
        raise VolumeError(
            f"{crop.path}: was cut from a volume of {record.shape} voxels, but "
            f"{volume.path} has {volume.shape}; name the right volume with --image"
        )
    if hash_array(volume.read(record.extent)) != record.image:
        raise VolumeError(
            f"{crop.path}: its image has other grey values than {volume.path} from "
            f"{record.box[0]} to {record.box[1]}; name the volume that it was cut from "
            "with --image"
        )


def _check_new(
    crops: Sequence[PaintedCrop],
    volumes: Sequence[Volume],
    project: ProjectConfig | None,
    root: Path,
) -> None:
    """Refuse to label a voxel twice."""
    there = {
        v: labelled_boxes(project, root, v) if project else []
        for v in dict.fromkeys(volumes)
    }
    for n, (crop, volume) in enumerate(zip(crops, volumes, strict=True)):
        box = crop.record.extent
        for labelled in there[volume]:
            known = np.zeros(box.shape, bool)
            labelled.mark(known, box)
            if known.any():
                raise VolumeError(
                    f"{crop.path}: voxels from {box.start} to {box.stop} are labelled "
                    f"already, in {labelled.entry.labels} (role {labelled.entry.role});"
                    " leave the crop out, or remove that entry from project.yaml first"
                )
        for before, other in zip(crops[:n], volumes, strict=False):
            if other is volume and before.record.extent.intersection(box).voxels:
                raise VolumeError(
                    f"{crop.path}: overlaps {before.path}; give only one of the two"
                )


@contextmanager
def _stored(
    crops: Sequence[PaintedCrop], volumes: Sequence[Volume], folder: Path
) -> Iterator[list[Path]]:
    """Write the labels into the project; remove them again after an error."""
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
    """First path of a store that is not taken."""
    number = 1
    while (path := folder / f"{name}_{number:03}.zarr").exists():
        number += 1
    return path


def _store(crop: PaintedCrop, volume: Volume, path: Path) -> None:
    """Write the labels at their place in a store of the volume's shape."""
    scheme = crop.record.classes
    store = create_ome_zarr(
        path,
        shape=volume.shape,
        dtype=np.uint8,
        spacing_nm=crop.record.spacing_nm,
        kind="label",
        scheme=scheme,
        name="classes",
        layout=Layout(fill=scheme.ignore),
    )
    store.write(crop.record.extent, crop.labels)


def _entry(crop: PaintedCrop, volume: Volume, store: Path, folder: Path) -> VolumeEntry:
    """Entry of a crop and some image around it, of which no labels are known."""
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
