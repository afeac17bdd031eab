import numpy as np

from densecell.volume.cache import SegmentCache


def test_the_least_recently_used_is_dropped_first():
    cache, loaded = SegmentCache(budget=16), []

    def get(key):
        def load():
            loaded.append(key)
            return np.zeros(8, np.uint8)

        cache.get(key, load)

    for key in "abacab":
        get(key)

    assert loaded == ["a", "b", "c", "b"]
    assert cache.held == 16


def test_what_exceeds_the_budget_alone_is_kept_until_the_next():
    cache = SegmentCache(budget=4)

    cache.get("a", lambda: np.zeros(8, np.uint8))
    assert cache.held == 4
    cache.get("b", lambda: np.zeros(3, np.uint8))

    assert cache.held == 3
    assert cache.get("b", lambda: np.zeros(0)).size == 3
