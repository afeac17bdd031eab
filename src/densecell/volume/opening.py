"""Open a volume of any format, told by what is there."""

from pathlib import Path

from densecell.errors import VolumeError
from densecell.volume.array import open_npy
from densecell.volume.interface import Volume
from densecell.volume.ome_zarr import open_ome_zarr
from densecell.volume.slices import SliceFolder
from densecell.volume.tiff import open_tiff

TIFF_SUFFIXES = (".tif", ".tiff", ".btf", ".tf8")
ZARR_FILES = ("zarr.json", ".zgroup", ".zarray", ".zattrs")
FORMATS = "an OME-Zarr, a TIFF stack, a folder of PNG or TIFF slices, or an .npy file"


def open_volume(
    path: Path | str,
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
    level: int = 0,
) -> Volume:
    """Open a volume for reading: OME-Zarr, TIFF stack, folder of slices, or .npy.

    Nothing but headers is read until `Volume.read` is called.

    Parameters
    ----------
    path
        File or folder.
    spacing_nm
        Voxel size (z, y, x), in nanometres, of the finest level. Overrides what the
        file states; if that differs, the volume's `notes` say so.
    labels
        Refuse fractional numbers.
    level
        Of an OME-Zarr, 0 is the finest; other formats have no further levels.

    Raises
    ------
    VolumeError
        If there is nothing there, or nothing that can be read.
    SpacingError
        If the file states a voxel size that makes no sense.
    """
    path = Path(path)
    if not path.exists():
        raise VolumeError(f"{path}: does not exist; expected {FORMATS}")
    if path.is_dir() and (path.suffix == ".zarr" or _is_zarr(path)):
        return open_ome_zarr(path, level=level, spacing_nm=spacing_nm, labels=labels)
    if level:
        raise VolumeError(f"{path}: has no level {level}; only OME-Zarr has levels")
    if path.is_dir():
        return SliceFolder(path, spacing_nm=spacing_nm, labels=labels)
    if path.stat().st_size == 0:
        raise VolumeError(f"{path}: is an empty file; expected {FORMATS}")
    suffix = path.suffix.lower()
    if suffix in TIFF_SUFFIXES:
        return open_tiff(path, spacing_nm=spacing_nm, labels=labels)
    if suffix == ".npy":
        return open_npy(path, spacing_nm=spacing_nm, labels=labels)
    if suffix == ".zarr":
        raise VolumeError(
            f"{path}: is a file, but an OME-Zarr is a folder: unpack it if it is an "
            "archive"
        )
    raise VolumeError(
        f"{path}: has the suffix {suffix or '(none)'}, which densecell does not read; "
        f"expected {FORMATS}: save it as one of these, in Fiji for example as TIFF"
    )


def _is_zarr(path: Path) -> bool:
    return any((path / name).exists() for name in ZARR_FILES)
