"""Synthetic volumes on disk, with their truth as labels."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.disk import check_free
from densecell.geometry import Box, Shape, Spacing
from densecell.phantom.cells import GAPS
from densecell.phantom.imaging import Imaging
from densecell.phantom.make import Phantom, make_phantom
from densecell.volume import build_pyramid, create_ome_zarr


def write_phantom(
    out: Path,
    *,
    shape: Shape,
    seed: int,
    spacing_nm: Spacing = Spacing(40, 10, 10),  # noqa: B008  (immutable)
    imaging: Imaging = Imaging(),  # noqa: B008  (frozen)
    gaps: float = GAPS,
    overwrite: bool = False,
) -> Phantom:
    """Make a synthetic volume and write it as OME-Zarr.

    Parameters
    ----------
    out
        Store to write: intensities; labels/classes, labels/cells, labels/organelles.
    shape, seed, spacing_nm, imaging, gaps
        See `make_phantom`.
    overwrite
        Replace `out` if it exists.

    Returns
    -------
    Phantom
        The arrays that were written.

    Raises
    ------
    OutputError
        If `out` exists and `overwrite` is false.
    ConfigError
        If `shape`, `seed`, `spacing_nm` or `gaps` is out of range.
    """
    check_free(out, overwrite=overwrite)  # before the work, not after
    made = make_phantom(
        shape, seed=seed, spacing_nm=spacing_nm, imaging=imaging, gaps=gaps
    )
    scheme = ClassScheme.platelet()
    _write(out, made.intensities, made.spacing_nm, overwrite=overwrite)
    for name, labels in (
        ("classes", made.classes),
        ("cells", made.cells),
        ("organelles", made.organelles),
    ):
        classes = scheme if name == "classes" else None
        _write(out / "labels" / name, labels, made.spacing_nm, classes, label=True)
    return made


def _write(
    path: Path,
    array: NDArray[np.unsignedinteger],
    spacing_nm: Spacing,
    scheme: ClassScheme | None = None,
    *,
    label: bool = False,
    overwrite: bool = False,
) -> None:
    volume = create_ome_zarr(
        path,
        shape=array.shape,
        dtype=array.dtype,
        spacing_nm=spacing_nm,
        kind="label" if label else "image",
        scheme=scheme,
        overwrite=overwrite,
    )
    volume.write(Box.whole(array.shape), array)
    build_pyramid(path, kind="label" if label else "image")
