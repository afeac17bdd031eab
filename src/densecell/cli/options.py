"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from densecell.config.frozen import Frozen
from densecell.geometry import Shape

FORMATS = (
    "OME-Zarr (also at https:// or s3://), TIFF, folder of slices, HDF5 "
    "(file.h5/path), N5, precomputed, MRC, NIfTI, DM or .npy"
)
ModelPath: TypeAlias = Annotated[
    Path, typer.Option("--model", "-m", help="Folder of a trained ensemble.")
]
ResultPath: TypeAlias = Annotated[
    Path, typer.Option("--out", "-o", help="Folder to write the result into.")
]
Model: TypeAlias = Annotated[
    Path, typer.Argument(metavar="MODEL", help="Folder of a trained ensemble.")
]
Result: TypeAlias = Annotated[
    Path, typer.Argument(metavar="RESULT", help="Folder of a result.")
]
Authors: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--author", metavar="NAME", help="Name an author. Repeatable."),
]
Citations: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--cite", metavar="DOI", help="Cite your work. Repeatable."),
]
ProjectFolder: TypeAlias = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="Folder of a project, with its project.yaml."),
]
Spacing: TypeAlias = Annotated[
    tuple[float, float, float] | None,
    typer.Option(
        metavar="Z Y X", help="Voxel size in nm. Replaces what the file says."
    ),
]
SubBox: TypeAlias = tuple[int, int, int, int, int, int] | None
Classes: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="FILE_OR_NAME",
        help="Class list: a YAML file or a built-in name. Results and models have "
        "their own.",
    ),
]
Cluster: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="WHERE",
        help="Compute on several processes: local:N on this machine, the address of a "
        "dask scheduler, or a YAML file for SLURM.",
    ),
]
Overwrite: TypeAlias = Annotated[
    bool, typer.Option("--overwrite", help="Delete what is there and start again.")
]
Replace: TypeAlias = Annotated[
    bool, typer.Option("--overwrite", help="Replace OUT if it exists.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON only.")]


class VolumeOptions(Frozen):
    """Which part of a file to read, and how large its voxels are."""

    spacing: Spacing = None
    channel: Annotated[
        str | None,
        typer.Option(
            metavar="N_OR_NAME",
            help="Read this channel of an OME-Zarr that has several. The same as "
            "VOLUME#channel=N_OR_NAME.",
        ),
    ] = None
    time: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Read this time point of an OME-Zarr that has several. The same as "
            "VOLUME#time=N.",
        ),
    ] = None

    @property
    def choice(self) -> dict[str, Any]:
        """The same as keywords of `open_volume`."""
        return {
            "spacing_nm": self.spacing,
            "channel": self.channel,
            "time": self.time,
        }


class WorkerOptions(Frozen):
    """Where blocks are computed, and how much memory they take."""

    max_memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Use at most this much memory, for example 4G. Default: two thirds "
            "of what is free.",
        ),
    ] = None
    cluster: Cluster = None


def corners(box: SubBox) -> tuple[Shape, Shape] | None:
    """Start and stop of a box given as six numbers."""
    return None if box is None else (box[:3], box[3:])
