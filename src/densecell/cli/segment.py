"""Label every voxel of a volume with a trained ensemble."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from densecell.cli.options import (
    FORMATS,
    ModelPath,
    Overwrite,
    ResultPath,
    SubBox,
    VolumeOptions,
    WorkerOptions,
    corners,
)
from densecell.config.frozen import Frozen
from densecell.config.inference import InferenceConfig

if TYPE_CHECKING:
    from densecell.ensemble import SegmentationPlan


class SegmentOptions(Frozen):
    """What `segment` computes and keeps."""

    box: Annotated[
        SubBox,
        typer.Option(help="Segment only these voxels, for example to try first."),
    ] = None
    members: Annotated[
        int | None,
        typer.Option(metavar="N", help="Use only the best N networks of the ensemble."),
    ] = None
    affinities: Annotated[
        bool,
        typer.Option(help="Predict where cells end, if the model has learned it."),
    ] = True
    tiff: Annotated[
        bool, typer.Option(help="Also write the class ids as classes.tif.")
    ] = False
    keep_members: Annotated[
        bool, typer.Option(help="Also keep the labels of each network.")
    ] = False
    probabilities: Annotated[
        bool, typer.Option(help="Also keep the probabilities, a byte per class.")
    ] = False
    plan: Annotated[
        bool, typer.Option(help="Show time, memory and disk needed, and stop.")
    ] = False


def segment(
    volume: Annotated[str, typer.Argument(metavar="VOLUME", help=f"Image: {FORMATS}.")],
    model: ModelPath,
    out: ResultPath,
    source: VolumeOptions,
    options: SegmentOptions,
    inference: InferenceConfig,
    resources: WorkerOptions,
    overwrite: Overwrite = False,
) -> None:
    """Label every voxel of VOLUME with a trained ensemble.

    Run the same command again to continue an interrupted run.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    import sys

    from densecell.cli.progress import show_progress
    from densecell.compute import (
        connected,
        memory_per_worker,
        threads_per_worker,
        workers_asked_for,
    )
    from densecell.ensemble import (
        SegmentRequest,
        load_ensemble,
        plan_segmentation,
        resampling_note,
        segment_volume,
    )
    from densecell.result import is_segmented
    from densecell.volume import open_volume

    cluster, max_memory = resources.cluster, resources.max_memory
    request = SegmentRequest(
        inference=inference,
        box=corners(options.box),
        keep_members=options.keep_members,
        probabilities=options.probabilities,
        affinities=options.affinities,
        command=" ".join(["densecell", *sys.argv[1:]]),
        max_memory=parse_size(max_memory) if max_memory else memory_per_worker(cluster),
        processes=workers_asked_for(cluster),
        cores=threads_per_worker(cluster),
    )
    image = open_volume(volume, **source.choice)
    ensemble = load_ensemble(model, best=options.members)
    if note := resampling_note(image, ensemble, inference):
        typer.echo(note, err=True)
    if options.plan:
        plan = plan_segmentation(image, ensemble, request, beside=_existing(out))
        show_plan(plan, request.processes)
        return
    was_finished = is_segmented(out) and not overwrite
    with connected(cluster) as workers:
        if workers is not None:
            typer.echo(f"{workers.note}: {workers.workers()} ready", err=True)
        with show_progress(f"segmenting {image.path.name}") as progress:
            for step in segment_volume(
                image, ensemble, out, request, cluster=workers, overwrite=overwrite
            ):
                progress(step.done, step.total)
    if options.tiff:
        write_tiff_labels(out, overwrite=overwrite)
    if was_finished:
        typer.echo(f"{out}: was finished already; --overwrite segments it again")
        return
    count = len(ensemble.networks)
    typer.echo(
        f"{out}: {step.total:,} voxels labelled by "
        f"{'one network' if count == 1 else f'{count} networks'}; next `densecell "
        f"measure {out}`, or `densecell evaluate {out} TRUTH` where there is truth"
    )


def show_plan(plan: "SegmentationPlan", processes: int) -> None:
    """Print the time, memory and disk that a run will need."""
    from densecell.cli.progress import format_duration
    from densecell.ensemble import format_bytes

    run = plan.run
    frozen = run.inference
    memory = format_bytes(plan.bytes_of_memory)
    voxels = " x ".join(map(str, run.extent.shape))
    tile, block = (" x ".join(map(str, s)) for s in (frozen.tile, frozen.block))
    lines = {
        "voxels": f"{voxels} = {run.extent.voxels:,}",
        "members": str(len(run.model.members)),
        "engine": f"{frozen.engine}, {frozen.precision}, {frozen.threads} threads",
        "tiles": f"{plan.tiles:,} of {tile}",
        "blocks": f"{plan.blocks:,} of {block}",
        "memory": f"{memory} of each of {processes} processes",
        "disk": format_bytes(plan.bytes_on_disk),
        "time": f"{format_duration(plan.seconds)} in one process",
    }
    if run.grid is not None:
        seen = " x ".join(map(str, run.grid.shape))
        lines["voxels"] += f", of a volume that the model sees as {seen}"
    for name, text in lines.items():
        typer.echo(f"{name:8} {text}")


def parse_size(text: str) -> int:
    """Number of bytes in a text such as `4G` or `800M`."""
    from densecell.errors import ConfigError

    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT])?i?B?", text.strip(), re.IGNORECASE)
    size = 0.0
    if found:
        size = float(found[1]) * 1000 ** " KMGT".index((found[2] or " ").upper())
    if size < 1:
        raise ConfigError(f"--max-memory {text}: expected a size such as 4G or 800M")
    return int(size)


def _existing(path: Path) -> Path:
    """The nearest folder above a path that exists."""
    return next(p for p in path.absolute().parents if p.is_dir())


def write_tiff_labels(out: Path, *, overwrite: bool) -> None:
    """Write plain class ids as an ImageJ TIFF beside the store."""
    from densecell.volume import open_volume, read_scheme, write_tiff

    target = out / "classes.tif"
    if target.exists() and not overwrite:
        return
    labels = open_volume(out / "segmentation.zarr" / "labels" / "classes", labels=True)
    named = read_scheme(labels.path)
    colours = None if named is None else named.colour_table()
    write_tiff(target, labels, colours=colours, overwrite=overwrite)
