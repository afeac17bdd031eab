import numpy as np
import pytest

from densecell.geometry import Box, Spacing
from densecell.phantom.lattice import Lattice
from densecell.phantom.paints import clouded, mottled, striped
from densecell.phantom.shapes import Ellipsoid
from densecell.phantom.structure import Neighbourhood

BALL = Ellipsoid(np.full(3, 100.0), np.eye(3))
PAINTS = {
    "mottled": mottled(60, grain=0, rim=0),
    "striped": striped(BALL, 60, stripe=0, rim=0),
    "clouded": clouded(BALL, 60, edge_nm=40),
}


def around_a_ball(grey=120):
    lattice = Lattice((31, 31, 31), Spacing(10, 10, 10))
    offsets = lattice.offsets(Box.whole(lattice.shape), np.full(3, 155.0))
    stain = np.full(lattice.shape, grey, np.float32)
    return Neighbourhood(lattice, stain, BALL.distance_nm(offsets), offsets)


@pytest.mark.parametrize("paint", PAINTS.values(), ids=PAINTS)
def test_a_paint_covers_the_inside_and_leaves_the_rest(paint):
    around = around_a_ball()

    stain = paint(around, np.random.default_rng(0))

    assert stain[15, 15, 15] == pytest.approx(60, abs=0.1)
    assert stain[0, 0, 0] == pytest.approx(120, abs=0.1)
    assert (around.stain == 120).all()


def test_a_rim_is_a_dark_membrane_at_the_surface():
    around = around_a_ball(grey=60)

    stain = mottled(60, grain=0, rim=40)(around, np.random.default_rng(0))

    darkest = np.abs(around.distance_nm[stain < 25])
    assert darkest.size
    assert darkest.max() < 20


def test_stripes_run_across_the_long_axis():
    around = around_a_ball()

    stain = striped(BALL, 60, stripe=30, rim=0)(around, np.random.default_rng(0))

    inside = stain[9:22, 12:19, 12:19]  # the long axis of a ball is its first: z
    along, across = (np.abs(np.diff(inside, axis=axis)).mean() for axis in (0, 2))
    assert along > 2 * across
