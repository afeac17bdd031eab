"""Stores of chunks that tensorstore reads: N5 and precomputed, box by box.

A chunk that is missing is read as 0, as both formats have it. An incomplete copy looks
the same, so the first one that is met is said.
"""

import json
import logging
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.address import Address
from densecell.errors import VolumeError
from densecell.geometry import Box, Spacing
from densecell.volume.cache import BUDGET_BYTES
from densecell.volume.choice import Selection
from densecell.volume.dtypes import stored_dtype
from densecell.volume.extra import imported
from densecell.volume.interface import Volume, damaged

logger = logging.getLogger(__name__)

MOST_CHUNK = 2**30  # bytes of one decoded chunk
MOST_METADATA = 64 * 2**20  # bytes of a JSON file


class Store(NamedTuple):
    """An array of a store, and how messages name it.

    Parameters
    ----------
    array
        Of tensorstore; its origin is zero. A missing chunk is an error.
    filled
        The same array, where a missing chunk is 0.
    kind
        Format, in words.
    """

    array: Any
    filled: Any
    kind: str


class ChunkedVolume(Volume):
    """An array of a store of chunks; made by `open_n5` and `open_precomputed`.

    Parameters
    ----------
    selection
        Name of each axis of the store, and the channel and time point to read.
    reopen
        Opens the volume again, in another process.
    """

    cache_bytes = BUDGET_BYTES

    def __init__(
        self,
        path: Address,
        store: Store,
        selection: Selection,
        *,
        spacing_nm: Spacing | None,
        format: str,
        labels: bool,
        notes: tuple[str, ...],
        reopen: Callable[[], "ChunkedVolume"],
    ) -> None:
        super().__init__(
            path,
            shape=selection.zyx(store.array.shape),
            dtype=stored_dtype(store.array.dtype.numpy_dtype, path, labels=labels),
            spacing_nm=spacing_nm,
            format=format,
            chunk=selection.zyx(store.array.chunk_layout.read_chunk.shape),
            notes=notes,
        )
        self._store = store
        self._selection = selection
        self._reopen = reopen
        self._strict = True

    def __reduce__(self) -> tuple[Any, ...]:
        return self._reopen, ()

    def _read(self, box: Box) -> NDArray[Any]:
        place = self._selection.place(box)
        try:
            found = self._fetched(place)
        except Exception as error:  # codecs and files fail as they like
            raise damaged(self.path, self._store.kind, plain_reason(error)) from None
        turned = self._selection.turned(found, box)
        return np.ascontiguousarray(turned, self.dtype)

    def _fetched(self, place: tuple[slice | int, ...]) -> NDArray[Any]:
        """Values of a part; what is missing is 0, and said once."""
        if not self._strict:
            return np.asarray(self._store.filled[place].read().result())
        try:
            return np.asarray(self._store.array[place].read().result())
        except ValueError as error:
            if "NOT_FOUND" not in str(error):
                raise
        self._strict = False
        note = (
            f"{self.path}: some of its chunks are missing and read as 0; so are empty "
            "parts stored: if there should be none, copy the folder again"
        )
        self.notes += (note,)
        logger.warning(note)
        return self._fetched(place)


def open_chunks(spec: Mapping[str, Any], path: Address, *, kind: str) -> Store:
    """Open an array by tensorstore.

    Raises
    ------
    VolumeError
        If it cannot be opened, or a chunk is larger than 1 GiB.
    MissingExtraError
        If tensorstore is not installed.
    """
    tensorstore = imported("tensorstore", what=f"{kind} stores")
    limits = {"cache_pool": {"total_bytes_limit": BUDGET_BYTES}}
    options = {"context": limits, "recheck_cached_data": "open", "open": True}

    def opened(fill: bool) -> Any:
        given = {**spec, **options, "fill_missing_data_reads": fill}
        return tensorstore.open(given).result()[tensorstore.d[:].translate_to[0]]

    try:
        store = Store(opened(False), opened(True), kind)
    except Exception as error:  # its errors are of many kinds
        raise damaged(path, kind, plain_reason(error)) from None
    chunk = math.prod(store.array.chunk_layout.read_chunk.shape)
    if chunk * store.array.dtype.numpy_dtype.itemsize > MOST_CHUNK:
        raise VolumeError(
            f"{path}: has chunks of {chunk:,} voxels, more than 1 GiB; expected some "
            "64 x 64 x 64: save it with smaller chunks"
        )
    return store


def read_attributes(file: Path) -> dict[str, Any]:
    """Object of a JSON file; empty where there is no file.

    Raises
    ------
    VolumeError
        If the file is damaged.
    """
    try:
        if file.stat().st_size > MOST_METADATA:
            raise damaged(file, "metadata", "it is larger than 64 MiB")
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(file, "JSON", error) from None
    if not isinstance(found, dict):
        raise damaged(file, "JSON", "it is no object")
    return found


def plain_reason(error: Exception) -> str:
    """What tensorstore found, without the specification that it repeats."""
    text = " ".join(str(error).split()).partition(" [tensorstore_spec=")[0]
    return text or type(error).__name__
