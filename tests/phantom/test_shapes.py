import numpy as np
import pytest

from densecell.phantom.shapes import Ellipsoid, Tube, random_frame, tilted


def at(z, y, x):
    return tuple(np.full((1, 1, 1), v, np.float32) for v in (z, y, x))


@pytest.mark.parametrize(
    ("point", "distance"),
    [((0, 0, 100), 0), ((50, 0, 0), 0), ((0, 0, 110), 10), ((0, 90, 0), -10)],
)
def test_an_ellipsoid_measures_along_its_axes(point, distance):
    body = Ellipsoid(np.array([50.0, 100.0, 100.0]), np.eye(3))

    assert body.distance_nm(at(*point)).item() == pytest.approx(distance, abs=1e-3)


@pytest.mark.parametrize(
    ("point", "distance"),
    [((0, 5, 0), -5), ((0, 0, 120), 10), ((0, 40, 100), 30), ((-30, 0, 50), 20)],
)
def test_a_tube_measures_to_its_path(point, distance):
    body = Tube(np.array([[0.0, 0, 0], [0, 0, 100]]), np.array([10.0, 10.0]))

    assert body.distance_nm(at(*point)).item() == pytest.approx(distance, abs=1e-3)


@pytest.mark.parametrize("bend", [0.0, 0.3])
def test_a_body_lies_within_its_reach(bend):
    rng = np.random.default_rng(0)
    body = Ellipsoid(np.array([90.0, 60, 50]), random_frame(rng), bend, bumps=0.1)
    axis = np.arange(-200, 201, 10, dtype=np.float32)
    offsets = axis[:, None, None], axis[None, :, None], axis[None, None, :]

    inside = body.distance_nm(offsets) < 0

    radius = np.sqrt(sum(o**2 for o in offsets))
    assert inside.any()
    assert radius[inside].max() <= body.reach_nm


def test_frames_are_orthonormal():
    rng = np.random.default_rng(0)

    frame = tilted(random_frame(rng), 0.4, rng)

    np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-12)
