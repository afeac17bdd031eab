"""What of a result can be shown, and which command makes what is missing."""

from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from densecell.address import Address
from densecell.classes import ClassScheme
from densecell.config import AddressSetting, SchemeSetting, load_settings
from densecell.errors import DensecellError, VolumeError
from densecell.evaluation.result import LABELS, is_result
from densecell.geometry import Box, Shape, Spacing
from densecell.objects.layers import CELLS, LAYERS
from densecell.objects.source import AGREEMENT, STORE
from densecell.result.tables import Row, read_table
from densecell.volume import OmeZarrVolume, Volume, open_ome_zarr, open_volume

IMAGES = ("confidence", "disagreement")
MESHES = "meshes/precomputed"


class Contents(NamedTuple):
    """A result, opened but not read.

    Parameters
    ----------
    name
        Of its folder.
    spacing_nm
        Voxel size (z, y, x) of image and labels.
    box
        What was segmented, in voxels of `whole`.
    whole
        Shape of the volume that it was segmented from.
    image
        That volume; None when it is not where it was.
    grey
        Range of grey values worth showing.
    labels
        Class ids, with the classes in `scheme`.
    images
        Confidence and disagreement, by name.
    objects
        Ids of cells, organelles and parts, by name.
    tables
        A row for each object, by the name of its layer and its id.
    meshes
        Folders of neuroglancer meshes, by the name of the layer.
    missing
        A sentence for each thing that is not there.
    """

    name: str
    spacing_nm: Spacing
    box: Box
    whole: Shape
    image: Volume | None
    grey: tuple[float, float]
    labels: OmeZarrVolume
    scheme: ClassScheme
    images: dict[str, OmeZarrVolume]
    objects: dict[str, OmeZarrVolume]
    tables: dict[str, dict[int, Row]]
    meshes: dict[str, Path]
    missing: tuple[str, ...]


def open_contents(result: Path) -> Contents:
    """Open all of a result that is there.

    Raises
    ------
    VolumeError
        If it is no result, or has no labels at all.
    ConfigError
        If `run.yaml` cannot be understood.
    """
    if not is_result(result):
        raise VolumeError(
            f"{result}: is no result of densecell (no run.yaml in it); give the "
            "folder that `densecell segment` wrote"
        )
    run = load_settings(result / "run.yaml", _Run)
    if not (result / LABELS / "zarr.json").is_file():
        raise VolumeError(
            f"{result}: nothing is segmented yet; run `densecell segment` to its end"
        )
    missing: list[str] = []
    if not (result / AGREEMENT).exists():
        missing.append(
            f"{result}: is not segmented to its end, blocks are still empty; "
            "`densecell segment` with the same options goes on"
        )
    labels = open_ome_zarr(result / LABELS, labels=True)
    objects = _opened(result / STORE / "labels", LAYERS)
    tables = _tables(result / "tables") if objects else {}
    return Contents(
        name=result.resolve().name,
        spacing_nm=Spacing.checked(run.volume.spacing_nm),
        box=Box.whole(labels.shape) if run.box is None else Box(*run.box),
        whole=run.volume.shape,
        image=_image(run.volume, missing),
        grey=_worth_showing(*run.volume.statistics),
        labels=labels,
        scheme=run.classes,
        images=_opened(result / STORE, IMAGES),
        objects=objects,
        tables=tables,
        meshes=_meshes(result, objects, missing),
        missing=tuple(missing),
    )


def open_truth(path: Address | str, beside: Contents) -> tuple[Volume, Box]:
    """Open true labels, of the whole volume or of what was segmented of it.

    Returns
    -------
    The labels, and the box that they fill, in voxels of the whole volume.

    Raises
    ------
    VolumeError
        If they have another shape than either.
    """
    truth = open_volume(path, labels=True, spacing_nm=beside.spacing_nm)
    for box in (Box.whole(beside.whole), beside.box):
        if truth.shape == box.shape:
            return truth, box
    raise VolumeError(
        f"{path}: has shape {truth.shape}, but {beside.name} was segmented from a "
        f"volume of {beside.whole}, of it {beside.box.shape}; give labels of either"
    )


class _Volume(BaseModel, frozen=True, extra="ignore"):
    path: AddressSetting
    shape: Shape
    spacing_nm: tuple[float, float, float]
    statistics: tuple[float, float, float, float]  # mean, deviation, lowest, highest


class _Run(BaseModel, frozen=True, extra="ignore"):
    """The part of `run.yaml` that showing needs; the whole of it would load torch."""

    volume: _Volume
    classes: SchemeSetting
    box: tuple[Shape, Shape] | None = None


def _image(volume: _Volume, missing: list[str]) -> Volume | None:
    """Open the volume that was segmented; say so if it is gone or another."""
    try:
        found = open_volume(volume.path, spacing_nm=volume.spacing_nm)
    except DensecellError as error:  # moved, damaged, or a package is missing
        missing.append(
            f"the image cannot be shown: {error}; it was segmented from {volume.path}"
        )
        return None
    if found.shape != volume.shape:
        missing.append(
            f"the image cannot be shown: {volume.path}: has shape {found.shape}, but "
            f"{volume.shape} when it was segmented; put the old one back there"
        )
        return None
    return found


def _worth_showing(
    mean: float, deviation: float, lowest: float, highest: float
) -> tuple[float, float]:
    """Give three standard deviations around the mean, inside what there is."""
    return max(lowest, mean - 3 * deviation), min(highest, mean + 3 * deviation)


def _opened(folder: Path, names: tuple[str, ...]) -> dict[str, OmeZarrVolume]:
    there = [name for name in names if (folder / name / "zarr.json").is_file()]
    return {name: open_ome_zarr(folder / name) for name in there}


def _tables(folder: Path) -> dict[str, dict[int, Row]]:
    """Read the tables of cells and organelles, as far as they are there."""
    cells, others = read_table(folder, "cells"), read_table(folder, "organelles")
    found: dict[str, dict[int, Row]] = {}
    for row in cells:
        found.setdefault(CELLS, {})[int(row["cell_id"])] = row
    for row in others:
        found.setdefault(row["layer"], {})[int(row["organelle_id"])] = row
    return found


def _meshes(
    result: Path, objects: dict[str, Any], missing: list[str]
) -> dict[str, Path]:
    """Find the finished meshes of the objects; say how to make those that lack."""
    if not objects:
        missing.append(
            f"{result}: has no cells and organelles yet; `densecell measure {result}` "
            f"finds them, `densecell mesh {result}` makes their surfaces"
        )
        return {}
    folders = {name: result / MESHES / name for name in objects}
    there = {name: path for name, path in folders.items() if (path / "info").is_file()}
    if not there:
        missing.append(
            f"{result}: has no surfaces for the viewer; `densecell mesh {result}` "
            "makes them (with --overwrite if it made other formats before)"
        )
    return there
