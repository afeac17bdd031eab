"""Write a synthetic volume with its truth."""

from pathlib import Path
from typing import Annotated

import typer


def phantom(
    out: Annotated[Path, typer.Argument(help="OME-Zarr to make", metavar="OUT")],
    shape: Annotated[
        tuple[int, int, int], typer.Option(help="voxels", metavar="Z Y X")
    ] = (24, 384, 384),
    seed: Annotated[int, typer.Option(help="another seed is another tissue")] = 0,
    spacing: Annotated[
        tuple[float, float, float], typer.Option(help="voxel size, nm", metavar="Z Y X")
    ] = (40.0, 10.0, 10.0),
    second_subject: Annotated[
        bool, typer.Option("--second-subject", help="other contrast, noise and blur")
    ] = False,
    gaps: Annotated[
        float, typer.Option(help="share of the cells that leave gaps to others")
    ] = 0.2,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="replace OUT if it exists")
    ] = False,
) -> None:
    """Make synthetic platelet tissue, with exact classes, cells and organelles."""
    # Imported here, not at the top: `densecell --help` must not wait for zarr.
    from densecell.geometry import Spacing
    from densecell.phantom import SECOND_SUBJECT, Imaging, write_phantom

    made = write_phantom(
        out,
        shape=shape,
        seed=seed,
        spacing_nm=Spacing.checked(spacing),
        imaging=SECOND_SUBJECT if second_subject else Imaging(),
        gaps=gaps,
        overwrite=overwrite,
    )
    cells, organelles = int(made.cells.max()), int(made.organelles.max())
    print(
        f"{out}: {' x '.join(map(str, shape))} voxels, {cells} cells, "
        f"{organelles} organelles"
    )
