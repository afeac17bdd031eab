import numpy as np
import pytest

from densecell.synthetic import draw_kind, draw_look, draw_tissue, imaged
from densecell.synthetic.drawing import INSIDE, MEMBRANE

SHAPE = (4, 96, 96)


@pytest.fixture(scope="module")
def tissue():
    rng = np.random.default_rng(1)
    return draw_tissue(draw_kind(rng, "neuropil"), SHAPE, rng=rng)


def look(**changes):
    plain = {"scratches": 0, "missing": False, "inverted": False}
    return draw_look(np.random.default_rng(2))._replace(**plain | changes)


def grey(tissue, **changes):
    return imaged(tissue, look(**changes), rng=np.random.default_rng(3))


def test_membranes_are_dark_and_bright_where_inverted(tissue):
    for inverted in (False, True):
        image = grey(tissue, inverted=inverted)
        membrane, inside = (
            image[tissue.classes == n].mean() for n in (MEMBRANE, INSIDE)
        )
        assert bool(membrane > inside) is inverted


def test_a_missing_section_is_black(tissue):
    image = grey(tissue, missing=True)

    assert [plane.max() for plane in image].count(0) == 1


def test_scratches_are_drawn(tissue):
    changed = grey(tissue, scratches=3) != grey(tissue)

    assert 0 < changed.mean() < 0.1


def test_looks_differ():
    looks = {draw_look(np.random.default_rng(seed)) for seed in range(5)}

    assert len(looks) == 5
