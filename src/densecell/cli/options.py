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
FORMATS = (
    "OME-Zarr (also at https:// or s3://), TIFF, slice folder, HDF5 (file.h5/path), "
    "MRC, NIfTI or .npy"
)
