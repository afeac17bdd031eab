import numpy as np
import pytest

from densecell.classes import CellClass, ClassScheme
from densecell.config import ErrorWeights
from densecell.errors import VolumeError
from densecell.patches.weights import class_balance, error_weights, power_balance

PLATELET = ClassScheme.platelet()
TWO = ClassScheme.from_ids([0, 1])
FLAT = ErrorWeights(peak=0)  # no border part
BACKGROUND, CELL, MITO, GRANULE = 0, 1, 2, 3


def border_part(labels, scheme=PLATELET):
    return error_weights(labels, scheme) - error_weights(labels, scheme, config=FLAT)


def halves(left, right, *, width=80):
    labels = np.full((1, 20, width), right, np.uint8)
    labels[..., : width // 2] = left
    return labels


def test_the_rarest_class_weighs_one_and_the_others_by_their_number():
    labels = np.array([[[0, 0, 0, 0, 1, 1, 2, 0]]], np.uint8)  # 5, 2 and 1 voxels

    weights = error_weights(labels, PLATELET, config=FLAT)

    expected = 0.01 + np.array([1 / 5, 1 / 5, 1 / 5, 1 / 5, 1 / 2, 1 / 2, 1, 1 / 5])
    np.testing.assert_allclose(weights[0, 0], expected, rtol=1e-6)
    assert weights.dtype == np.float32


def test_balance_is_over_the_whole_stack():
    labels = np.zeros((2, 3, 4), np.uint8)
    labels[1, 0, 0] = 1

    weights = error_weights(labels, TWO, config=FLAT)

    assert weights[0] == pytest.approx(0.01 + 1 / 23)
    assert weights[1, 0, 0] == pytest.approx(1.01)


def test_balance_can_be_over_more_than_one_volume():
    labels = np.array([[[0, 1]]], np.uint8)

    weights = error_weights(labels, TWO, config=FLAT, counts=np.array([30, 10]))

    np.testing.assert_allclose(weights, [[[0.01 + 1 / 3, 1.01]]], rtol=1e-6)


def test_classes_without_voxels_are_not_the_rarest():
    np.testing.assert_array_equal(class_balance(np.array([8, 0, 2])), [0.25, 0, 1])
    np.testing.assert_array_equal(class_balance(np.array([0, 0])), [0, 0])


def test_the_band_along_a_straight_border_is_3_4_pixels_wide_on_each_side():
    border = border_part(halves(BACKGROUND, CELL))[0, 10]

    inside = np.flatnonzero(border > 1e-6)
    assert inside.tolist() == [37, 38, 39, 40, 41, 42]
    # where the line through the outer two pixels of the band meets nought
    slope = border[38] - border[37]
    assert 2.5 + border[37] / slope == pytest.approx(3.4, abs=0.05)
    assert border[39] == pytest.approx(0.882 * 0.467, abs=0.01)  # its maximum stays
    np.testing.assert_allclose(border, border[::-1], atol=1e-6)


def test_weights_stay_below_their_bounds_however_crooked_the_borders():
    rng = np.random.default_rng(0)
    labels = rng.choice(7, (3, 60, 70), p=[0.4, 0.4, 0.05, 0.05, 0.05, 0.04, 0.01])
    labels = labels.astype(np.uint8)
    labels[0] = BACKGROUND
    labels[0, 30, 30] = CELL  # one voxel, all around it background

    border = border_part(labels)
    weights = error_weights(labels, PLATELET)

    assert border.max() <= 0.882 + 1e-6
    assert border.max() > 0.85
    assert border.min() >= 0
    assert weights.max() <= 1.892 + 1e-6
    assert weights.min() >= 0.01


def test_organelles_border_on_the_cell_and_not_on_the_background():
    assert border_part(halves(CELL, MITO)).max() > 0.3
    assert border_part(halves(BACKGROUND, MITO)).max() == 0


def test_organelles_do_not_border_on_each_other():
    assert border_part(halves(MITO, GRANULE)).max() == 0


def test_a_class_of_another_role_borders_on_all():
    vnc = ClassScheme.drosophila_vnc()
    intracellular, membrane, glia, mito = 0, 1, 2, 3

    for neighbour in (intracellular, glia, mito):
        assert border_part(halves(membrane, neighbour), vnc).max() > 0.3
    assert border_part(halves(intracellular, mito), vnc).max() > 0.3
    assert border_part(halves(glia, mito), vnc).max() == 0


def test_several_classes_of_another_role_border_on_each_other_and_on_all():
    roles = ["background", "cell", "organelle", "other", "other"]
    classes = {
        n: CellClass(name=f"{role} {n}", colour=(n, n, n), role=role)
        for n, role in enumerate(roles)
    }
    scheme = ClassScheme(classes=classes)

    for neighbour in (0, 1, 2, 3):
        assert border_part(halves(4, neighbour), scheme).max() > 0.3


def test_without_the_three_roles_every_class_borders_on_all():
    scheme = ClassScheme(
        classes={
            0: CellClass(name="background", colour=(0, 0, 0), role="background"),
            1: CellClass(name="mito", colour=(9, 9, 9), role="organelle"),
            2: CellClass(name="vesicle", colour=(8, 8, 8), role="organelle"),
        }
    )

    assert border_part(halves(0, 1), scheme).max() > 0.3
    assert border_part(halves(1, 2), scheme).max() > 0.3


def test_borders_are_seen_in_plane_only():
    labels = np.zeros((2, 20, 20), np.uint8)
    labels[1] = CELL

    assert border_part(labels).max() == 0


def test_ignored_voxels_weigh_nothing_and_cast_nothing():
    labels = halves(BACKGROUND, CELL)
    labels[..., 38:42] = 255
    labels[..., 60:] = 255

    weights = error_weights(labels, PLATELET)

    assert (labels == 255).sum() == 20 * 24
    assert weights[labels == 255].max() == 0
    assert weights[labels != 255].min() >= 0.01
    # past 60 there is nobody, so no border there
    assert weights[0, 0, 59] == pytest.approx(weights[0, 0, 52])


def test_labels_without_any_border_or_voxel():
    one = np.ones((1, 4, 5), np.uint8)
    np.testing.assert_allclose(error_weights(one, PLATELET), 1.01)

    ignored = np.full((1, 4, 5), 255, np.uint8)
    np.testing.assert_array_equal(error_weights(ignored, PLATELET), 0)

    assert error_weights(one[:0], PLATELET).shape == (0, 4, 5)


def test_the_input_is_untouched():
    labels = halves(BACKGROUND, CELL)
    before = labels.copy()

    error_weights(labels, PLATELET)

    np.testing.assert_array_equal(labels, before)


def test_a_single_slice_is_refused_with_the_way_out():
    sentence = r"labels must be \(Z, Y, X\), got shape \(4, 5\); a single slice is"
    with pytest.raises(VolumeError, match=sentence):
        error_weights(np.zeros((4, 5), np.uint8), PLATELET)


def test_unknown_labels_are_refused():
    with pytest.raises(VolumeError, match=r"labels: label ids \[9\] are not in the"):
        error_weights(np.full((1, 2, 2), 9, np.uint8), PLATELET)


@pytest.mark.parametrize(("power", "ratio"), [(0.5, 3), (0.25, 3**0.5), (0, 1)])
def test_the_balance_costs_one_on_average(power, ratio):
    counts = np.array([900, 0, 100])

    balance = power_balance(counts, power)

    assert balance[2] / balance[0] == pytest.approx(ratio)
    assert balance[1] == 0
    assert (balance * counts).sum() / counts.sum() == pytest.approx(1)
    assert power_balance(np.zeros(2, int), power).tolist() == [0, 0]
