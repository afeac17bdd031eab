"""Separate and measure cells and organelles."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from densecell.cli.expand import Sets, changed
from densecell.cli.options import Classes, Cluster, Overwrite, VolumeOptions
from densecell.config.frozen import Frozen
from densecell.config.objects import ObjectsConfig

OfObjects = partial(Sets, ObjectsConfig)
ALL_OBJECTS = "cells.split organelles.split"


class BareOptions(Frozen):
    """What a bare volume of class ids lacks, that a result has."""

    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Folder to write the objects of a bare volume into."
        ),
    ] = None
    classes: Classes = None


class ObjectsOptions(Frozen):
    """Settings of objects: a file with all of them, and single ones that win."""

    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Read all settings from a YAML file (docs/tables.md)."
        ),
    ] = None
    split: Annotated[bool | None, OfObjects(ALL_OBJECTS, default="--split")] = None
    whole: Annotated[
        tuple[str, ...] | None, OfObjects("whole"), typer.Option(metavar="CLASS")
    ] = None
    min_volume: Annotated[
        float | None, OfObjects("organelles.min_volume_um3", subject="Organelles")
    ] = None
    min_cell_volume: Annotated[
        float | None, OfObjects("cells.min_volume_um3", subject="Cells")
    ] = None
    neck: Annotated[
        float | None,
        OfObjects("cells.neck", subject="Cells"),
        typer.Option(metavar="SHARE"),
    ] = None
    cells_by: Annotated[str | None, OfObjects("cells_by")] = None
    block: Annotated[tuple[int, int, int] | None, OfObjects("block")] = None


def measure(
    result: Annotated[
        str,
        typer.Argument(
            metavar="RESULT", help="Folder of a result, or any volume of class ids."
        ),
    ],
    bare: BareOptions,
    volume: VolumeOptions,
    options: ObjectsOptions,
    cluster: Cluster = None,
    overwrite: Overwrite = False,
) -> None:
    """Separate cells and organelles of RESULT and measure them.

    Writes labels/cells and labels/organelles next to the class labels, and tables
    of cells, organelles, classes and contacts.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from itertools import groupby

    from densecell.address import to_address
    from densecell.cli.progress import show_progress
    from densecell.compute import connected
    from densecell.config import load_settings
    from densecell.errors import ConfigError
    from densecell.objects import affinities_of, measure_objects, open_source
    from densecell.result import is_measured
    from densecell.result.layout import EDITS

    file = options.config
    base = load_settings(file, ObjectsConfig) if file else ObjectsConfig()
    settings = changed(base, options)
    source = open_source(
        to_address(result),
        out=bare.out,
        classes=bare.classes,
        **volume.choice,
    )
    if options.neck is not None and affinities_of(source, settings):
        raise ConfigError(
            f"--neck: has no effect, because cells of {source.out} are cut by "
            "affinities; add --cells-by distances, or leave out --neck "
            "(affinities.sure in a --config file cuts more or less)"
        )
    corrected = (source.out / EDITS).exists() and overwrite
    was_finished = is_measured(source.out) and not overwrite
    with connected(cluster) as workers:
        if workers is not None:
            typer.echo(f"{workers.note}: {workers.workers()} ready", err=True)
        steps = measure_objects(source, settings, cluster=workers, overwrite=overwrite)
        for what, of_one_stage in groupby(steps, key=lambda step: step.stage):
            with show_progress(what, unit="pieces") as progress:
                for step in of_one_stage:
                    progress(step.done, step.total)
    if was_finished:
        typer.echo(f"{source.out}: was measured already; --overwrite measures it again")
        return
    show_summary(source.out)
    if corrected:
        latest = max(source.out.glob("edits-*.jsonl"), key=lambda p: p.stat().st_mtime)
        typer.echo(
            "Objects have new ids, without the corrections by hand. To make those "
            "again that still fit: "
            f"densecell edit {source.out} replay --journal {latest}"
        )


def show_summary(out: Path) -> None:
    """Print how many objects of each class were found, from the table of classes."""
    from densecell.result import read_table

    folder = out / "tables"
    rows = [row for row in read_table(folder, "classes") if row["objects"]]
    for row in rows:
        left_out, whole = row["objects_left_out"], row["whole_objects"]
        dropped = {
            "too small": row["dropped_too_small"],
            "outside their parent": row["dropped_outside_parent"],
        }
        words = [f"{n} dropped as {why}" for why, n in dropped.items() if n != "0"]
        typer.echo(
            f"{row['class']:22} {row['objects']:>7} objects, {whole} whole, {left_out} "
            "cut by the border" + "".join(f", {w}" for w in words)
        )
    after = f"next `densecell mesh {out}`"
    typer.echo(f"{folder}: tables, explained in docs/tables.md; {after}")
