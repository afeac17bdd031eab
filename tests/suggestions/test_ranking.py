import numpy as np

from densecell.geometry import Box, Spacing
from densecell.suggestions.candidates import Candidates
from densecell.suggestions.ranking import rank, rarity

NM = Spacing(50, 5, 5)


def candidates(unsure, *, shares=None, grey=None, labelled=(), doubt=None, starts=None):
    """Rows of boxes of 1 x 8 x 8 voxels, far apart in one row."""
    n = len(unsure)
    starts = starts or [1000 * i for i in range(n)]
    return Candidates(
        tuple(Box((0, 0, x), (1, 8, x + 8)) for x in starts),
        np.isin(np.arange(n), labelled),
        np.array(unsure, float),
        np.array(unsure if doubt is None else doubt, float),
        np.full((n, 2), 0.5) if shares is None else np.array(shares, float),
        np.zeros((n, 3)) if grey is None else np.array(grey, float),
    )


def numbers(found, count, *, members=2):
    picks = rank(found, count, spacing_nm=NM, members=members)
    return [pick.number for pick in picks]


def test_the_least_sure_box_comes_first():
    assert numbers(candidates([0.1, 0.3, 0.2]), 3) == [1, 2, 0]


def test_a_single_member_is_ranked_by_its_doubt():
    seen = candidates([0.0, 0.0, 0.0], doubt=[0.1, 0.2, 0.3])

    assert numbers(seen, 1, members=1) == [2]
    assert numbers(seen, 1, members=2) == [0]


def test_of_equally_sure_boxes_that_with_the_rare_class_comes_first():
    shares = [[1, 0], [0.99, 0.01], [1, 0]]

    assert numbers(candidates([0.1] * 3, shares=shares), 1) == [1]


def test_a_class_counts_by_how_rare_it_is():
    shares = np.array([[0.9, 0.1], [0.999, 0.001], [0.999, 0.0]])

    values = rarity(shares)

    mean = shares.mean(axis=0)
    expected = (np.sqrt(0.9 / mean[0]) + np.sqrt(0.1 / mean[1])) / 2
    np.testing.assert_allclose(values[0], expected)
    assert values[0] > values[1] > values[2]


def test_a_box_like_the_one_before_gives_way_to_another_kind():
    grey = [[1, 1, 1], [1, 1, 1], [-1, 2, 0]]

    assert numbers(candidates([0.3, 0.2, 0.1], grey=grey), 2) == [0, 2]
    assert numbers(candidates([0.3, 0.2, 0.1]), 2) == [0, 1]


def test_the_same_place_one_slice_on_gives_way_to_one_far_away():
    grey = [[1, 1, 1], [-1, 2, 0], [0, -1, 2]]  # all unlike each other
    seen = candidates([0.3, 0.1, 0.1], grey=grey)
    places = tuple(Box((z, 0, 0), (z + 1, 40, 40)) for z in (0, 1, 40))

    assert numbers(seen._replace(boxes=places), 2) == [0, 2]
    assert numbers(seen._replace(boxes=places[::-1]), 2) == [0, 1]


def test_what_is_labelled_is_left_out_and_what_is_like_it_comes_later():
    grey = [[1, 1, 1], [1, 1, 1], [-1, 2, 0]]

    picks = numbers(candidates([0.3, 0.2, 0.1], grey=grey, labelled=[0]), 3)

    assert picks == [2, 1]


def test_no_two_boxes_overlap():
    seen = candidates([0.3, 0.2, 0.1], starts=[0, 4, 12])

    assert numbers(seen, 3) == [0, 2]


def test_equals_go_in_raster_order_and_all_labelled_gives_none():
    assert numbers(candidates([0.1, 0.1, 0.1]), 1) == [0]
    assert numbers(candidates([0.1, 0.2], labelled=[0, 1]), 2) == []
