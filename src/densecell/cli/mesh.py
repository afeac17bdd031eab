"""Turn the objects of a result into surfaces."""

from pathlib import Path
from typing import Annotated

import typer

from densecell.cli.expand import Sets, changed
from densecell.cli.options import Cluster, Overwrite
from densecell.config.frozen import Frozen
from densecell.config.objects import MeshConfig

Format = Annotated[tuple[str, ...] | None, Sets(MeshConfig, "formats")]


class MeshOptions(Frozen):
    """Settings of meshes."""

    max_error: Annotated[float | None, Sets(MeshConfig, "max_error_nm")] = None
    format: Format = None
    max_voxels: Annotated[int | None, Sets(MeshConfig, "max_voxels")] = None


def mesh(
    result: Annotated[
        Path,
        typer.Argument(
            metavar="RESULT",
            help="Folder of a measured result, or of `measure --out`.",
        ),
    ],
    options: MeshOptions,
    cluster: Cluster = None,
    overwrite: Overwrite = False,
) -> None:
    """Write smooth closed surfaces of RESULT's cells and organelles into its meshes/.

    GLB: a cell with its organelles, in metres as glTF demands. Other formats: one
    object each, in nanometres. Another --format is added to those that are there. Run
    the same command again to continue an interrupted run.
    """
    # Imported here, not at the top: `densecell --help` must not wait for scipy.
    from densecell.cli.progress import show_progress
    from densecell.compute import connected
    from densecell.result import has_meshes, read_mesh_settings
    from densecell.surfaces import mesh_result

    config = changed(MeshConfig(), options)
    before = read_mesh_settings(result).formats if has_meshes(result) else None
    with (
        connected(cluster) as workers,
        show_progress(f"meshing {result.name}", unit="objects") as progress,
    ):
        steps = mesh_result(result, config, cluster=workers, overwrite=overwrite)
        for step in steps:
            progress(step.done, step.total)
    formats = read_mesh_settings(result).formats
    if formats == before and not overwrite:
        typer.echo(f"{result}: was meshed already; --overwrite meshes it again")
        return
    typer.echo(
        f"{result / 'meshes'}: {step.total:,} objects as {', '.join(formats)}; "
        f"next `densecell report {result}`, or open a mesh in a 3D viewer"
    )
