import numpy as np
import pytest

from densecell.synthetic import KINDS, SCHEME, draw_kind, draw_tissue
from densecell.synthetic.drawing import (
    BODY,
    INSIDE,
    MEMBRANE,
    OUTSIDE,
    SYNAPSE,
    value_noise,
)

SHAPE = (5, 96, 112)


def drawn(name, seed=0):
    rng = np.random.default_rng(seed)
    kind = draw_kind(rng, name)
    return kind, draw_tissue(kind, SHAPE, rng=rng)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_cells_and_membranes(name):
    _, tissue = drawn(name)

    shares = np.bincount(tissue.classes.ravel(), minlength=7) / tissue.classes.size
    assert tissue.classes.shape == SHAPE
    assert shares[INSIDE] > 0.15
    assert shares[MEMBRANE] > 0.02
    SCHEME.check(tissue.classes)


def test_membranes_lie_between_cells():
    kind, tissue = drawn("neuropil")

    near = tissue.depth_px < kind.gap_px + 2 * kind.wall_px
    border = np.isin(tissue.classes, (MEMBRANE, OUTSIDE, SYNAPSE))
    assert (border | ~near).all()
    sides = tissue.cells[:, :, 1:] != tissue.cells[:, :, :-1]
    assert border[:, :, 1:][sides].mean() > 0.9


def test_the_same_seed_draws_the_same_voxels():
    first, again, other = (drawn("walled cells", seed)[1] for seed in (4, 4, 5))

    np.testing.assert_array_equal(first.classes, again.classes)
    assert (first.classes != other.classes).any()


def test_large_bodies_have_folds():
    for seed in range(6):
        _, tissue = drawn("walled cells", seed)
        inside = tissue.texture[tissue.classes == BODY]
        if inside.size:
            break

    assert inside.size > 0
    assert inside.min() == -1
    assert inside.max() > 0.8


def test_noise_is_smooth():
    noise = value_noise((3, 60, 60), (1, 20, 20), np.random.default_rng(0))

    steps = np.abs(np.diff(noise, axis=2)).mean()
    assert noise.std() == pytest.approx(1, abs=0.01)
    assert steps < 0.15
