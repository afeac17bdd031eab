"""Arguments and options that several commands share."""

from typing import Annotated, TypeAlias

import typer

Channel: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--channel",
        metavar="N_OR_NAME",
        help="of an OME-Zarr with several; also written VOLUME#channel=N_OR_NAME",
    ),
]
Time: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--time",
        metavar="N",
        min=0,
        help="of an OME-Zarr with several time points; also written VOLUME#time=N",
    ),
]
Spacing: TypeAlias = Annotated[
    tuple[float, float, float] | None,
    typer.Option(
        "--spacing", metavar="Z Y X", help="voxel size in nm, overriding the file"
    ),
]
Cluster: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="WHERE",
        help="local:N processes, address of a dask scheduler, or YAML for SLURM",
    ),
]
MaxMemory: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--max-memory", metavar="SIZE", help="for example 4G; default: 2/3 of the free"
    ),
]
Anew: TypeAlias = Annotated[
    bool, typer.Option("--overwrite", help="start anew, dropping what is there")
]
FORMATS = (
    "OME-Zarr (also at https:// or s3://), TIFF, slice folder, HDF5 (file.h5/path), "
    "MRC, NIfTI or .npy"
)
