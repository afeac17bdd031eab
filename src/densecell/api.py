"""The few calls that a script or a notebook needs; `import densecell` offers them all.

::

    train -> segment -> evaluate
                     -> measure -> mesh -> write_report

Every call does what the command of its name does: it continues where it stopped,
leaves alone what is finished, and refuses to mix settings unless `overwrite` is true.
Paths may be strings. `progress`, if given, is called again and again with how far the
call is.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from densecell.address import to_address
from densecell.compute import Progress, connected
from densecell.config import MeshConfig, ObjectsConfig, ProjectConfig
from densecell.datasets.project import read_project
from densecell.geometry import Box
from densecell.result import Result
from densecell.volume import Volume, open_volume

if TYPE_CHECKING:
    from densecell.ensemble import SegmentRequest
    from densecell.evaluation import Evaluation

OnProgress = Callable[[Progress], None]


def train(
    project: str | Path,
    *,
    settings: ProjectConfig | None = None,
    name: str | None = None,
    cluster: str | None = None,
    overwrite: bool = False,
    progress: OnProgress | None = None,
) -> Path:
    """Train an ensemble on the labelled volumes of a project.

    Parameters
    ----------
    project
        Folder with `project.yaml`.
    settings
        Used instead of that file's, for example a changed copy of them.
    name
        Name of the model; by default network and width, such as `2d3d-light-16`.
    cluster
        Train all networks at once: `local:N`, the address of a dask scheduler, or a
        YAML file for SLURM.
    overwrite
        Drop the model that is there, and train anew.
    progress
        Called after steps of each network.

    Returns
    -------
    Folder of the model, for `segment`.

    Raises
    ------
    OutputError
        If the model there was trained with other settings.
    ConfigError
        If the project cannot be understood.
    """
    from densecell.ensemble import rank_members
    from densecell.training import model_folder, train_model

    folder = Path(project)
    settings = settings or read_project(folder)
    model = model_folder(settings, folder, name)
    for step in train_model(
        settings, folder, model, where=cluster, overwrite=overwrite
    ):
        if progress is not None and step.record is not None:
            at = step.record
            progress(Progress(f"network {step.member}", at.step, at.steps))
    rank_members(model, best=settings.ensemble.best)
    return model


def segment(
    volume: str | Path | Volume,
    model: str | Path,
    out: str | Path,
    *,
    request: "SegmentRequest | None" = None,
    cluster: str | None = None,
    overwrite: bool = False,
    progress: OnProgress | None = None,
) -> Result:
    """Label every voxel of a volume with a trained ensemble.

    Parameters
    ----------
    volume
        Image of any size and format, by path or address, or opened by `open_volume`
        (to choose a channel or to state the voxel size).
    model
        Folder that `train` returned.
    out
        Folder of the result.
    request
        Part of the volume, tiles, engine, what to keep; None: the whole, as it runs
        best on this machine.
    cluster
        See `train`.
    overwrite
        Drop the result that is there, and segment anew.
    progress
        Called after each block, with voxels.

    Raises
    ------
    OutputError
        If `out` holds something else, or a result that was begun with other settings.
    """
    from densecell.ensemble import SegmentRequest, load_ensemble, segment_volume

    opened = volume if isinstance(volume, Volume) else open_volume(volume)
    ensemble = load_ensemble(Path(model))
    with connected(cluster) as workers:
        steps = segment_volume(
            opened,
            ensemble,
            Path(out),
            request or SegmentRequest(),
            cluster=workers,
            overwrite=overwrite,
        )
        _follow(steps, progress)
    return Result(Path(out))


def measure(
    labels: Result | str | Path,
    *,
    out: str | Path | None = None,
    classes: str | None = None,
    spacing_nm: tuple[float, float, float] | None = None,
    settings: ObjectsConfig | None = None,
    cluster: str | None = None,
    overwrite: bool = False,
    progress: OnProgress | None = None,
) -> Result:
    """Separate cells and organelles, and measure them.

    Parameters
    ----------
    labels
        A result, or any volume of class ids.
    out
        Folder for objects and tables of labels from elsewhere; a result keeps its own.
    classes, spacing_nm
        Name or file of a class list, and voxel size (z, y, x), if the labels do not
        have their own.
    settings
        How touching objects are cut, and which are too small; None: the defaults.
    cluster
        See `train`.
    overwrite
        Drop the objects that are there, and measure anew.
    progress
        Called after each piece of work.

    Returns
    -------
    The result, whose `table("cells")` and `objects` are there now.
    """
    from densecell.objects import measure_objects, open_source

    path = labels.path if isinstance(labels, Result) else to_address(str(labels))
    source = open_source(
        path,
        out=None if out is None else Path(out),
        classes=classes,
        spacing_nm=spacing_nm,
    )
    with connected(cluster) as workers:
        steps = measure_objects(
            source, settings or ObjectsConfig(), cluster=workers, overwrite=overwrite
        )
        _follow(steps, progress)
    return Result(source.out)


def mesh(
    result: Result | str | Path,
    *,
    settings: MeshConfig | None = None,
    cluster: str | None = None,
    overwrite: bool = False,
    progress: OnProgress | None = None,
) -> Path:
    """Write the surfaces of measured cells and organelles.

    Returns
    -------
    Folder of the meshes, with one folder for each format.
    """
    from densecell.result.layout import MESHES
    from densecell.surfaces import mesh_result

    path = _path(result)
    with connected(cluster) as workers:
        steps = mesh_result(
            path, settings or MeshConfig(), cluster=workers, overwrite=overwrite
        )
        _follow(steps, progress)
    return path / MESHES


def evaluate(
    result: Result | str | Path,
    truth: str | Path,
    *,
    box: Box | None = None,
    where_labelled: bool = False,
) -> "Evaluation":
    """Score labels, and objects where measured; the result keeps the scores.

    Parameters
    ----------
    truth
        True class ids of the whole volume, or of the box that was segmented.
    box
        Score only this part, in voxels of the whole volume.
    where_labelled
        Count only voxels whose true class is above 0.
    """
    from densecell.evaluation import evaluate_labels

    labels = open_volume(truth, labels=True)
    return evaluate_labels(
        _path(result), labels, box=box, where_labelled=where_labelled
    )


def write_report(
    result: Result | str | Path,
    *,
    truth: str | Path | None = None,
    title: str | None = None,
) -> Path:
    """Write one HTML page with pictures, tables and cells in 3D; return its path."""
    from densecell.report.result_page import write_report

    return write_report(
        _path(result), truth=None if truth is None else Path(truth), title=title
    )


def _follow(steps: Iterable[Progress], progress: OnProgress | None) -> None:
    """Do the work that an iterator of progress does, and pass on what it says."""
    for step in steps:
        if progress is not None:
            progress(step)


def _path(result: Result | str | Path) -> Path:
    return result.path if isinstance(result, Result) else Path(result)
