"""New OME-Zarr images, empty, to be written box by box."""

import operator
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from densecell.address import Address
from densecell.classes import ClassScheme
from densecell.disk import check_free, remove
from densecell.errors import OutputError, VolumeError
from densecell.geometry import Shape, Spacing, per_axis, round_up
from densecell.volume.choice import AXES
from densecell.volume.dtypes import checked_dtype
from densecell.volume.ome_zarr.metadata import (
    VERSION,
    ZARR_FORMATS,
    Kind,
    Version,
    image_attributes,
    label_attributes,
)
from densecell.volume.ome_zarr.store import OmeZarrVolume, attributes_of, open_ome_zarr

CHUNK: Shape = (16, 128, 128)
SHARD: Shape = (16, 1024, 1024)
GROUP_FILES = ("zarr.json", ".zgroup")


class Layout(NamedTuple):
    """How the voxels of an OME-Zarr lie in its files.

    Parameters
    ----------
    chunk
        Voxels compressed together; cut to the volume.
    shard
        Voxels in one file, a multiple of `chunk`; cut to the volume. None: one file per
        chunk. Whoever writes in parallel writes whole shards.
    version
        Version of OME-Zarr. 0.4 is for programs that do not know 0.5; it has no shards,
        but one file per chunk.
    fill
        Value of voxels that are never written.
    """

    chunk: Shape = CHUNK
    shard: Shape | None = SHARD
    version: Version = VERSION
    fill: int = 0


def create_ome_zarr(
    path: Path | str,
    *,
    shape: Shape,
    dtype: np.dtype[Any] | type[np.generic] | str,
    spacing_nm: tuple[float, float, float],
    kind: Kind,
    scheme: ClassScheme | None = None,
    name: str | None = None,
    layout: Layout = Layout(),  # noqa: B008  (frozen)
    overwrite: bool = False,
) -> OmeZarrVolume:
    """Make an empty OME-Zarr image of one level, to be written box by box.

    Inside a group whose name ends in `.zarr`, the groups on the way are made too, and a
    label image under `labels` is listed there.

    Parameters
    ----------
    path
        The group to make.
    shape
        Voxels (z, y, x).
    spacing_nm
        Voxel size (z, y, x), in nanometres.
    kind
        A label image also gets the names and colours of `scheme`.
    name
        By default the name of the group.
    layout
        How the voxels lie in files.

    Raises
    ------
    OutputError
        If something is there and `overwrite` is false.
    """
    path = Path(path)
    check_free(path, overwrite=overwrite)
    spacing = Spacing.checked(spacing_nm)
    checked = checked_dtype(np.dtype(dtype), path, labels=kind == "label")
    chunk, shard = cut_layout(path, shape, layout.chunk, layout.shard)
    try:
        remove(path)
        _make_parents(path, layout.version)
        if kind == "label":
            list_label(path)
        attributes = image_attributes(
            name=name or path.name.removesuffix(".zarr"),
            kind=kind,
            spacings_nm=[spacing],
            label=label_attributes(scheme, inside=in_labels_of_image(path)),
            version=layout.version,
        )
        group = zarr.create_group(
            path, attributes=attributes, zarr_format=ZARR_FORMATS[layout.version]
        )
        create_level(
            group,
            0,
            shape=shape,
            dtype=checked,
            chunk=chunk,
            shard=shard,
            fill=layout.fill,
        )
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be made ({error.strerror or error}); choose another place"
        ) from None
    return open_ome_zarr(path, writable=True)


def list_label(path: Path) -> None:
    """Add a label image to those that the `labels` group around it lists, if any."""
    inside = any(folder.suffix == ".zarr" for folder in path.parents)
    if path.parent.name != "labels" or not inside or path.name.startswith("."):
        return
    labels = zarr.open_group(path.parent, mode="r+")
    names = sorted({*attributes_of(labels).get("labels", []), path.name})
    if labels.metadata.zarr_format == 2:
        labels.attrs["labels"] = names
    else:
        labels.attrs["ome"] = {"version": VERSION, "labels": names}


def in_labels_of_image(path: Path) -> bool:
    """Whether an image lies in the group `labels` of another one."""
    whole = path.parent.parent
    if path.parent.name != "labels" or not any(
        (whole / name).is_file() for name in GROUP_FILES
    ):
        return False
    return "multiscales" in attributes_of(zarr.open_group(whole, mode="r"))


def create_level(
    group: zarr.Group,
    level: int,
    *,
    shape: Shape,
    dtype: np.dtype[Any],
    chunk: Shape,
    shard: Shape,
    fill: int = 0,
) -> zarr.Array[Any]:
    """Make the array of one level, empty; one that is there is replaced."""
    # Not blosc: its threads finish in any order, and equal results shall have equal
    # bytes.
    by_format: dict[str, Any] = {
        "shards": None if shard == chunk else shard,
        "compressors": [ZstdCodec(level=3)],
        "dimension_names": AXES,
    }
    if group.metadata.zarr_format == 2:  # read by old programs, all of which know zlib
        by_format = {
            "compressors": {"id": "zlib", "level": 3},
            "chunk_key_encoding": {"name": "v2", "separator": "/"},
        }
    return group.create_array(
        str(level),
        shape=shape,
        dtype=dtype,
        chunks=chunk,
        fill_value=fill,
        overwrite=True,
        **by_format,
    )


def cut_layout(
    path: Address, shape: Sequence[int], chunk: Shape, shard: Shape | None
) -> tuple[Shape, Shape]:
    """Cut chunk and shard to a volume; a shard stays a multiple of its chunk."""
    if len(shape) != 3 or min(shape) < 1:
        raise VolumeError(
            f"{path}: expected a shape of three positive sizes (z y x), got {shape}"
        )
    shard = shard or chunk
    if min(chunk) < 1 or any(s % c for s, c in zip(shard, chunk, strict=True)):
        raise VolumeError(
            f"{path}: shard {shard} is no multiple of chunk {chunk}; "
            f"choose for example shard {tuple(8 * c for c in chunk)}"
        )
    cut = per_axis(min, chunk, shape)
    chunks = per_axis(operator.floordiv, shard, chunk)
    return cut, per_axis(
        lambda n, c, size: min(n * c, round_up(size, c)), chunks, cut, shape
    )


def _make_parents(path: Path, version: Version) -> None:
    """Make the groups between the nearest `.zarr` folder above and `path`."""
    roots = [p for p in path.parents if p.suffix == ".zarr"]
    if not roots:
        path.parent.mkdir(parents=True, exist_ok=True)
        return
    inside = path.relative_to(roots[-1]).parents
    for part in reversed(inside):
        folder = roots[-1] / part
        if not any((folder / name).exists() for name in GROUP_FILES):
            zarr.open_group(folder, mode="a", zarr_format=ZARR_FORMATS[version])
