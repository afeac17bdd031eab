import numpy as np
import pytest

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, PlacedSlices

STACK = ArrayVolume(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))


def test_slices_lie_at_their_places_in_any_box():
    placed = PlacedSlices(STACK, (4, 1), 6)
    whole = placed.read(Box.whole((6, 3, 4)))

    assert (whole[4] == STACK.read(Box.whole((2, 3, 4)))[0]).all()
    assert (whole[1] == STACK.read(Box.whole((2, 3, 4)))[1]).all()
    assert (whole[[0, 2, 3, 5]] == 255).all()
    box = Box((1, 1, 2), (5, 3, 4))
    assert (placed.read(box) == whole[box.slices]).all()


@pytest.mark.parametrize("places", [(0,), (0, 1, 2), (1, 1), (0, 6), (-1, 0)])
def test_places_that_do_not_fit_are_refused(places):
    with pytest.raises(VolumeError, match="labels_z"):
        PlacedSlices(STACK, places, 6)
