import itertools

import numpy as np
import pytest

from densecell.errors import ConfigError
from densecell.geometry import Box
from densecell.suggestions import candidates, open_material
from densecell.suggestions.candidates import (
    box_size,
    candidate_groups,
    read_candidates,
)

SIZE = (1, 20, 24)


@pytest.fixture(scope="module")
def material(segmented):
    return open_material(segmented / "result")


def test_boxes_cover_every_voxel_and_stay_inside():
    shape, size = (3, 11, 17), (2, 4, 5)
    covered = np.zeros(shape, bool)

    for box in itertools.chain(*candidate_groups(shape, size)):
        assert box.shape == size
        assert Box.whole(shape).contains(box)
        covered[box.slices] = True

    assert covered.all()


def test_groups_are_read_in_pieces_that_do_not_grow_with_the_volume():
    groups = list(candidate_groups((40, 3000, 3000), (1, 256, 256)))

    assert len(groups) > 1
    for group in groups:
        around = group[0].union(group[-1])
        assert Box.whole(candidates.READ).contains(Box.whole(around.shape))
    assert sum(map(len, groups)) == 40 * 12 * 12


def test_of_too_many_boxes_evenly_spread_groups_are_kept(monkeypatch):
    monkeypatch.setattr(candidates, "MOST", 10)
    monkeypatch.setattr(candidates, "READ", (1, 8, 8))

    groups = list(candidate_groups((5, 8, 8), (1, 4, 4)))

    assert [group[0].start for group in groups] == [(0, 0, 0), (2, 0, 0), (4, 0, 0)]


def test_the_usual_box_is_cut_to_the_volume():
    assert box_size((5, 100, 300)) == (1, 100, 256)
    assert box_size((5, 100, 300), (2, 64, 32)) == (2, 64, 32)


@pytest.mark.parametrize("asked", [(0, 4, 4), (6, 4, 4)])
def test_boxes_that_do_not_fit_are_refused(asked):
    with pytest.raises(ConfigError, match=r"--size \d 4 4: .* result, of \(5, 9, 9\)"):
        box_size((5, 9, 9), asked)


def test_every_box_is_summed_up_by_what_lies_in_it(material):
    found = read_candidates(material, SIZE)

    whole = Box.whole(material.shape)
    classes, unsure, sure, image = (
        volume.read(whole)
        for volume in (
            material.classes,
            material.disagreement,
            material.confidence,
            material.image,
        )
    )
    grey = (image - material.run.statistics.mean) / material.run.statistics.std
    assert len(found.boxes) == 5 * 3 * 3
    for n, box in enumerate(found.boxes):
        at = box.slices
        assert found.disagreement[n] == pytest.approx(unsure[at].mean() / 255)
        assert found.doubt[n] == pytest.approx(1 - sure[at].mean() / 255)
        shares = [(classes[at] == i).mean() for i in (0, 1)]
        np.testing.assert_allclose(found.shares[n], shares)
        steps = np.abs(np.diff(grey[at], axis=2)).mean()
        expected = [grey[at].mean(), grey[at].std(), steps]
        np.testing.assert_allclose(found.grey[n], expected, rtol=1e-4, atol=1e-5)


def test_boxes_with_a_labelled_voxel_are_known(material):
    found = read_candidates(material, (2, 20, 24))

    # Slice 2 of the volume is labelled: slice 1 of the result.
    known = {
        box.start[0] for box, k in zip(found.boxes, found.labelled, strict=True) if k
    }
    unknown = {
        b.start[0] for b, k in zip(found.boxes, found.labelled, strict=True) if not k
    }
    assert known == {0, 1}
    assert unknown == {3}


def test_what_is_read_at_once_changes_nothing(material, monkeypatch):
    whole = read_candidates(material, SIZE)
    monkeypatch.setattr(candidates, "READ", (1, 40, 24))

    steps = []
    parts = read_candidates(material, SIZE, progress=lambda *step: steps.append(step))

    assert len(steps) > 9
    assert steps[-1][0] == steps[-1][1]
    order = [whole.boxes.index(box) for box in parts.boxes]
    assert sorted(order) == list(range(len(order)))
    for name in ("labelled", "disagreement", "doubt", "shares", "grey"):
        np.testing.assert_array_equal(getattr(whole, name)[order], getattr(parts, name))
