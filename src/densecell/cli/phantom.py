"""Make a synthetic volume with its truth."""

from pathlib import Path
from typing import Annotated

import typer

from densecell.cli.options import Replace


def phantom(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="OME-Zarr to write, such as a.zarr.")
    ],
    shape: Annotated[
        tuple[int, int, int],
        typer.Option(metavar="Z Y X", help="Size of the volume, in voxels."),
    ] = (24, 384, 384),
    seed: Annotated[
        int, typer.Option(metavar="N", help="Another seed makes another tissue.")
    ] = 0,
    spacing: Annotated[
        tuple[float, float, float],
        typer.Option(metavar="Z Y X", help="Voxel size in nm."),
    ] = (40.0, 10.0, 10.0),
    second_subject: Annotated[
        bool,
        typer.Option("--second-subject", help="Use other contrast, noise and blur."),
    ] = False,
    gaps: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="Share of the cells that do not touch others, 0 to 1."
        ),
    ] = 0.2,
    overwrite: Replace = False,
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
