"""Datasets in HDF5 files, addressed as `file.h5/path/inside`.

HDF5 has no voxel size of its own. Two attributes are read: `element_size_um` (z, y, x)
of ilastik and Fiji's HDF5 plugins, and `resolution` with a unit of length in `units` or
`unit`. `element_size_um` is written.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.address import split_choice
from densecell.disk import written_aside
from densecell.errors import DensecellError, OutputError, VolumeError
from densecell.geometry import Box, Shape, Spacing
from densecell.volume.choice import Selection, select
from densecell.volume.dtypes import stored_dtype
from densecell.volume.extra import imported
from densecell.volume.formats.axistags import ATTRIBUTE, axes_of
from densecell.volume.interface import Volume, damaged
from densecell.volume.spacing import nm_per, rounded, settle_spacing

SUFFIXES = (".h5", ".hdf5", ".hdf")
DATASET = "data"  # written where no path inside the file is given
LISTED = 20  # datasets that a message names
CHUNK_CACHE_BYTES = 64 * 2**20


def split_hdf5(path: Path) -> tuple[Path, str] | None:
    """Split an address into file and path inside; None if no part is an HDF5 file.

    Examples
    --------
    >>> file, inside = split_hdf5(Path("cells.h5/volumes/raw"))
    >>> file.name, inside
    ('cells.h5', 'volumes/raw')
    """
    for file in (path, *path.parents):
        if file.suffix.lower() in SUFFIXES and not file.is_dir():
            inside = path.relative_to(file).as_posix()
            return file, "" if inside == "." else inside
    return None


def open_hdf5(
    path: Path,
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
) -> "Hdf5Volume":
    """Open a dataset of an HDF5 file.

    Parameters
    ----------
    path
        The file and a path inside; the path may be left out where the file holds one
        dataset that can be a volume. May end in a channel and a time point,
        `#channel=1#time=3`.
    spacing_nm
        Voxel size (z, y, x), overriding what the file states.
    labels
        Also read numbers that only labels may have; see `stored_dtype`.

    Raises
    ------
    VolumeError
        If the file is damaged, or there is no such dataset, or it is no volume.
    MissingExtraError
        If h5py is not installed.
    """
    h5py = imported("h5py", what="HDF5 files")
    plain, channel, time = split_choice(path)
    file, inside = split_hdf5(Path(str(plain))) or (path, "")
    try:
        opened = h5py.File(file, "r", rdcc_nbytes=CHUNK_CACHE_BYTES)
    except OSError as error:
        raise damaged(file, "HDF5", error) from None
    try:
        dataset = _dataset(h5py, opened, file, inside)
        place = file / dataset.name.strip("/")
        sizes = list(zip(axes_of(dataset, place), dataset.shape, strict=True))
        selection = select(place, sizes, channel=channel, time=time)
        return Hdf5Volume(
            Path(f"{place}{str(path).removeprefix(str(plain))}"),
            dataset,
            selection,
            spacing_nm=spacing_nm,
            labels=labels,
        )
    except DensecellError:
        opened.close()
        raise
    except Exception as error:  # broken files raise whatever they like
        opened.close()
        raise damaged(file, "HDF5", error) from None


class Hdf5Volume(Volume):
    """A dataset of an HDF5 file; made by `open_hdf5`."""

    def __init__(
        self,
        path: Path,
        dataset: Any,
        selection: Selection,
        *,
        spacing_nm: tuple[float, float, float] | None,
        labels: bool,
    ) -> None:
        stated, found = _stated_spacing(dataset, path)
        spacing, notes = settle_spacing(
            path, stated=stated, given=spacing_nm, found=found
        )
        shape = selection.zyx(dataset.shape)
        chunks = dataset.chunks
        super().__init__(
            path,
            shape=shape,
            dtype=stored_dtype(dataset.dtype, path, labels=labels),
            spacing_nm=spacing,
            format=f"HDF5, {dataset.compression}" if dataset.compression else "HDF5",
            chunk=selection.zyx(chunks) if chunks else (1, 1, shape[2]),
            notes=notes,
        )
        self._dataset = dataset
        self._selection = selection
        self._reopen = partial(open_hdf5, path, spacing_nm=spacing_nm, labels=labels)

    def __reduce__(self) -> tuple[Any, ...]:
        return self._reopen, ()

    def _read(self, box: Box) -> NDArray[Any]:
        try:
            found = self._selection.read(self._dataset, box)
        except Exception as error:  # as above
            raise damaged(self.path, "HDF5", error) from error
        return np.ascontiguousarray(found, self.dtype)


def write_hdf5(
    path: Path,
    parts: Iterable[tuple[Box, NDArray[Any]]],
    *,
    shape: Shape,
    dtype: np.dtype[Any],
    spacing_nm: Spacing,
    chunk: Shape,
    overwrite: bool = False,
) -> None:
    """Write one dataset into a new file, compressed chunk by chunk.

    Parameters
    ----------
    path
        File, or file and path inside; by default the dataset is called `data`.
    parts
        Boxes of whole chunks, with their voxels.

    Raises
    ------
    OutputError
        If the file exists and `overwrite` is false, or it holds other datasets too.
    """
    h5py = imported("h5py", what="HDF5 files")
    file, inside = split_hdf5(path) or (path, "")
    name = inside or DATASET
    if overwrite and file.is_file():
        _check_alone(h5py, file, name)
    with (
        written_aside(file, overwrite=overwrite) as aside,
        _new_file(h5py, aside) as new,
    ):
        dataset = new.create_dataset(
            name, shape=shape, dtype=dtype, chunks=chunk, compression="gzip"
        )
        dataset.attrs["element_size_um"] = [length / 1000 for length in spacing_nm]
        for box, voxels in parts:
            dataset[box.slices] = voxels


@contextmanager
def _new_file(h5py: Any, path: Path) -> Iterator[Any]:
    """Open a file to write; a full disk makes h5py raise an error of its own."""
    try:
        with h5py.File(path, "w") as new:
            yield new
    except RuntimeError as error:
        raise OSError(str(error)) from None


def _dataset(h5py: Any, opened: Any, file: Path, inside: str) -> Any:
    """Dataset that was meant; if it is not there, the message lists those that are."""
    found = _datasets(h5py, opened)
    if not inside:
        volumes = [d for d in found if d.ndim > 2 or (d.ndim and ATTRIBUTE in d.attrs)]
        if len(volumes) == 1:
            return volumes[0]
    listed = ", ".join(f"{d.name} {d.shape}" for d in found[:LISTED]) or "none"
    more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
    if not inside:
        raise VolumeError(
            f"{file}: say which dataset, as {file.name}/PATH; there are {listed}{more}"
        )
    dataset = opened.get(inside)
    if not isinstance(dataset, h5py.Dataset):
        raise VolumeError(
            f"{file}: has no dataset {inside!r}; there are {listed}{more}"
        )
    return dataset


def _datasets(h5py: Any, opened: Any) -> list[Any]:
    found: list[Any] = []

    def collect(_: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset):
            found.append(node)

    opened.visititems(collect)
    return found


def _check_alone(h5py: Any, file: Path, name: str) -> None:
    """Refuse to replace a file that holds other datasets too."""
    try:
        with h5py.File(file, "r") as old:
            others = [d.name for d in _datasets(h5py, old) if d.name.strip("/") != name]
    except (OSError, RuntimeError):  # damaged: nothing to lose
        return
    if others:
        raise OutputError(
            f"{file}: also holds {', '.join(others[:LISTED])}, which --overwrite would "
            "drop; choose another file"
        )


def _stated_spacing(
    dataset: Any, path: Path
) -> tuple[tuple[float, ...] | None, str | None]:
    """Voxel size in nanometres, or what was found in its place, in words."""
    attributes = dataset.attrs
    unit: str | None = "um"
    lengths = attributes.get("element_size_um")
    if lengths is None:
        lengths = attributes.get("resolution")
        unit = _text(attributes.get("units", attributes.get("unit")))
    if lengths is None:
        return None, None
    try:
        z, y, x = (rounded(length) for length in np.asarray(lengths, float))
    except (ValueError, TypeError):
        return (
            None,
            f"states a voxel size that is no z, y, x: {lengths}",
        )
    factor = None if unit is None else nm_per(unit)
    if factor is None:
        words = f"in {unit!r}, no unit of length" if unit else "without a unit"
        return None, f"states a resolution of {z:g} x {y:g} x {x:g} {words}"
    return (z * factor, y * factor, x * factor), None


def _text(value: Any) -> str | None:
    """Attribute of one word, however it is stored."""
    if value is None:
        return None
    first = np.asarray(value).ravel()[0]
    return first.decode(errors="replace") if isinstance(first, bytes) else str(first)
