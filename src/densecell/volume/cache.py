"""Decoded pieces of compressed files, kept while they are likely to be read again."""

import threading
from collections.abc import Callable, Hashable
from typing import Any

from cachetools import LRUCache
from numpy.typing import NDArray

BUDGET_BYTES = 256 * 2**20


class SegmentCache:
    """The most recently used arrays, up to a number of bytes. Safe for threads.

    Two threads that miss the same piece at the same time both decode it: cheaper than
    making one wait for every other piece. An array larger than the budget is kept
    alone, until the next one comes.

    Examples
    --------
    >>> import numpy as np
    >>> cache = SegmentCache(budget=8)
    >>> cache.get("a", lambda: np.zeros(5, np.uint8)).shape, cache.held
    ((5,), 5)
    """

    def __init__(self, budget: int = BUDGET_BYTES) -> None:
        self.budget = budget
        self._lock = threading.Lock()
        self._arrays: LRUCache[Hashable, NDArray[Any]] = LRUCache(
            budget, getsizeof=lambda array: min(array.nbytes, budget)
        )

    @property
    def held(self) -> int:
        """Bytes of the budget that are taken."""
        return int(self._arrays.currsize)

    def get(self, key: Hashable, load: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Array of `key`; `load` is called only when it is not held."""
        array = self.find(key)
        if array is None:
            array = load()
            self.keep(key, array)
        return array

    def find(self, key: Hashable) -> NDArray[Any] | None:
        """Array of `key`, if it is held."""
        with self._lock:
            return self._arrays.get(key)

    def keep(self, key: Hashable, array: NDArray[Any]) -> None:
        """Hold an array; when there are too many, drop those longest not read."""
        with self._lock:
            self._arrays[key] = array
