"""OME-Zarr images and label images, read and written box by box.

::

    segmentation.zarr/        a group; an image itself, or a place for images
        confidence/           an image: a group with `multiscales`
            0  1  2           its levels, finest first
        labels/               lists the label images in it
            classes/          a label image: `multiscales` and `image-label`
"""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from densecell.address import Address, Url, split_choice, to_address, with_choice
from densecell.classes import ClassScheme
from densecell.disk import flush
from densecell.errors import SpacingError, VolumeError
from densecell.geometry import Box, Spacing
from densecell.volume.choice import (
    AXES,
    Selection,
    format_sizes,
    refuse_choice,
    select,
)
from densecell.volume.dtypes import stored_dtype
from densecell.volume.interface import Volume
from densecell.volume.ome_zarr.metadata import (
    ImageMetadata,
    channel_names,
    image_metadata,
    scheme_of,
)
from densecell.volume.ome_zarr.remote import first_line, open_store, server_error
from densecell.volume.spacing import settle_spacing


class OmeZarrVolume(Volume):
    """One level of an OME-Zarr image; made by `open_ome_zarr` and `create_ome_zarr`.

    Parameters
    ----------
    array
        The zarr array of the level.
    selection
        Which of its channels and time points, and where its axes lie.
    writable
        Whether `write` is allowed.
    """

    def __init__(
        self,
        path: Address,
        array: zarr.Array[Any],
        selection: Selection,
        *,
        spacing_nm: Spacing | None,
        format: str,
        writable: bool = False,
        notes: tuple[str, ...] = (),
        labels: bool = False,
    ) -> None:
        super().__init__(
            path,
            shape=selection.zyx(array.shape),
            dtype=stored_dtype(array.dtype, path, labels=labels),
            spacing_nm=spacing_nm,
            format=format,
            chunk=selection.zyx(array.chunks),
            notes=notes,
        )
        self.shard = selection.zyx(array.shards or array.chunks)
        self.writable = writable
        self.axes = selection.axes
        self._array = array
        self._selection = selection

    def _read(self, box: Box) -> NDArray[Any]:
        try:
            found = self._selection.read(self._array, box)
        except Exception as error:  # codecs and stores raise whatever they like
            if isinstance(self.path, Url):
                raise server_error(self.path, error) from error
            raise VolumeError(
                f"{self.path}: box {box.start} to {box.stop} cannot be read ({error}); "
                "the store is damaged or incomplete: copy or write it again"
            ) from error
        return found.astype(self.dtype, copy=False)

    def _write(self, box: Box, array: NDArray[Any]) -> None:
        if not self.writable:
            super()._write(box, array)
        index = self._selection.place(box)
        stored = [axis for axis in self._selection.axes if axis in AXES]
        shape = [box.shape[AXES.index(axis)] for axis in stored]
        self._array[index] = np.asarray(array, self.dtype).reshape(shape)

    def flush(self, box: Box) -> None:
        """Write to the disk what the system still holds of a box."""
        for file in self.files(box):
            if file.exists():  # of nothing but zeros there is none
                flush(file)

    def files(self, box: Box) -> Iterator[Path]:
        """Files that hold the voxels of a box; of nothing but zeros there is none."""
        shards = box.coarsened(self.shard)
        for place in itertools.product(*map(range, shards.start, shards.stop)):
            at = dict(zip(AXES, place, strict=True))
            key = self._array.metadata.encode_chunk_key(
                tuple(at.get(axis, 0) for axis in self._selection.axes)
            )
            yield Path(str(self.path)) / self._array.basename / key


def open_ome_zarr(
    path: Address | str,
    *,
    level: int = 0,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
    writable: bool = False,
    channel: str | None = None,
    time: int | None = None,
) -> OmeZarrVolume:
    """Open one level of an OME-Zarr image (0.4 or 0.5), or a bare zarr array.

    Parameters
    ----------
    path
        The group that holds `multiscales`; of a group of images, one of them. May end
        in the channel and the time point to read, `#channel=1#time=3`.
    level
        0 is the finest.
    spacing_nm
        Voxel size (z, y, x) of level 0, overriding what the metadata state.
    labels
        Also read numbers that only labels may have; see `stored_dtype`.
    writable
        Allow `write`.
    channel
        Number or name of the channel; needed when there are several.
    time
        Number of the time point, from 0; the same.

    Raises
    ------
    VolumeError
        If it is no image, has several channels or time points of which none was
        chosen, or lacks the level or what was chosen.
    """
    address = with_choice(to_address(path), channel=channel, time=time)
    path, named, at = split_choice(address)
    node = _opened(path, writable=writable)
    if isinstance(node, zarr.Array):
        refuse_choice(path, channel=named, time=at)
        return _bare_array(path, node, spacing_nm, labels=labels, writable=writable)
    attributes = attributes_of(node)
    metadata = _metadata(path, node, attributes, spacing_nm)
    if not 0 <= level < len(metadata.paths):
        raise VolumeError(
            f"{path}: has no level {level}; it has 0 to {len(metadata.paths) - 1}"
        )
    array = _level_array(path, node, metadata, level)
    sizes = _sizes(path, metadata.axes, array.shape)
    selection = select(
        path, sizes, channel=named, time=at, names=channel_names(attributes)
    )
    given = None if spacing_nm is None else metadata.coarser(spacing_nm, level)
    spacing, notes = settle_spacing(
        address,
        stated=metadata.spacing_nm(level),
        given=given,
        found=metadata.without_unit(level),
    )
    return OmeZarrVolume(
        address,
        array,
        selection,
        spacing_nm=spacing,
        format=f"OME-Zarr {metadata.version}" + (f", level {level}" if level else ""),
        writable=writable,
        notes=notes,
        labels=labels,
    )


