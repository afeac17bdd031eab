"""Turn the objects of a result into surfaces."""

from pathlib import Path
from typing import Annotated

import typer

from densecell.cli.options import Anew, Cluster


def mesh(
    result: Annotated[
        Path,
        typer.Argument(help="measured result, or the folder of `measure --out`"),
    ],
    max_error: Annotated[
        float | None,
        typer.Option(
            metavar="NM",
            help="leave out triangles as long as the surface moves by no more; 0: keep "
            "all; default: a quarter of a voxel's longest edge",
        ),
    ] = None,
    format: Annotated[
        list[str] | None,
        typer.Option(
            help="glb, precomputed, ply, obj or stl; may be repeated; default: the "
            "first two"
        ),
    ] = None,
    max_voxels: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="objects with a larger bounding box are taken from a coarser level",
        ),
    ] = None,
    cluster: Cluster = None,
    overwrite: Anew = False,
) -> None:
    """Write smooth closed surfaces of RESULT's cells and organelles into its meshes/.

    GLB holds a cell with its organelles, in micrometres; the other formats hold one
    object each, in nanometres. An interrupted run goes on where it stopped.
    """
    # Imported here, not at the top: `densecell --help` must not wait for scipy.
    from densecell.cli.progress import told_progress
    from densecell.compute import connected
    from densecell.config import MeshConfig, parse_settings
    from densecell.result import has_meshes
    from densecell.surfaces import mesh_result

    asked = {"max_error_nm": max_error, "formats": format, "max_voxels": max_voxels}
    given = {name: value for name, value in asked.items() if value is not None}
    config = parse_settings(given, MeshConfig, where="options")
    was_finished = not overwrite and has_meshes(result)
    with (
        connected(cluster) as workers,
        told_progress(f"meshing {result.name}", unit="objects") as told,
    ):
        steps = mesh_result(result, config, cluster=workers, overwrite=overwrite)
        for step in steps:
            told(step.done, step.total)
    if was_finished:
        typer.echo(f"{result}: was meshed already; --overwrite meshes it again")
        return
    typer.echo(
        f"{result / 'meshes'}: {step.total:,} objects as {', '.join(config.formats)}; "
        f"next `densecell report {result}`, or open a mesh in a 3D viewer"
    )
