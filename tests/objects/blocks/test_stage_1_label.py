from types import SimpleNamespace

import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.objects.blocks.stage_1_label import reader

LABELS = (np.arange(4 * 6 * 8) % 3).reshape(4, 6, 8)
WIDE, INNER = Box((0, 1, 1), (4, 5, 7)), Box((1, 2, 2), (3, 4, 5))


def job_of(labels):
    """The part of a job that is read, and the boxes that were read."""
    read = []

    def give(box):
        read.append(box)
        return labels[box.slices]

    volume = SimpleNamespace(read=give, path="labels.tif")
    measurement = SimpleNamespace(classes=ClassScheme.platelet())
    return SimpleNamespace(labels=volume, measurement=measurement), read


def test_what_lies_in_the_last_box_is_not_read_again():
    job, read = job_of(LABELS.astype(np.uint8))
    labels_in = reader(job)

    for box in (INNER, WIDE, INNER, WIDE, Box.whole(LABELS.shape)):
        np.testing.assert_array_equal(labels_in(box), LABELS[box.slices])

    assert read == [INNER, WIDE, Box.whole(LABELS.shape)]


def test_wide_types_become_bytes_when_their_ids_are_known():
    ids = reader(job_of(LABELS.astype(np.int32))[0])(WIDE)
    assert ids.dtype == np.uint8

    with pytest.raises(VolumeError, match=r"labels\.tif"):
        reader(job_of(LABELS.astype(np.int32) + 300)[0])(WIDE)
