from fractions import Fraction

import numpy as np
import pytest

from densecell.ensemble.blocks import Runner, label_region, read_region
from densecell.geometry import Box, Tiling
from densecell.inference import Engine
from densecell.volume import ArrayVolume, Grid, ResampledVolume, Statistics

SHAPE = (1, 1, 3)
STILL = Statistics(0.0, 1.0, 0.0, 1.0)


class Says(Engine):
    """Gives these probabilities of (class, x), whatever it sees."""

    def __init__(self, *rows):
        self.shares = np.array(rows, np.float32)[None, :, None, None, :]

    def probabilities(self, windows):
        return self.shares


class Sees(Engine):
    """Gives its intensities as the probability of the second class."""

    def __init__(self, lost=0):
        self.lost = lost

    def probabilities(self, windows):
        seen = windows[:, :, :, self.lost : windows.shape[3] - self.lost]
        return np.concatenate([1 - seen, seen], 1)


class Counting(ArrayVolume):
    """Counts how often it is read."""

    reads = 0

    def _read(self, box):
        self.reads += 1
        return super()._read(box)


def label_block(volume, statistics, runners, box, *, classes=2):
    region = read_region(volume, statistics, runners, box)
    return label_region(region, runners, classes)


def said(*engines):
    tiling = Tiling(SHAPE, SHAPE, (0, 0, 0), step=1)
    runners = [Runner(engine, tiling, (0, 0, 0)) for engine in engines]
    volume = ArrayVolume(np.zeros(SHAPE, np.float32))
    classes = engines[0].shares.shape[1]
    return label_block(volume, STILL, runners, Box.whole(SHAPE), classes=classes)


def test_the_mean_decides():
    block = said(
        Says([0.9, 0.4, 0.2], [0.1, 0.6, 0.8]), Says([0.3, 0.5, 0.1], [0.7, 0.5, 0.9])
    )

    np.testing.assert_allclose(block.probabilities[1, 0, 0], [0.4, 0.55, 0.85])
    assert block.channels.tolist() == [[[0, 1, 1]]]
    assert block.members.tolist() == [[[[0, 1, 1]]], [[[1, 0, 1]]]]


def test_confidence_is_the_highest_mean_in_parts_of_255():
    block = said(Says([1.0, 0.5, 0.2], [0.0, 0.5, 0.8]))

    assert block.confidence.tolist() == [[[255, 128, 204]]]  # 127.5 goes to even
    assert block.confidence.dtype == np.uint8


def test_disagreement_is_the_share_of_members_that_say_otherwise():
    yes, no = [0.2, 0.2, 0.2], [0.8, 0.8, 0.8]
    block = said(
        Says(no, yes),  # 0 0 0
        Says([0.9, 0.1, 0.4], [0.1, 0.9, 0.6]),  # 0 1 1
        Says([0.9, 0.9, 0.4], [0.1, 0.1, 0.6]),  # 0 0 1
    )

    assert block.channels.tolist() == [[[0, 0, 0]]]
    assert block.disagreement.tolist() == [[[0, 85, 170]]]


def test_one_member_agrees_with_itself():
    block = said(Says([0.6, 0.4, 0.5], [0.4, 0.6, 0.5]))

    assert block.disagreement.max() == 0


def test_of_equal_classes_the_lowest_wins():
    equal = [0.4, 0.2, 1 / 3]
    block = said(Says([0.2, 0.6, 1 / 3], equal, equal))

    assert block.channels.tolist() == [[[1, 0, 0]]]
    assert block.members.tolist() == [[[[1, 0, 0]]]]


def test_opposite_members_end_in_a_tie_for_the_lowest():
    block = said(
        Says([1.0, 0.0, 0.5], [0.0, 1.0, 0.5]), Says([0.0, 1.0, 0.5], [1.0, 0.0, 0.5])
    )

    assert block.channels.tolist() == [[[0, 0, 0]]]
    assert block.confidence.tolist() == [[[128, 128, 128]]]
    assert block.disagreement.tolist() == [[[128, 128, 0]]]


@pytest.mark.parametrize("box", [Box.whole((5, 19, 30)), Box((1, 3, 7), (4, 18, 29))])
def test_a_block_is_read_once_for_all_tiles_and_members(box):
    noise = np.random.default_rng(0).random((5, 19, 30)).astype(np.float32)
    volume = Counting(noise)
    tiling = Tiling(volume.shape, (3, 16, 16), (1, 4, 4), step=8)
    wide = Tiling(volume.shape, (1, 8, 8), (0, 0, 0), step=8, flush=False)
    runners = [
        Runner(Sees(), tiling._replace(margin=(1, 4, 4), step=4), (0, 0, 0)),
        Runner(Sees(lost=6), wide, (0, 6, 0)),
    ]

    block = label_block(volume, STILL, runners, box)

    assert volume.reads == 1
    np.testing.assert_allclose(block.probabilities[1], noise[box.slices], rtol=1e-6)


def test_intensities_are_normalised():
    volume = ArrayVolume(np.array([[[10, 12, 14]]], np.uint8))
    tiling = Tiling(SHAPE, SHAPE, (0, 0, 0), step=1)
    runners = [Runner(Sees(), tiling, (0, 0, 0))]

    block = label_block(volume, Statistics(10.0, 4.0, 0, 0), runners, Box.whole(SHAPE))

    assert block.probabilities[1].tolist() == [[[0.0, 0.5, 1.0]]]


@pytest.mark.parametrize("ratio", [Fraction(3, 2), Fraction(37, 40), Fraction(3, 7)])
@pytest.mark.parametrize("box", [Box.whole((5, 30, 40)), Box((1, 3, 7), (4, 18, 29))])
def test_what_is_seen_on_a_grid_comes_back_in_its_place(ratio, box):
    z, y, x = np.mgrid[:5, :30, :40].astype(np.float32)
    volume = ArrayVolume(0.1 * z + 0.01 * y + 0.005 * x)
    grid = Grid(volume.shape, (Fraction(5, 4), ratio, ratio))
    tiling = Tiling(grid.shape, (3, 16, 16), (1, 4, 4), step=8)
    runners = [Runner(Sees(), tiling, (0, 0, 0), grid)]

    block = label_block(ResampledVolume(volume, grid), STILL, runners, box)

    found, expected = block.probabilities[1], volume.read(box)
    inner = Box.whole(volume.shape).grown((-2, -3, -3)).intersection(box)
    inside = inner.relative_to(box.start).slices
    assert found.shape == expected.shape
    np.testing.assert_allclose(found[inside], expected[inside], atol=5e-4)
    np.testing.assert_allclose(found, expected, atol=0.08)
