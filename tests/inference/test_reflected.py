import numpy as np
import pytest

from densecell.geometry import pairs_in
from densecell.inference import Engine, Reflected


def noise(batch, shape):
    rng = np.random.default_rng(0)
    return rng.normal(size=(batch, 1, *shape)).astype(np.float32)


class Sided(Engine):
    """Says of the first row and column what it does not say of others."""

    def probabilities(self, windows):
        marked = np.zeros_like(windows)
        marked[..., 0, :] += 1
        marked[..., :, 0] += 10
        return marked + windows


def test_reflections_are_seen_and_turned_back():
    windows = noise(2, (1, 4, 6))

    said = Reflected(Sided()).probabilities(windows) - windows

    row, column = np.zeros(4), np.zeros(6)
    row[[0, -1]], column[[0, -1]] = 0.5, 5
    expected = row[:, None] + column
    np.testing.assert_allclose(said, np.broadcast_to(expected, said.shape), atol=1e-5)


class Right(Engine):
    """Says of each voxel what it is, and of each pair something of both."""

    affinities = 1

    def __init__(self, offset):
        self.offset = offset

    def probabilities(self, windows):
        here, there = pairs_in(windows.shape[2:], self.offset)
        pairs = np.full_like(windows[:, 0], -100)  # where none lies inside
        pairs[:, *here] = windows[:, 0, *here] * 10 + windows[:, 0, *there]
        pairs[:, *here] *= windows[:, 0, *there] * 10 + windows[:, 0, *here]
        return np.stack([windows[:, 0], pairs], axis=1)


@pytest.mark.parametrize("offset", [(-1, 0, 0), (0, -2, 0), (0, 1, -2), (1, 0, 2)])
def test_of_a_reflected_pair_the_same_is_said_as_of_the_pair(offset):
    """What is right is right about all reflections: their mean is no other."""
    windows = noise(2, (2, 6, 7))
    engine = Right(offset)
    straight = engine.probabilities(windows)

    found = Reflected(engine, [offset]).probabilities(windows)

    here, _ = pairs_in((2, 6, 7), offset)
    np.testing.assert_allclose(found[:, 0], windows[:, 0], rtol=1e-6)
    np.testing.assert_allclose(found[:, 1, *here], straight[:, 1, *here], rtol=1e-5)


@pytest.mark.parametrize(
    ("offset", "mean"),
    [((-1, 0, 0), 4), ((0, -2, 0), 4), ((0, 1, -2), 3), ((1, 0, 2), 3)],
)
def test_every_reflection_that_tells_of_a_pair_counts(offset, mean):
    answers = iter([1, 5, 5, 5])

    class Fickle(Engine):
        affinities = 1

        def probabilities(self, windows):
            return np.full((len(windows), 2, *windows.shape[2:]), next(answers), float)

    found = Reflected(Fickle(), [offset]).probabilities(noise(1, (3, 6, 7)))

    assert found[0, 1, 1, 3, 3] == mean
    assert found[0, 0, 1, 3, 3] == 4


def test_affinities_without_their_offsets_are_refused():
    with pytest.raises(ValueError, match="1 affinities need as many offsets"):
        Reflected(Right((0, 0, 1)))
