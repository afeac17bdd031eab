import numpy as np
import pytest

from densecell.config import VolumeEntry
from densecell.errors import ConfigError
from densecell.geometry import Box
from densecell.session.kept_aside import deal, entries_of
from densecell.session.sparse import SparseLabels


def painted(*strokes, shape=(9, 300, 400)):
    labels = SparseLabels(shape, np.dtype(np.uint8), 255)
    for label, box in strokes:
        full = np.full(box.shape, label, np.uint8)
        for key, packed in labels.changed(box, full == label, full).items():
            labels.put(key, packed)
    return labels


def test_paint_of_one_slice_is_dealt_out_and_none_is_lost():
    labels = painted(
        (0, Box((4, 10, 5), (5, 20, 390))),
        (1, Box((4, 200, 5), (5, 210, 390))),
        (2, Box((4, 40, 40), (5, 90, 90))),
    )
    whole = labels.read(Box.whole(labels.shape))

    dealt = deal(labels)

    times = np.zeros(labels.shape, int)
    seen = [set(), set()]
    for n, boxes in enumerate(dealt):
        for box in boxes:
            times[box.slices] += 1
            seen[n] |= set(np.unique(whole[box.slices]).tolist()) - {255}
    assert times.max() == 1
    assert (times[whole != 255] == 1).all()
    assert seen == [{0, 1, 2}, {0, 1, 2}]


def test_a_single_dot_of_two_classes_is_too_little():
    labels = painted(
        (0, Box((4, 10, 10), (5, 12, 12))), (1, Box((4, 12, 12), (5, 13, 13)))
    )

    with pytest.raises(ConfigError, match="paint each class in a second place"):
        deal(labels)


def test_slices_that_lie_far_apart_become_entries_of_their_own():
    labels = painted(
        *(
            (n % 2, Box((z, 9 * n, 9), (z + 1, 9 * n + 5, 200)))
            for z in (0, 60)
            for n in range(8)
        ),
        shape=(70, 300, 400),
    )
    entry = VolumeEntry(image="em.tif", labels="a_studio.zarr", spacing_nm=(50, 4, 4))

    made = entries_of(entry, deal(labels), labels.shape, all_train=False, objects=None)

    assert {e.role for e in made} == {"train", "eval"}
    assert {e.z for e in made if e.role == "train"} == {(0, 3), (58, 63)}
    assert all(e.boxes for e in made)
