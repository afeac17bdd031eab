import numpy as np
import pytest

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.suggestions import unlike_places
from densecell.volume import ArrayVolume


def test_places_are_unlike_and_apart_and_padding_is_left_out():
    array = np.random.default_rng(1).integers(90, 110, (4, 64, 64)).astype(np.uint8)
    array[:, :32, 32:] = 0  # padding
    array[:, 32:, :32] += 100  # bright
    volume = ArrayVolume(array, spacing_nm=(40, 10, 10))

    boxes = unlike_places(volume, (1, 32, 32), 3)

    assert len(boxes) == 3
    means = [array[box.slices].mean() for box in boxes]
    assert min(means) > 50
    assert max(means) > 150
    for n, box in enumerate(boxes):
        assert not any(box.intersection(other).voxels for other in boxes[:n])
    assert len(unlike_places(volume, (4, 32, 32), 9)) == 3


def test_a_volume_of_one_grey_value_is_refused():
    volume = ArrayVolume(np.zeros((2, 8, 8), np.uint8), spacing_nm=(1, 1, 1))

    with pytest.raises(VolumeError, match="one grey value only"):
        unlike_places(volume, Box.whole((1, 8, 8)).shape, 1)
