"""Separate and measure cells and organelles."""

from pathlib import Path
from typing import Annotated, Any

import typer

from densecell.cli.options import Channel, Cluster, Spacing, Time


def measure(
    result: Annotated[
        str, typer.Argument(help="result folder, or any volume of class ids")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="folder for the objects of a bare volume"),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="FILE_OR_NAME", help="class scheme; a result knows its own"
        ),
    ] = None,
    spacing: Spacing = None,
    channel: Channel = None,
    time: Time = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="YAML with all settings, see docs/tables.md"),
    ] = None,
    split: Annotated[
        bool | None,
        typer.Option(
            "--split/--no-split", help="cut touching cells and organelles apart"
        ),
    ] = None,
    whole: Annotated[
        list[str] | None,
        typer.Option(metavar="CLASS", help="an organelle never split; repeatable"),
    ] = None,
    min_volume: Annotated[
        float | None,
        typer.Option(metavar="UM3", help="drop smaller organelles, cubic micrometres"),
    ] = None,
    min_cell_volume: Annotated[
        float | None, typer.Option(metavar="UM3", help="drop smaller cells")
    ] = None,
    neck: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="cut cells where narrower than this, 0 to 1"
        ),
    ] = None,
    cells_by: Annotated[
        str | None,
        typer.Option(
            metavar="HOW",
            help="how touching cells are cut: affinities, distances, or auto",
        ),
    ] = None,
    block: Annotated[
        tuple[int, int, int] | None,
        typer.Option(metavar="Z Y X", help="voxels computed at once"),
    ] = None,
    cluster: Cluster = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="measure anew, dropping what is there")
    ] = False,
) -> None:
    """Separate cells and organelles of RESULT and measure them.

    Writes labels/cells and labels/organelles beside the class labels, and
    tables of cells, organelles, classes and contacts.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from itertools import groupby

    from densecell.address import to_address
    from densecell.cli.progress import told_progress
    from densecell.compute import connected
    from densecell.config import ObjectsConfig, load_settings, parse_settings
    from densecell.errors import ConfigError
    from densecell.objects import (
        drop_objects,
        is_finished,
        measure_objects,
        open_source,
    )
    from densecell.objects.record import affinities_of, freeze

    base = load_settings(config, ObjectsConfig) if config else ObjectsConfig()
    values: dict[str, Any] = base.model_dump()
    changes = {
        ("cells", "split"): split,
        ("organelles", "split"): split,
        ("cells", "neck"): neck,
        ("cells", "min_volume_um3"): min_cell_volume,
        ("organelles", "min_volume_um3"): min_volume,
    }
    for (part, name), value in changes.items():
        if value is not None:
            values[part][name] = value
    values |= {"whole": tuple(whole)} if whole else {}
    values |= {"block": block} if block else {}
    values |= {"cells_by": cells_by} if cells_by else {}
    settings = parse_settings(values, ObjectsConfig, where="options")
    source = open_source(
        to_address(result),
        out=out,
        classes=classes,
        spacing_nm=spacing,
        channel=channel,
        time=time,
    )
    if neck is not None and affinities_of(source, settings):
        raise ConfigError(
            f"--neck: cells of {source.out} are cut by affinities, where it counts for "
            "nothing; add --cells-by distances, or leave it out (affinities.sure in a "
            "--config file cuts more or less)"
        )
    if overwrite:
        freeze(source, settings)  # a mistake must not cost the old objects
        drop_objects(source.out)
    was_finished = is_finished(source.out)
    with connected(cluster) as workers:
        if workers is not None:
            typer.echo(f"{workers.note}: {workers.workers()} ready", err=True)
        steps = measure_objects(source, settings, cluster=workers)
        for what, of_one_stage in groupby(steps, key=lambda step: step.what):
            with told_progress(what, unit="pieces") as told:
                for step in of_one_stage:
                    told(step.done, step.all)
    if was_finished:
        typer.echo(f"{source.out}: was measured already; --overwrite measures it again")
        return
    show_summary(source.out)


def show_summary(out: Path) -> None:
    """Print what was found, from the table of classes."""
    from densecell.result.tables import read_table

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
