"""Label every voxel of a volume with a trained ensemble."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from densecell.cli.options import (
    FORMATS,
    Anew,
    Channel,
    Cluster,
    MaxMemory,
    Spacing,
    Time,
)

if TYPE_CHECKING:
    from densecell.ensemble import Plan


def segment(
    volume: Annotated[str, typer.Argument(help=f"intensities: {FORMATS}")],
    model: Annotated[
        Path, typer.Option("--model", "-m", help="folder of a trained ensemble")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="folder for the result")],
    spacing: Spacing = None,
    channel: Channel = None,
    time: Time = None,
    box: Annotated[
        tuple[int, int, int, int, int, int] | None,
        typer.Option(
            metavar="Z0 Y0 X0 Z1 Y1 X1", help="segment these voxels only, to try first"
        ),
    ] = None,
    members: Annotated[
        int | None, typer.Option(help="use only the best N members")
    ] = None,
    tile: Annotated[
        tuple[int, int, int] | None,
        typer.Option(metavar="Z Y X", help="voxels one network call gives"),
    ] = None,
    margin: Annotated[
        tuple[int, int, int] | None,
        typer.Option(metavar="Z Y X", help="context of a tile that is not kept"),
    ] = None,
    engine: Annotated[str, typer.Option(help="auto, torch or openvino")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, float32 or bfloat16")] = "auto",
    threads: Annotated[int | None, typer.Option(help="per network call")] = None,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact", help="margins as wide as the network sees: no seams, slow"
        ),
    ] = False,
    tta: Annotated[
        bool,
        typer.Option("--tta", help="mean over reflections: four times as slow"),
    ] = False,
    skip_flat: Annotated[
        float | None,
        typer.Option(
            metavar="SD",
            help="label tiles of resin background at once: those whose grey values "
            "differ by less than SD standard deviations; try 0.7",
        ),
    ] = None,
    adapt: Annotated[
        bool,
        typer.Option(
            "--adapt",
            help="map grey values and noise to those learned from: for other subjects",
        ),
    ] = False,
    no_resample: Annotated[
        bool,
        typer.Option(
            "--no-resample",
            help="show the model voxels of another size than it learned from",
        ),
    ] = False,
    max_memory: MaxMemory = None,
    cluster: Cluster = None,
    plan_only: Annotated[
        bool,
        typer.Option("--plan", help="say what it will take, and stop"),
    ] = False,
    tiff: Annotated[
        bool, typer.Option("--tiff", help="also write the class ids as classes.tif")
    ] = False,
    keep_members: Annotated[
        bool, typer.Option("--keep-members", help="also keep each member's labels")
    ] = False,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="also keep them, a byte per class")
    ] = False,
    no_affinities: Annotated[
        bool,
        typer.Option(
            "--no-affinities",
            help="leave out where cells end, in models that learned it",
        ),
    ] = False,
    overwrite: Anew = False,
) -> None:
    """Label every voxel of VOLUME; an interrupted run goes on where it stopped."""
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    import sys

    from densecell.claim import is_empty, refuse_claimed
    from densecell.cli.progress import told_progress
    from densecell.compute import (
        connected,
        memory_per_worker,
        threads_per_worker,
        workers_asked_for,
    )
    from densecell.config import InferenceConfig, parse_settings
    from densecell.disk import remove
    from densecell.ensemble import (
        Wish,
        is_finished,
        load_ensemble,
        plan,
        resampling_note,
        segment_volume,
    )
    from densecell.ensemble.freeze import freeze
    from densecell.errors import OutputError
    from densecell.volume import open_volume

    inference = parse_settings(
        {
            "tile": tile,
            "margin": margin,
            "engine": engine,
            "precision": precision,
            "threads": threads,
            "exact": exact,
            "tta": tta,
            "skip_flat": skip_flat,
            "adapt": adapt,
            "resample": not no_resample,
        },
        InferenceConfig,
        where="options",
    )
    wish = Wish(
        inference=inference,
        box=None if box is None else (box[:3], box[3:]),
        keep_members=keep_members,
        probabilities=probabilities,
        affinities=not no_affinities,
        command=" ".join(["densecell", *sys.argv[1:]]),
        max_memory=parse_size(max_memory) if max_memory else memory_per_worker(cluster),
        processes=workers_asked_for(cluster),
        cores=threads_per_worker(cluster),
    )
    source = open_volume(volume, spacing_nm=spacing, channel=channel, time=time)
    ensemble = load_ensemble(model, best=members)
    if note := resampling_note(source, ensemble, inference):
        typer.echo(note, err=True)
    if plan_only:
        show_plan(plan(source, ensemble, wish, beside=_existing(out)), wish.processes)
        return
    if overwrite and out.exists():
        if not (out / "run.yaml").exists() and not is_empty(out):
            raise OutputError(f"{out}: is no result of densecell; remove it yourself")
        freeze(source, ensemble, wish)  # a mistake must not cost the old result
        refuse_claimed(out)
        remove(out)
    was_finished = is_finished(out)
    with connected(cluster) as workers:
        if workers is not None:
            typer.echo(f"{workers.note}: {workers.workers()} ready", err=True)
        with told_progress(f"segmenting {source.path.name}") as told:
            for step in segment_volume(source, ensemble, out, wish, cluster=workers):
                told(step.done_voxels, step.all_voxels)
    if tiff:
        write_tiff_labels(out, overwrite=overwrite)
    if was_finished:
        typer.echo(f"{out}: was finished already; --overwrite segments it again")
        return
    count = len(ensemble.networks)
    typer.echo(
        f"{out}: {step.all_voxels:,} voxels labelled by "
        f"{'one network' if count == 1 else f'{count} networks'}; next `densecell "
        f"measure {out}`, or `densecell evaluate {out} TRUTH` where there is truth"
    )


def show_plan(plan: "Plan", processes: int) -> None:
    """Print what a run will take."""
    from densecell.cli.progress import in_words
    from densecell.ensemble import in_gb

    run = plan.run
    frozen = run.inference
    voxels = " x ".join(map(str, run.extent.shape))
    tile, block = (" x ".join(map(str, s)) for s in (frozen.tile, frozen.block))
    lines = {
        "voxels": f"{voxels} = {run.extent.voxels:,}",
        "members": str(len(run.model.members)),
        "engine": f"{frozen.engine}, {frozen.precision}, {frozen.threads} threads",
        "tiles": f"{plan.tiles:,} of {tile}",
        "blocks": f"{plan.blocks:,} of {block}",
        "memory": f"{in_gb(plan.bytes_of_memory)} of each of {processes} processes",
        "disk": in_gb(plan.bytes_on_disk),
        "time": f"{in_words(plan.seconds)} in one process",
    }
    if run.grid is not None:
        seen = " x ".join(map(str, run.grid.shape))
        lines["voxels"] += f", of a volume that the model sees as {seen}"
    for name, text in lines.items():
        typer.echo(f"{name:8} {text}")


def parse_size(text: str) -> int:
    """Read a number of bytes, as `4G` or `800M`.

    Raises
    ------
    ConfigError
        If it is no such number.
    """
    from densecell.errors import ConfigError

    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT])?i?B?", text.strip(), re.IGNORECASE)
    size = 0.0
    if found:
        size = float(found[1]) * 1000 ** " KMGT".index((found[2] or " ").upper())
    if size < 1:
        raise ConfigError(f"--max-memory {text}: expected a size as 4G or 800M")
    return int(size)


def _existing(path: Path) -> Path:
    """Give the nearest folder above a path that is there."""
    return next(p for p in path.absolute().parents if p.is_dir())


def write_tiff_labels(out: Path, *, overwrite: bool) -> None:
    """Write plain class ids as an ImageJ TIFF beside the store."""
    from densecell.volume import open_volume, write_tiff

    target = out / "classes.tif"
    if target.exists() and not overwrite:
        return
    labels = open_volume(out / "segmentation.zarr" / "labels" / "classes", labels=True)
    write_tiff(target, labels, overwrite=overwrite)
