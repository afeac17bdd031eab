import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.evaluation import blockwise
from densecell.evaluation.instances import (
    adapted_rand_error,
    count_overlaps,
    variation_of_information,
)
from densecell.evaluation.object_counts import Sides, count_objects
from densecell.evaluation.object_scores import TruthSource, score_layer
from densecell.evaluation.object_truth import Placed, true_components
from densecell.geometry import Box
from densecell.volume import ArrayVolume

SCHEME = ClassScheme.platelet()
CELL, MITO, ALPHA, CHANNEL, DENSE, CORE = range(1, 7)
GIVEN = TruthSource("ids.tif", False, 0.0)
MADE = TruthSource("components", True, 0.0)
MITO_OF, ALPHA_OF = "mitochondrion", "alpha granule"


def placed(rows, start=(0, 0, 0)):
    """Make a volume of one slice, or of the slices that are given."""
    array = np.asarray(rows)
    array = array[None] if array.ndim == 2 else array
    return Placed(ArrayVolume(array.astype(np.uint16)), start)


def scored(classes, true, found, found_classes, truth=GIVEN, **options):
    """Score organelles of drawn slices."""
    classes = placed(classes)
    true = placed(true) if true is not None else None
    box = options.pop("box", Box.whole(classes.volume.shape))
    predicted = options.pop("predicted", classes)
    if true is None:
        true = true_components(classes, SCHEME, ["organelles"], box=box)["organelles"]
    sides = {"organelles": Sides(true, placed(found))}
    counts = count_objects(sides, classes, predicted, SCHEME, box=box, **options)
    return score_layer(
        counts["organelles"],
        truth,
        found_classes,
        SCHEME,
        "organelles",
        voxel_um3=0.5,
    )


