"""Copy a volume into another format."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from densecell.cli.options import (
    FORMATS,
    Replace,
    SubBox,
    VolumeOptions,
    corners,
)


def convert(
    volume: Annotated[str, typer.Argument(help=f"{FORMATS}.", metavar="IN")],
    out: Annotated[
        Path,
        typer.Argument(
            help=".zarr, .tif, .h5, .mrc, .nii, .nii.gz, .precomputed "
            "(neuroglancer), or a folder for PNG slices.",
            metavar="OUT",
        ),
    ],
    source: VolumeOptions,
    box: Annotated[
        SubBox,
        typer.Option(help="Copy only these voxels.", metavar="Z0 Y0 X0 Z1 Y1 X1"),
    ] = None,
    labels: Annotated[
        bool,
        typer.Option("--labels", help="Treat values as ids and never average them."),
    ] = False,
    ome_version: Annotated[
        Literal["0.4", "0.5"],
        typer.Option(
            help="Write this version of OME-Zarr. 0.4: for programs that do not know "
            "0.5."
        ),
    ] = "0.5",
    overwrite: Replace = False,
) -> None:
    """Copy IN to OUT, in the format of OUT's suffix."""
    from densecell.cli.progress import show_progress
    from densecell.geometry import Box
    from densecell.volume import CroppedVolume, Volume, open_volume
    from densecell.volume import convert as convert_volume

    read: Volume = open_volume(volume, labels=labels, **source.choice)
    if (part := corners(box)) is not None:
        read = CroppedVolume(read, Box(*part))
    with show_progress(f"writing {out}", unit="pieces") as progress:
        convert_volume(
            read,
            out,
            kind="label" if labels else "image",
            overwrite=overwrite,
            progress=progress,
            ome_version=ome_version,
        )
    print(f"{out}: {' x '.join(map(str, read.shape))} voxels of {read.dtype}")
