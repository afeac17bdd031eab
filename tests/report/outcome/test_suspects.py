import numpy as np
import pytest

from densecell.report.outcome.suspects import (
    disputed_counts,
    doubtful_bodies,
    giants,
    suspect_remarks,
    two_sizes,
)


def bodies(volumes, *, share=0.9, name="granule", whole=True):
    """Rows of organelles, with ids from 1."""
    return [
        {
            "organelle_id": str(n),
            "class": name,
            "volume_um3": f"{volume:.6f}",
            "class_share": "" if share is None else f"{share}",
            "touches_border": "false" if whole else "true",
        }
        for n, volume in enumerate(volumes, 1)
    ]


def one_size(count, *, centre=0.01, seed=0):
    return centre * np.random.default_rng(seed).lognormal(0, 0.35, count)


def cell(number, count, least, most):
    values = (str(value) for value in (number, count, least, most))
    names = ("cell_id", "granule_count", "granule_count_min", "granule_count_max")
    return dict(zip(names, values, strict=True))


def test_a_clean_result_has_nothing_suspect(drawn):
    tables = {
        "organelles": bodies(one_size(60)),
        "cells": [cell(1, 30, 28, 31) | {"touches_border": "false"}],
    }

    assert suspect_remarks(drawn(tables=tables)) == []
    assert suspect_remarks(drawn()) == []


@pytest.mark.parametrize("seed", range(20))
def test_sizes_of_one_kind_have_one_peak(seed):
    assert list(two_sizes(bodies(one_size(60, seed=seed)), "organelle_id")) == []


def test_pieces_beside_whole_bodies_are_two_sizes():
    pieces, whole = one_size(20, centre=0.0005), one_size(30)

    (sentence,) = two_sizes(bodies([*pieces, *whole]), "organelle_id")

    assert sentence.startswith("granule: sizes have two peaks, near 0.00048 and")
    assert sentence.endswith("look at organelle 1, 2, 3, 4, 5 and 15 more.")


def test_sizes_of_what_the_border_cuts_do_not_count():
    cut = bodies([*one_size(20, centre=0.0005), *one_size(30)], whole=False)

    assert list(two_sizes(cut, "organelle_id")) == []


def test_bodies_in_doubt_are_named_the_worst_first():
    rows = [*bodies([1.0] * 8), *bodies([1.0] * 2, share=0.55)]
    rows[8]["organelle_id"], rows[9]["organelle_id"] = "9", "10"
    rows[9]["class_share"] = "0.51"

    (sentence,) = doubtful_bodies(rows)

    assert "of 10 objects 2 are nearly as much of another class" in sentence
    assert sentence.endswith("Look first at organelle 10, 9.")


def test_a_few_bodies_in_doubt_or_without_votes_are_no_matter():
    rows = [*bodies([1.0] * 19), *bodies([1.0], share=0.5)]

    assert list(doubtful_bodies(rows)) == []
    assert list(doubtful_bodies(bodies([1.0] * 9, share=None))) == []


def test_one_object_of_most_of_a_class_is_named():
    (sentence,) = giants(bodies([1, 1, 6, 1, 1]), "organelle_id")

    assert sentence.startswith("granule: organelle 3 holds 60 % of the volume")
    assert list(giants(bodies([1, 1, 4, 1, 1]), "organelle_id")) == []
    assert list(giants(bodies([1, 6]), "organelle_id")) == []


def test_counts_that_networks_disagree_on_are_told_with_the_cells():
    cells = [cell(1, 5, 5, 6), cell(2, 5, 1, 12), cell(3, 5, 4, 5)]

    (sentence,) = disputed_counts(cells)

    assert sentence == (
        "granule: single networks count from 10 to 23 inside the cells, all together "
        "15. They differ most in cell 2, 1, 3."
    )
    assert list(disputed_counts([cell(1, 20, 18, 23)])) == []
    assert list(disputed_counts([{"cell_id": "1", "granule_count": "20"}])) == []
