from pathlib import Path

import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.errors import VolumeError
from densecell.evaluation import blockwise, confusion_matrix
from densecell.evaluation.blockwise import (
    blocks_of,
    scored_box,
    truth_box,
    volumes_confusion,
)
from densecell.geometry import Box
from densecell.volume import ArrayVolume

SCHEME = ClassScheme.from_ids([0, 1, 2])
RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 3, (35, 7, 9)).astype(np.uint8)
PREDICTED = RNG.integers(0, 3, (35, 7, 9)).astype(np.uint8)
WHOLE = Box.whole(TRUTH.shape)
PART = Box((3, 1, 2), (34, 6, 9))


def test_block_by_block_equals_the_whole():
    truth, predicted = ArrayVolume(TRUTH), ArrayVolume(PREDICTED)

    counted = volumes_confusion(truth, predicted, SCHEME, box=WHOLE)

    assert len(list(blocks_of(WHOLE))) > 1
    np.testing.assert_array_equal(counted, confusion_matrix(TRUTH, PREDICTED, SCHEME))


def test_a_prediction_of_a_part_is_compared_where_it_lies():
    truth = ArrayVolume(TRUTH)
    predicted = ArrayVolume(PREDICTED[PART.slices])
    box = Box((4, 2, 3), (20, 6, 8))

    counted = volumes_confusion(truth, predicted, SCHEME, box=box, origin=PART.start)

    expected = confusion_matrix(TRUTH[box.slices], PREDICTED[box.slices], SCHEME)
    np.testing.assert_array_equal(counted, expected)
    assert counted.sum() == box.voxels


def test_where_labelled_reaches_every_block():
    counted = volumes_confusion(
        ArrayVolume(TRUTH),
        ArrayVolume(PREDICTED),
        SCHEME,
        box=WHOLE,
        where_labelled=True,
    )

    assert counted[0].sum() == 0
    assert counted.sum() == (TRUTH > 0).sum()


def test_progress_ends_with_all_voxels(monkeypatch):
    monkeypatch.setattr(blockwise, "_BLOCK", (2, 3, 4))
    seen, volume = [], ArrayVolume(TRUTH)

    volumes_confusion(
        volume, volume, SCHEME, box=PART, progress=lambda *step: seen.append(step)
    )

    assert len(seen) > 4
    assert seen == sorted(set(seen))
    assert seen[-1] == (PART.voxels, PART.voxels)


def test_blocks_cover_a_box_once():
    blocks = list(blocks_of(Box((3, 4, 5), (40, 1100, 1200))))

    assert len(blocks) > 4
    assert sum(block.voxels for block in blocks) == 37 * 1096 * 1195
    assert blocks[0].start == (3, 4, 5)
    assert blocks[-1].stop == (40, 1100, 1200)


def test_the_default_box_is_all_that_was_predicted():
    assert scored_box(TRUTH.shape, WHOLE, partial=False) == WHOLE
    assert scored_box(TRUTH.shape, PART, partial=True) == PART
    assert scored_box((34, 6, 50), PART, partial=True).stop == (34, 6, 9)


def test_a_part_may_begin_at_voxel_nought():
    corner = Box((0, 0, 0), (2, 3, 4))

    assert scored_box(TRUTH.shape, corner, partial=True) == corner


def test_what_is_asked_for_is_cut_to_what_is_there():
    wanted = Box((0, 0, 0), (5, 3, 100))

    box = scored_box(TRUTH.shape, PART, partial=True, wanted=wanted)

    assert box == Box((3, 1, 2), (5, 3, 9))


def test_a_whole_prediction_of_another_shape_is_refused():
    sentence = r"prediction has shape \(35, 7, 9\) and the truth \(35, 9, 7\); give"
    with pytest.raises(VolumeError, match=sentence):
        scored_box((35, 9, 7), WHOLE, partial=False)


def test_unequal_shapes_are_fine_once_a_box_is_asked_for():
    wanted = Box((0, 0, 0), (2, 2, 2))

    assert scored_box((35, 9, 7), WHOLE, partial=False, wanted=wanted) == wanted


def test_an_empty_overlap_says_what_lies_where():
    sentence = (
        r"nothing to score: the prediction covers \(3, 1, 2\) to \(34, 6, 9\), the "
        r"truth \(0, 0, 0\) to \(35, 7, 9\), --box is \(0, 0, 0\) to \(1, 1, 1\);"
    )
    with pytest.raises(VolumeError, match=sentence):
        scored_box(TRUTH.shape, PART, partial=True, wanted=Box((0, 0, 0), (1, 1, 1)))
    with pytest.raises(VolumeError, match=r"the truth \(0, 0, 0\) to \(2, 2, 2\); box"):
        scored_box((2, 2, 2), PART, partial=True)


def test_a_label_without_a_class_is_told_with_its_file():
    odd = np.where(TRUTH == 2, 7, TRUTH).astype(np.uint8)
    truth = ArrayVolume(TRUTH, path=Path("a.tif"))
    predicted = ArrayVolume(odd, path=Path("b.tif"))
    with pytest.raises(VolumeError, match=r"^b\.tif: label ids \[7\] are not in the"):
        volumes_confusion(truth, predicted, SCHEME, box=WHOLE)


def test_a_truth_of_the_box_alone_lies_on_that_box():
    covered = Box((0, 10, 10), (4, 50, 50))
    wanted = Box((1, 0, 0), (3, 20, 30))

    assert truth_box((4, 40, 40), covered) == covered
    assert truth_box((4, 50, 50), covered) == Box.whole((4, 50, 50))
    assert scored_box((4, 40, 40), covered, partial=True) == covered
    box = scored_box((4, 40, 40), covered, partial=True, wanted=wanted)
    assert box == Box((1, 10, 10), (3, 20, 30))


def test_a_box_that_sticks_out_of_the_truth_is_refused_unless_asked_for_less():
    covered, wanted = Box((0, 10, 10), (4, 50, 50)), Box((0, 0, 0), (4, 30, 30))
    sentence = (
        r"covers \(0, 10, 10\) to \(4, 50, 50\) of the whole volume, but the truth "
        r"ends at \(4, 40, 41\); give the truth of the whole volume, or of that box al"
    )
    with pytest.raises(VolumeError, match=sentence):
        scored_box((4, 40, 41), covered, partial=True)

    box = scored_box((4, 40, 41), covered, partial=True, wanted=wanted)
    assert box == Box((0, 10, 10), (4, 30, 30))
