"""What of a result can be shown, and which command makes what is missing."""

from pathlib import Path
from typing import NamedTuple

from densecell.address import Address
from densecell.errors import DensecellError, VolumeError
from densecell.geometry import Box
from densecell.result import Result, Row, Run, layout
from densecell.volume import OmeZarrVolume, Volume, open_volume


class Contents(NamedTuple):
    """What of a result can be shown, opened but not read.

    Parameters
    ----------
    result
        The result: its labels, objects, classes, voxel size.
    name
        Name of its folder.
    image
        The whole volume that was segmented; None when it cannot be opened.
    grey
        Range of grey values worth showing.
    images
        Confidence and disagreement, by name.
    tables
        A row for each object, by the name of its layer and its id.
    meshes
        Folders of neuroglancer meshes, by the name of the layer.
    missing
        A sentence for each thing that is not there.
    """

    result: Result
    name: str
    image: Volume | None
    grey: tuple[float, float]
    images: dict[str, OmeZarrVolume]
    tables: dict[str, dict[int, Row]]
    meshes: dict[str, Path]
    missing: tuple[str, ...]


def open_contents(path: Path) -> Contents:
    """Open all of a result that is there.

    Raises
    ------
    VolumeError
        If it is no result, was not segmented, or has no labels at all.
    ConfigError
        If `run.yaml` cannot be understood.
    """
    result = Result(path)
    run = result.require_run()
    _ = result.classes  # refuses a result without labels
    missing: list[str] = []
    if not result.is_segmented:
        missing.append(
            f"{path}: is not segmented to its end, blocks are still empty; run "
            "`densecell segment` again with the same options"
        )
    opened = {name: result.layer(name) for name in layout.IMAGES}
    return Contents(
        result,
        name=path.resolve().name,
        image=_image(result, missing),
        grey=_worth_showing(run),
        images={name: image for name, image in opened.items() if image is not None},
        tables={name: result.rows(name) for name in result.objects},
        meshes=_meshes(result, missing),
        missing=tuple(missing),
    )


def open_true_labels(path: Address | str, beside: Contents) -> tuple[Volume, Box]:
    """Open true labels, of the whole volume or of what was segmented of it.

    Returns
    -------
    The labels, and the box that they fill, in voxels of the whole volume.

    Raises
    ------
    VolumeError
        If they have another shape than either.
    """
    result = beside.result
    truth = open_volume(path, labels=True, spacing_nm=result.spacing_nm)
    whole = Box.whole(result.require_run().volume.shape)
    for box in (whole, result.box):
        if truth.shape == box.shape:
            return truth, box
    raise VolumeError(
        f"{path}: has shape {truth.shape}, but {beside.name} was segmented from a "
        f"volume of {whole.shape}, of it {result.box.shape}; give labels of either"
    )


def _image(result: Result, missing: list[str]) -> Volume | None:
    """Open the volume that was segmented; say so if it is gone or another."""
    try:
        return result.open_source()
    except DensecellError as error:  # moved, damaged, or a package is missing
        missing.append(f"the image cannot be shown: {error}")
        return None


def _worth_showing(run: Run) -> tuple[float, float]:
    """Three standard deviations around the mean, within the values that occur."""
    mean, deviation, lowest, highest = run.volume.statistics
    return max(lowest, mean - 3 * deviation), min(highest, mean + 3 * deviation)


def _meshes(result: Result, missing: list[str]) -> dict[str, Path]:
    """Folders of finished meshes; without any, a sentence on how to make them."""
    path = result.path
    if not result.objects:
        missing.append(
            f"{path}: has no cells and organelles yet; `densecell measure {path}` "
            f"finds them, `densecell mesh {path}` makes their surfaces"
        )
        return {}
    folders = {name: path / layout.PRECOMPUTED / name for name in result.objects}
    there = {name: path for name, path in folders.items() if (path / "info").is_file()}
    if not there:
        missing.append(
            f"{path}: has no surfaces for the viewer; `densecell mesh {path}` makes "
            "them (with --overwrite if it made other formats before)"
        )
    return there
