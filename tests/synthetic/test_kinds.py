import numpy as np
import pytest

from densecell.synthetic import KINDS, draw_kind


@pytest.mark.parametrize("name", KINDS)
def test_sizes_lie_in_their_ranges(name):
    kind = draw_kind(np.random.default_rng(0), name)

    for what, (low, high) in KINDS[name]._asdict().items():
        assert low <= getattr(kind, what) <= high
    assert 1 <= kind.anisotropy <= 12


def test_any_kind_is_drawn():
    rng = np.random.default_rng(0)

    assert {draw_kind(rng).name for _ in range(40)} == set(KINDS)