def open_levels(
    path: Address | str, *, labels: bool = False, writable: bool = False
) -> tuple[OmeZarrVolume, ...]:
    """Open all levels of an OME-Zarr image, finest first; see `open_ome_zarr`."""
    plain = split_choice(to_address(path)).address
    node = _opened(plain, writable=False)
    bare = isinstance(node, zarr.Array)
    count = 1 if bare else len(image_metadata(attributes_of(node), plain).paths)
    return tuple(
        open_ome_zarr(path, level=n, labels=labels, writable=writable)
        for n in range(count)
    )


def read_scheme(path: Address | str) -> ClassScheme | None:
    """Classes that a label image names; None when it names none.

    Raises
    ------
    VolumeError
        If its metadata is damaged.
    """
    node = _opened(split_choice(to_address(path)).address, writable=False)
    try:
        return scheme_of(attributes_of(node))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise VolumeError(
            f"{path}: its `image-label` metadata is damaged ({reason}); write the "
            "labels again"
        ) from None


def _opened(path: Address, *, writable: bool) -> zarr.Group | zarr.Array[Any]:
    if isinstance(path, Url):
        store = open_store(path)
        try:
            return zarr.open(store, mode="r")
        except Exception as error:  # servers fail in whatever way they like
            raise server_error(path, error) from None
    try:
        return zarr.open(path, mode="r+" if writable else "r")
    except Exception as error:  # stores raise whatever they like
        raise VolumeError(
            f"{path}: cannot be opened as zarr ({first_line(error)}); expected a "
            "folder with zarr.json or .zgroup: give the group of an image"
        ) from None


def _bare_array(
    path: Address,
    array: zarr.Array[Any],
    spacing_nm: tuple[float, float, float] | None,
    *,
    labels: bool,
    writable: bool,
) -> OmeZarrVolume:
    if array.ndim != 3:
        raise VolumeError(
            f"{path}: is a bare zarr array of shape {array.shape}; expected (Z, Y, X)"
        )
    spacing, notes = settle_spacing(path, stated=None, given=spacing_nm)
    return OmeZarrVolume(
        path,
        array,
        Selection(AXES),
        spacing_nm=spacing,
        format="zarr array",
        writable=writable,
        notes=notes,
        labels=labels,
    )


def _metadata(
    path: Address,
    group: zarr.Group,
    attributes: Mapping[str, Any],
    spacing_nm: tuple[float, float, float] | None,
) -> ImageMetadata:
    if "multiscales" not in attributes:
        # Servers list their files in ways of their own, or not at all.
        images = [] if isinstance(path, Url) else images_inside(group)
        remedy = (
            f"it holds the images {', '.join(images)}: open one of them"
            if images
            else "expected an OME-Zarr image: give the group of one, or of a bare array"
        )
        raise VolumeError(f"{path}: has no `multiscales` metadata; {remedy}")
    metadata = image_metadata(attributes, path)
    if any("/" in level for level in metadata.paths) and "labels" in group:
        raise VolumeError(
            f"{path}: holds the images {', '.join(images_inside(group))}: open one of "
            f"them, such as {path}/{metadata.paths[0].rpartition('/')[0]}"
        )
    if metadata.odd_units and spacing_nm is None:
        raise SpacingError(
            f"{path}: has axes in {', '.join(metadata.odd_units)}, no unit of length; "
            "expected nanometer or micrometer: pass --spacing Z Y X (nm)"
        )
    return metadata


def attributes_of(node: zarr.Group | zarr.Array[Any]) -> dict[str, Any]:
    """OME attributes of a group, which version 0.5 keeps under `ome`."""
    attributes: dict[str, Any] = dict(node.attrs)
    inner = attributes.get("ome", attributes)
    return inner if isinstance(inner, dict) else {}


def images_inside(group: zarr.Group, prefix: str = "") -> list[str]:
    """List the images in a group, as paths inside it."""
    found = []
    for name, child in sorted(group.groups()):
        if "multiscales" in attributes_of(child):
            found.append(prefix + name)
        found += images_inside(child, f"{prefix}{name}/")
    return found


def _level_array(
    path: Address, group: zarr.Group, metadata: ImageMetadata, level: int
) -> zarr.Array[Any]:
    name = metadata.paths[level]
    try:
        array = group[name]
    except (KeyError, ValueError):  # not there, or a path that leaves the store
        array = None
    except Exception as error:  # servers, and broken metadata, fail as they like
        if isinstance(path, Url):
            raise server_error(path, error) from None
        raise VolumeError(
            f"{path}: level {level}, {name!r}, cannot be read ({error}); the store is "
            "damaged: copy or write it again"
        ) from None
    if not isinstance(array, zarr.Array):
        raise VolumeError(
            f"{path}: level {level} is listed as {name!r} but is not there; "
            "the store is incomplete: copy or write it again"
        )
    return array


def _sizes(
    path: Address, axes: tuple[str, ...], shape: tuple[int, ...]
) -> list[tuple[str, int]]:
    """Name and length of each axis, with z, y, x in this order."""
    if len(axes) != len(shape):
        raise VolumeError(
            f"{path}: has axes {', '.join(axes)} but an array of shape {shape}; "
            "save it again as OME-Zarr"
        )
    sizes = list(zip(axes, shape, strict=True))
    if tuple(axis for axis in axes if axis in AXES) not in (AXES, AXES[1:]):
        raise VolumeError(
            f"{path}: has axes {format_sizes(sizes)}; expected z, y, x in this order"
        )
    return sizes
