"""The whole road from a volume to cells, tables, surfaces and a report."""

from pathlib import Path
from typing import Annotated

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


def run(
    volume: Annotated[str, typer.Argument(help=f"intensities: {FORMATS}")],
    model: Annotated[
        Path, typer.Option("--model", "-m", help="folder of a trained ensemble")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="folder for the result")],
    spacing: Spacing = None,
    channel: Channel = None,
    time: Time = None,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="FILE_OR_NAME", help="class scheme; a model knows its own"
        ),
    ] = None,
    max_memory: MaxMemory = None,
    cluster: Cluster = None,
    overwrite: Anew = False,
) -> None:
    """Segment VOLUME, separate and measure its cells, wrap surfaces, write a report.

    The same as `segment`, `measure`, `mesh` and `report` one after another, with their
    usual settings; each goes on where it stopped.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.cli.measure import measure
    from densecell.cli.mesh import mesh
    from densecell.cli.report import report
    from densecell.cli.segment import segment
    from densecell.config import ObjectsConfig
    from densecell.datasets.scheme import choose_scheme
    from densecell.ensemble import read_ensemble
    from densecell.objects.layers import layers_of

    scheme = choose_scheme(classes, stored=read_ensemble(model).classes)
    layers_of(scheme, ObjectsConfig())  # refused now, not after hours
    segment(
        volume,
        model,
        out,
        spacing=spacing,
        channel=channel,
        time=time,
        max_memory=max_memory,
        cluster=cluster,
        keep_members=True,
        overwrite=overwrite,
    )
    measure(str(out), classes=classes, cluster=cluster)
    mesh(out, cluster=cluster)
    report(out)
