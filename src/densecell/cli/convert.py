"""Copy a volume into another format."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from densecell.cli.options import FORMATS, Channel, Spacing, Time


def convert(
    volume: Annotated[str, typer.Argument(help=FORMATS, metavar="IN")],
    out: Annotated[
        Path,
        typer.Argument(
            help=".zarr, .tif, .h5, .mrc, .nii, .nii.gz, or a folder for PNG slices",
            metavar="OUT",
        ),
    ],
    spacing: Spacing = None,
    channel: Channel = None,
    time: Time = None,
    box: Annotated[
        tuple[int, int, int, int, int, int] | None,
        typer.Option(help="copy these voxels only", metavar="Z0 Y0 X0 Z1 Y1 X1"),
    ] = None,
    labels: Annotated[
        bool, typer.Option("--labels", help="values are ids: never average them")
    ] = False,
    ome_version: Annotated[
        Literal["0.4", "0.5"],
        typer.Option(help="of the OME-Zarr; 0.4 for programs that do not know 0.5"),
    ] = "0.5",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="replace OUT if it exists")
    ] = False,
) -> None:
    """Copy IN to OUT, whose suffix says in which format."""
    from densecell.cli.progress import told_progress
    from densecell.geometry import Box
    from densecell.volume import CroppedVolume, Volume, open_volume
    from densecell.volume import convert as convert_volume

    source: Volume = open_volume(
        volume, spacing_nm=spacing, labels=labels, channel=channel, time=time
    )
    if box is not None:
        source = CroppedVolume(source, Box(box[:3], box[3:]))
    with told_progress(f"writing {out}", unit="pieces") as told:
        convert_volume(
            source,
            out,
            kind="label" if labels else "image",
            overwrite=overwrite,
            progress=told,
            ome_version=ome_version,
        )
    print(f"{out}: {' x '.join(map(str, source.shape))} voxels of {source.dtype}")