def test_a_drawn_case_by_hand():
    true = [
        [1, 1, 1, 1, 0, 2, 2, 2, 2, 0],
        [0, 0, 0, 0, 0, 2, 2, 2, 2, 0],
        [3, 3, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
    found = [
        [7, 7, 7, 0, 0, 8, 8, 8, 8, 0],
        [0, 0, 0, 0, 0, 8, 8, 8, 8, 8],
        [0, 0, 0, 0, 0, 0, 0, 9, 9, 0],
    ]
    classes = np.where(np.array(true) > 0, MITO, CELL)

    scores, notes = scored(classes, true, found, {7: MITO, 8: MITO, 9: MITO})

    mito = scores.classes[MITO_OF]  # IoU of 1 and 7: 3/4; of 2 and 8: 8/9
    assert mito.every.model_dump() == {
        "true": 3,
        "found": 3,
        "true_volume_um3": pytest.approx(14 / 3 * 0.5),
        "found_volume_um3": pytest.approx(14 / 3 * 0.5),
        "count_bias": 0,
        "volume_bias": 0,
    }
    assert mito.at["0.5"].model_dump() == {
        "matched": 2,
        "precision": 2 / 3,
        "recall": 2 / 3,
        "f1": 2 / 3,
    }
    assert mito.at["0.75"].matched == 1
    assert mito.panoptic_quality == pytest.approx((3 / 4 + 8 / 9) / (2 + 1 / 2 + 1 / 2))
    overlaps = count_overlaps(np.array(true), np.array(found))
    assert scores.adapted_rand_error == adapted_rand_error(overlaps)
    assert scores.variation_of_information == variation_of_information(overlaps).total
    assert scores.split + scores.merge == scores.variation_of_information
    assert not notes


def lined_up(true, found, matched):
    """Draw one object a row: matched ones, missed ones, then others."""
    rows = max(true, matched + found - matched + true - matched)
    a, b = np.zeros((rows, 4), int), np.zeros((rows, 4), int)
    a[:true] = np.arange(1, true + 1)[:, None]
    b[:matched] = np.arange(1, matched + 1)[:, None]
    b[true:] = np.arange(matched + 1, found + 1)[:, None]
    return a, b


@pytest.mark.parametrize(
    ("true", "found", "matched", "f1"),
    [
        (12, 8, 4, 0.40),
        (8, 25, 7, 0.42),
        (23, 41, 22, 0.69),
        (38, 51, 37, 0.83),
        (4, 7, 4, 0.73),
    ],
)
def test_the_f1_of_counts_that_were_once_measured(true, found, matched, f1):
    a, b = lined_up(true, found, matched)

    scores, _ = scored(
        np.where(a > 0, MITO, CELL), a, b, dict.fromkeys(range(1, 99), MITO)
    )

    mito = scores.classes[MITO_OF]
    assert (mito.every.true, mito.every.found) == (true, found)
    assert mito.at["0.5"].matched == matched
    assert round(mito.at["0.5"].f1, 2) == f1
    assert mito.every.count_bias == pytest.approx(found / true - 1)


def test_objects_match_those_of_their_class_only():
    true = [[1, 1, 0, 2, 2]]
    classes = [[MITO, MITO, CELL, ALPHA, ALPHA]]

    scores, _ = scored(classes, true, true, {1: MITO, 2: MITO})

    mito, alpha = scores.classes[MITO_OF], scores.classes[ALPHA_OF]
    assert (mito.every.true, mito.every.found, mito.at["0.5"].matched) == (1, 2, 1)
    assert (alpha.every.true, alpha.every.found, alpha.at["0.5"].recall) == (1, 0, 0)
    assert alpha.at["0.5"].precision is None
    assert (alpha.panoptic_quality, alpha.every.count_bias) == (0, -1)
    assert alpha.every.volume_bias is None
    assert scores.variation_of_information == 0  # the partitions are the same


def test_scores_without_a_true_object_are_undefined():
    scores, notes = scored([[CELL] * 4], [[0] * 4], [[5, 5, 0, 6]], {5: MITO, 6: ALPHA})

    for name in (MITO_OF, ALPHA_OF, "dense granule"):
        of_class = scores.classes[name]
        for matching in of_class.at.values():
            assert (matching.precision, matching.recall, matching.f1) == (None,) * 3
        assert of_class.panoptic_quality is None
        assert of_class.every.count_bias is None
    assert scores.classes[MITO_OF].every.found == 1
    assert scores.variation_of_information is scores.adapted_rand_error is None
    assert notes == [
        "organelles: no true object is there, so their scores are undefined"
    ]


def test_a_layer_where_nothing_was_found_says_so():
    scores, notes = scored([[MITO] * 4], [[1] * 4], [[0] * 4], {})

    assert scores.classes[MITO_OF].at["0.5"].f1 == 0
    assert notes == ["organelles: none was found"]


def test_a_granule_counts_with_its_core_as_granule():
    classes = [[CELL, DENSE, CORE, CORE, CORE, CELL]]
    true = [[0, 1, 1, 1, 1, 0]]

    for ids, truth in ((true, GIVEN), (None, MADE)):
        scores, notes = scored(classes, ids, true, {1: DENSE}, truth)

        assert scores.classes["dense granule"].at["0.75"].f1 == 1
        assert "dense granule core" not in scores.classes
        assert not notes


def test_ids_that_do_not_nest_in_classes_are_named():
    classes = [[CELL, CELL, MITO, MITO, ALPHA, CELL, CELL, CELL]]
    true = [[4, 4, 4, 4, 4, 0, 9, 9]]

    scores, notes = scored(classes, true, true, {4: MITO})

    assert scores.classes[MITO_OF].every.true == 1
    assert sum(c.every.true for c in scores.classes.values()) == 1
    assert notes == [
        "organelles: true objects 9 cover no class of this layer in the true classes; "
        "they count in no class",
        "organelles: true objects 4 cover several classes, and none has more than half "
        "of them; each counts as the one with most voxels",
    ]


def test_long_lists_of_ids_end():
    true = np.arange(1, 13)[None]

    _, notes = scored(np.full((1, 12), CELL), true, true * 0, {})

    assert "objects 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more cover" in notes[1]


def test_objects_that_the_border_cuts_are_not_whole():
    true = np.zeros((3, 5, 7), int)
    true[1, 2, 2:4], true[1, 2:, 5] = 1, 2
    found = np.where(true == 1, 3, 0)
    found[1, 2, 2:5], found[0, 0, 0] = 3, 4

    scores, _ = scored(np.where(true > 0, MITO, CELL), true, found, {3: MITO, 4: MITO})

    every, whole = scores.classes[MITO_OF].every, scores.classes[MITO_OF].whole
    assert (every.true, every.found, whole.true, whole.found) == (2, 2, 1, 1)
    assert every.volume_bias == pytest.approx(2 / 2.5 - 1)
    assert whole.volume_bias == 0.5
    assert (every.true_volume_um3, whole.true_volume_um3) == (1.25, 1.0)


def test_in_one_slice_only_its_edges_cut():
    true = [[0, 0, 0, 0], [0, 1, 2, 2], [0, 0, 0, 0]]

    scores, _ = scored(np.where(np.array(true) > 0, MITO, CELL), true, true, {})

    assert scores.classes[MITO_OF].whole.true == 1


def test_only_voxels_with_true_and_predicted_classes_count():
    classes = [[MITO, MITO, 255, CELL, MITO, MITO, 0, 0]]
    predicted = placed([[MITO, MITO, MITO, CELL, MITO, 255, 0, 0]])
    true = [[1, 1, 1, 0, 2, 2, 0, 0]]
    found = [[1, 1, 1, 1, 2, 2, 3, 3]]

    everywhere, _ = scored(
        classes, true, found, dict.fromkeys((1, 2, 3), MITO), predicted=predicted
    )
    labelled, _ = scored(
        classes,
        true,
        found,
        dict.fromkeys((1, 2, 3), MITO),
        predicted=predicted,
        where_labelled=True,
    )

    mito = everywhere.classes[MITO_OF]
    assert (mito.every.true, mito.every.found) == (2, 3)
    assert mito.every.true_volume_um3 == 0.5 * (2 + 1) / 2
    assert (mito.whole.true, mito.whole.found) == (0, 0)
    assert labelled.classes[MITO_OF].every.found == 2


def test_touching_components_are_one_and_small_ones_are_left_out():
    classes = [
        [MITO, CELL, CELL, ALPHA, ALPHA, MITO],
        [CELL, MITO, CELL, ALPHA, CELL, CELL],
        [CELL, CELL, CELL, CELL, CELL, CELL],
    ]
    found = [[1, 0, 0, 2, 2, 3], [0, 1, 0, 2, 0, 0], [0] * 6]

    scores, _ = scored(
        classes,
        None,
        found,
        {1: MITO, 2: ALPHA, 3: MITO},
        TruthSource("components", True, 1.0),
    )

    assert scores.classes[MITO_OF].every.true == 1
    assert scores.classes[ALPHA_OF].every.true == 1
    assert scores.components
    assert scores.smallest_um3 == 1.0
    assert scores.classes[MITO_OF].at["0.75"].matched == 1


def test_blocks_and_places_do_not_matter(monkeypatch):
    rng = np.random.default_rng(3)
    size = (5, 14, 18)
    coarse = rng.integers(0, 9, (5, 7, 6))
    true = coarse.repeat(2, axis=1).repeat(3, axis=2)
    found = np.roll(true, 1, axis=2) + 20 * (true > 6)
    classes = np.where(true > 0, 2 + true % 4, CELL)
    named = {int(i): 2 + int(i) % 4 for i in np.unique(found)}
    whole = scored(classes, true, found, named)

    monkeypatch.setattr(blockwise, "_BLOCK", (2, 5, 4))

    assert scored(classes, true, found, named) == whole
    assert whole[0].classes[MITO_OF].at["0.5"].matched
    inner = Box((1, 2, 3), (5, 9, 18))
    cropped = scored(*(a[inner.slices] for a in (classes, true, found)), named)
    assert scored(classes, true, found, named, box=inner) == cropped
    assert Box.whole(size).contains(inner)
