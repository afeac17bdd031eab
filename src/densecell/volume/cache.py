"""Decoded pieces of compressed files, kept while they are likely to be read again."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from numpy.typing import NDArray

BUDGET_BYTES = 256 * 2**20


class SegmentCache:
    """The most recently used arrays, up to a number of bytes. Safe for threads.

    Two threads that miss the same piece at the same time both decode it: cheaper than
    making one wait for every other piece.

    Examples
    --------
    >>> import numpy as np
    >>> cache = SegmentCache(budget=8)
    >>> cache.get("a", lambda: np.zeros(8, np.uint8)).shape, cache.held
    ((8,), 8)
    """

    def __init__(self, budget: int = BUDGET_BYTES) -> None:
        self.budget = budget
        self.held = 0
        self._arrays: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, load: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Give the array of `key`, calling `load` only when it is not held."""
        array = self.find(key)
        if array is None:
            array = load()
            self.keep(key, array)
        return array

    def find(self, key: Hashable) -> NDArray[Any] | None:
        """Give the array of `key` if it is held."""
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
            return self._arrays.get(key)

    def keep(self, key: Hashable, array: NDArray[Any]) -> None:
        """Hold an array; when there are too many, drop those longest not read."""
        with self._lock:
            if key not in self._arrays:
                self._arrays[key] = array
                self.held += array.nbytes
            while self.held > self.budget and len(self._arrays) > 1:
                _, dropped = self._arrays.popitem(last=False)
                self.held -= dropped.nbytes
