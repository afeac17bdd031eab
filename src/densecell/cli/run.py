"""All steps from a volume to cells, tables, meshes and a report."""

from typing import Annotated

import typer

from densecell.cli.options import (
    FORMATS,
    Classes,
    ModelPath,
    Overwrite,
    ResultPath,
    VolumeOptions,
    WorkerOptions,
)


def run(
    volume: Annotated[str, typer.Argument(metavar="VOLUME", help=f"Image: {FORMATS}.")],
    model: ModelPath,
    out: ResultPath,
    source: VolumeOptions,
    resources: WorkerOptions,
    classes: Classes = None,
    overwrite: Overwrite = False,
) -> None:
    """Segment VOLUME, separate and measure its cells, make meshes, write a report.

    The same as `segment`, `measure`, `mesh` and `report` one after another, with their
    default settings. Run the same command again to continue an interrupted run.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.cli.measure import BareOptions, ObjectsOptions, measure
    from densecell.cli.mesh import MeshOptions, mesh
    from densecell.cli.report import report
    from densecell.cli.segment import SegmentOptions, segment
    from densecell.config import InferenceConfig, ObjectsConfig
    from densecell.datasets.scheme import choose_scheme
    from densecell.ensemble import read_ensemble
    from densecell.objects import layers_of

    scheme = choose_scheme(classes, stored=read_ensemble(model).classes)
    layers_of(scheme, ObjectsConfig())  # refused now, not after hours
    segment(
        volume,
        model,
        out,
        source,
        SegmentOptions(keep_members=True),
        InferenceConfig(),
        resources,
        overwrite=overwrite,
    )
    bare, cluster = BareOptions(classes=classes), resources.cluster
    measure(str(out), bare, VolumeOptions(), ObjectsOptions(), cluster=cluster)
    mesh(out, MeshOptions(), cluster=cluster)
    report(out)
