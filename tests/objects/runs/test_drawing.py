import numpy as np
import pytest

from densecell.geometry import Box
from densecell.objects.runs.drawing import ObjectRuns, draw, frame_around
from densecell.objects.runs.encoding import runs_of


def runs_in(ids, numbers):
    """Runs of all objects, without order among objects."""
    runs = runs_of([ids])
    which = np.searchsorted(numbers, runs.of(ids))
    mine = np.isin(runs.of(ids), numbers)
    return ObjectRuns(
        *(a[mine] for a in (which, runs.z, runs.y, runs.x, runs.length)),
    )


def box_of(mask):
    places = np.argwhere(mask)
    return Box(tuple(map(int, places.min(0))), tuple(int(n) + 1 for n in places.max(0)))


@pytest.fixture
def ids():
    """Three objects that touch; runs end where others begin, and at ends of rows."""
    drawn = np.random.default_rng(3).integers(0, 4, (5, 7, 9)).repeat(2, axis=2)
    drawn[4, 6, 15:] = 3
    return drawn


def test_objects_are_drawn_as_they_were(ids):
    boxes = [box_of(ids == n) for n in (1, 2, 3)]

    masks = draw([frame_around(b, 10**6) for b in boxes], [runs_in(ids, [1, 2, 3])])

    for number, box, mask in zip((1, 2, 3), boxes, masks, strict=True):
        np.testing.assert_array_equal(mask, ids[box.slices] == number)


def test_a_margin_is_empty_and_runs_may_come_in_parts(ids):
    box = box_of(ids == 2)
    left, right = ids.copy(), ids.copy()
    left[:, :, 6:], right[:, :, :6] = 0, 0

    (mask,) = draw(
        [frame_around(box, 10**6, margin=1)],
        [runs_in(left, [2]), runs_in(right, [2])],
    )

    np.testing.assert_array_equal(mask, np.pad(ids[box.slices] == 2, 1))


def test_of_large_objects_every_second_voxel_is_drawn(ids):
    frame = frame_around(Box((1, 0, 3), (5, 7, 18)), 4 * 4 * 4)
    assert frame.steps == (1, 2, 4)
    inside = np.zeros_like(ids)
    inside[1:5, :, 3:18] = ids[1:5, :, 3:18]

    (mask,) = draw([frame], [runs_in(inside, [3])])

    assert mask.any()
    np.testing.assert_array_equal(mask, (inside == 3)[1:5, ::2, ::4])


def test_steps_double_along_the_longest_axis():
    assert frame_around(Box.whole((10, 50, 60)), 10_000).steps == (1, 2, 2)
    assert frame_around(Box.whole((10, 50, 60)), 30_000).steps == (1, 1, 1)
