"""Say what a volume is."""

from pathlib import Path
from typing import Annotated

import typer


def info(
    volume: Annotated[
        Path, typer.Argument(help="OME-Zarr, TIFF, slice folder or .npy", metavar="IN")
    ],
    spacing: Annotated[
        tuple[float, float, float] | None,
        typer.Option(help="voxel size in nm, overriding the file", metavar="Z Y X"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Print what IN is: format, shape, voxel size, range of values or labels."""
    import json

    from densecell.volume import open_volume
    from densecell.volume.description import describe

    description = describe(open_volume(volume, spacing_nm=spacing))
    if as_json:
        print(json.dumps(description.as_json(), indent=2))
    else:
        print(description.as_text())
