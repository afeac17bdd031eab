import itertools

import numpy as np
import pytest

from densecell.errors import ConfigError
from densecell.geometry import Box
from densecell.suggestions import candidates
from densecell.suggestions.candidates import box_size, candidate_groups


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
