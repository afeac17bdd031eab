"""Labels of a volume of which only a little is painted, in memory.

A slice is cut into squares. Squares without paint take no memory; the others are kept
compressed.
"""

import itertools
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.geometry import Box, Shape

SIDE = 256  # voxels along y and x of a square
Key = tuple[int, int, int]  # slice, row and column of squares


class SparseLabels:
    """Labels in squares of one slice each.

    Parameters
    ----------
    shape
        Voxels (z, y, x) of the volume.
    dtype
        Of the labels.
    nothing
        Label of voxels without paint.
    """

    def __init__(self, shape: Shape, dtype: np.dtype[Any], nothing: int) -> None:
        self.shape, self.dtype, self.nothing = shape, dtype, nothing
        self._packed: dict[Key, bytes] = {}
        self._counts: dict[Key, dict[int, int]] = {}

    @property
    def keys(self) -> tuple[Key, ...]:
        """Squares that hold paint."""
        return tuple(self._packed)

    @property
    def painted(self) -> dict[int, int]:
        """Voxels by label."""
        total: dict[int, int] = {}
        for counts in list(self._counts.values()):
            for label, count in counts.items():
                total[label] = total.get(label, 0) + count
        return dict(sorted(total.items()))

    @property
    def painted_slices(self) -> list[int]:
        """Slices along z that hold paint."""
        return sorted({key[0] for key in self.keys})

    def counts(self, key: Key) -> dict[int, int]:
        """Voxels by label in a square."""
        return self._counts.get(key, {})

    def square(self, key: Key) -> NDArray[Any]:
        """Labels of a square, (256, 256); a copy."""
        packed = self._packed.get(key)
        if packed is None:
            return np.full((SIDE, SIDE), self.nothing, self.dtype)
        return self.unpacked(packed)

    def put(self, key: Key, packed: bytes) -> None:
        """Replace a square by a packed one."""
        ids, counts = np.unique(self.unpacked(packed), return_counts=True)
        found = dict(zip(ids.tolist(), counts.tolist(), strict=True))
        found.pop(self.nothing, None)
        if found:
            self._packed[key], self._counts[key] = packed, found
        else:
            self._packed.pop(key, None)
            self._counts.pop(key, None)

    def pack(self, square: NDArray[Any]) -> bytes:
        """A square as bytes."""
        return zlib.compress(np.ascontiguousarray(square, self.dtype).tobytes(), 1)

    def unpacked(self, packed: bytes) -> NDArray[Any]:
        """A square from its bytes."""
        flat = np.frombuffer(zlib.decompress(packed), self.dtype)
        return flat.reshape(SIDE, SIDE).copy()

    def box_of(self, key: Key) -> Box:
        """Voxels of a square that lie inside the volume."""
        z, y, x = key
        start = (z, y * SIDE, x * SIDE)
        return Box.at(start, (1, SIDE, SIDE)).clipped(self.shape)

    def squares(self, box: Box) -> Iterator[Key]:
        """Yield the squares that a box touches."""
        cut = box.clipped(self.shape).coarsened((1, SIDE, SIDE))
        yield from itertools.product(*map(range, cut.start, cut.stop))

    def holds_paint(self, box: Box) -> bool:
        """Whether any square that a box touches holds paint."""
        cut = box.clipped(self.shape).coarsened((1, SIDE, SIDE))
        many = cut.voxels > len(self._packed)
        if many:
            spans = [range(a, b) for a, b in zip(cut.start, cut.stop, strict=True)]
            return any(
                all(k in span for k, span in zip(key, spans, strict=True))
                for key in self.keys
            )
        return any(key in self._packed for key in self.squares(box))

    def read(self, box: Box) -> NDArray[Any]:
        """Labels of a box inside the volume, (Z, Y, X)."""
        out = np.full(box.shape, self.nothing, self.dtype)
        for key in self.squares(box):
            if key not in self._packed:
                continue
            whole = Box.at((key[0], key[1] * SIDE, key[2] * SIDE), (1, SIDE, SIDE))
            common = whole.intersection(box)
            _, rows, columns = common.relative_to(whole.start).slices
            out[common.relative_to(box.start).slices] = self.square(key)[rows, columns]
        return out

    def changed(
        self, box: Box, mask: NDArray[np.bool_], labels: NDArray[Any]
    ) -> dict[Key, bytes]:
        """Squares as they become when `labels` are put where `mask` is true.

        Nothing is changed yet; squares that stay as they are are left out.
        """
        changes = {}
        for key in self.squares(box):
            whole = Box.at((key[0], key[1] * SIDE, key[2] * SIDE), (1, SIDE, SIDE))
            common = whole.intersection(box)
            here = mask[common.relative_to(box.start).slices][0]
            if not here.any():
                continue
            square = self.square(key)
            _, rows, columns = common.relative_to(whole.start).slices
            part = square[rows, columns]
            new = labels[common.relative_to(box.start).slices][0]
            if (part[here] == new[here]).all():
                continue
            part[here] = new[here]
            changes[key] = self.pack(square)
        return changes
