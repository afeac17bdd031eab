import numpy as np

from densecell.phantom.shapes import Ellipsoid
from densecell.phantom.structure import PaintedBody, Structure


def ball(radius_nm):
    return Ellipsoid(np.full(3, float(radius_nm)), np.eye(3))


def paint(around, rng):
    return around.stain


def test_the_outer_body_is_the_first():
    body, core = PaintedBody(ball(90), paint, 5), PaintedBody(ball(30), paint, 6)

    assert Structure((body, core)).outer is body


def test_a_single_body_has_a_class_only_if_it_is_given_one():
    without, given = Structure.of(ball(90), paint), Structure.of(ball(90), paint, 3)

    assert (without.outer.class_id, given.outer.class_id) == (None, 3)
    assert without.clearance_nm == 25
