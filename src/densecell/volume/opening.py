"""Open a volume of any format: the file or folder decides which."""

import logging
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from densecell.address import Address, Url, split_choice, to_address, with_choice
from densecell.errors import MissingVolumeError, VolumeError
from densecell.volume.choice import refuse_choice
from densecell.volume.dtypes import LABELS
from densecell.volume.formats import amira, bdv, dm, hdf5, mrc, nifti
from densecell.volume.formats.amira import open_amira
from densecell.volume.formats.bdv import open_bdv
from densecell.volume.formats.dm import open_dm
from densecell.volume.formats.hdf5 import open_hdf5, split_hdf5
from densecell.volume.formats.mrc import open_mrc
from densecell.volume.formats.n5 import is_n5, open_n5
from densecell.volume.formats.nifti import is_nifti, open_nifti
from densecell.volume.formats.precomputed import is_precomputed, open_precomputed
from densecell.volume.formats.slices import open_slices
from densecell.volume.formats.tiff import open_tiff
from densecell.volume.interface import UNSTATED, Volume
from densecell.volume.ome_zarr.store import open_ome_zarr
from densecell.volume.views.array import open_npy
from densecell.volume.views.labels import WholeLabels

logger = logging.getLogger(__name__)

TIFF_SUFFIXES = (".tif", ".tiff", ".btf", ".tf8")
OPENERS: dict[tuple[str, ...], Callable[..., Volume]] = {
    TIFF_SUFFIXES: open_tiff,
    (".npy",): open_npy,
    hdf5.SUFFIXES: open_hdf5,
    mrc.SUFFIXES: open_mrc,
    dm.SUFFIXES: open_dm,
    amira.SUFFIXES: open_amira,
    nifti.SUFFIXES: open_nifti,
    bdv.SUFFIXES: open_bdv,
}
CHOOSING = (
    open_tiff,
    open_hdf5,
    open_bdv,
)  # formats of several channels or time points
ZARR_FILES = ("zarr.json", ".zgroup", ".zarray", ".zattrs")
FORMATS = (
    "an OME-Zarr, N5, precomputed, a TIFF stack, a folder of PNG or TIFF slices, HDF5, "
    "BigDataViewer's XML, MRC, NIfTI, DM3, DM4, Amira or an .npy file"
)


def open_volume(
    path: Address | str,
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
    level: int = 0,
    channel: str | None = None,
    time: int | None = None,
) -> Volume:
    """Open a volume for reading, of any format in docs/formats.md.

    Nothing but headers is read until `Volume.read` is called. What the user should know
    about how it is read, the `notes` of the volume, is also logged.

    Parameters
    ----------
    path
        File, folder, `file.h5/path/inside`, or an OME-Zarr at `https://` or `s3://`;
        may end in the channel and the time point to read, `#channel=1#time=3`.
    spacing_nm
        Voxel size (z, y, x), in nanometres, of the finest level. Overrides what the
        file states; if that differs, the volume's `notes` say so.
    labels
        Read labels: every value must be a whole number. Of int64, float or bool they
        become uint32 or uint8.
    level
        Level of an OME-Zarr, N5 or precomputed; 0 is the finest. Others have no further
        levels.
    channel
        Number or name of the channel, where there are several; becomes a part of the
        volume's path.
    time
        Number of a time point, from 0; the same.

    Raises
    ------
    MissingVolumeError
        If there is nothing there.
    VolumeError
        If there is nothing that can be read, or a server refuses or cannot be reached.
    SpacingError
        If the file states a voxel size that makes no sense.
    MissingExtraError
        If the package that reads the format is not installed.
    """
    address = with_choice(to_address(path), channel=channel, time=time)
    volume = _opened(address, spacing_nm=spacing_nm, labels=labels, level=level)
    if labels and volume.dtype.name not in LABELS:
        volume = WholeLabels(volume)
    for note in volume.notes:
        if UNSTATED not in note:  # whoever needs the size says so
            _log_once(note)
    return volume


def _opened(
    address: Address,
    *,
    spacing_nm: tuple[float, float, float] | None,
    labels: bool,
    level: int,
) -> Volume:
    plain, named, at = split_choice(address)
    if isinstance(plain, Url) or _is_zarr(plain):
        return open_ome_zarr(address, level=level, spacing_nm=spacing_nm, labels=labels)
    file, _ = split_hdf5(plain) or (plain, "")
    if not file.exists():
        raise MissingVolumeError(f"{plain}: does not exist; expected {FORMATS}")
    if plain.is_dir() and (pyramid := _pyramid(plain)):
        return pyramid(address, spacing_nm=spacing_nm, labels=labels, level=level)
    if level:
        raise VolumeError(
            f"{plain}: has no level {level}; only OME-Zarr, N5 and precomputed have "
            "levels"
        )
    if plain.is_dir():
        refuse_choice(plain, channel=named, time=at)
        return open_slices(plain, spacing_nm=spacing_nm, labels=labels)
    if file.stat().st_size == 0:
        raise VolumeError(f"{plain}: is an empty file; expected {FORMATS}")
    opener = _opener(file)
    if opener not in CHOOSING:
        refuse_choice(plain, channel=named, time=at)
    return opener(address, spacing_nm=spacing_nm, labels=labels)


@lru_cache(maxsize=1000)
def _log_once(note: str) -> None:
    """Show a note to the user, once in a process."""
    logger.warning(note)


def _is_zarr(path: Path) -> bool:
    return path.is_dir() and (
        path.suffix == ".zarr" or any((path / name).exists() for name in ZARR_FILES)
    )


def _pyramid(folder: Path) -> Callable[..., Volume] | None:
    """Reader of a folder of several levels that is no OME-Zarr."""
    if is_precomputed(folder):
        return open_precomputed
    return open_n5 if is_n5(folder) else None


def _opener(file: Path) -> Callable[..., Volume]:
    """Reader of the format that a suffix names."""
    suffix = ".nii" if is_nifti(file) else file.suffix.lower()
    for suffixes, opener in OPENERS.items():
        if suffix in suffixes:
            return opener
    if suffix == ".zarr":
        raise VolumeError(
            f"{file}: is a file, but an OME-Zarr is a folder: unpack it if it is an "
            "archive"
        )
    raise VolumeError(
        f"{file}: has the suffix {suffix or '(none)'}, which densecell does not read; "
        f"expected {FORMATS}: save it as one of these, in Fiji for example as TIFF"
    )
