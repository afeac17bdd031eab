import numpy as np

from densecell.geometry import Box
from densecell.volume import ArrayVolume, ChangedIds


def test_values_that_trade_places_do_not_meet():
    labels = ArrayVolume(np.uint8([[[0, 1, 2]]]))

    found = ChangedIds(labels, {0: 1, 1: 0}).read(Box.whole((1, 1, 3)))

    assert found.ravel().tolist() == [1, 0, 2]
    assert found.dtype == np.uint8
