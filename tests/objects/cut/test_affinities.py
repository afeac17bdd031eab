"""Affinities beside labels are found with their pairs, and made coarse."""

import json

import numpy as np
import pytest

from densecell.errors import ConfigError, VolumeError
from densecell.geometry import FACES, Box, Spacing
from densecell.objects.cut.affinities import (
    Affinities,
    coarse_affinities,
    find_affinities,
)
from densecell.volume import ArrayVolume

SHAPE = (4, 6, 8)
SPACING = Spacing(40, 20, 20)
OFFSETS = (*FACES, (0, -4, 0), (0, 0, -4))
FAR = (0, 0, -4)


def sure(shape, borders=()):
    """Affinities of the faces and of `FAR`: sure everywhere but across x = borders."""
    found = np.full((4, *shape), 255, np.uint8)
    x = np.arange(shape[2])
    for border in borders:
        found[2, :, :, border] = 20
        found[3][:, :, (x >= border) & (x < border + 4)] = 10
    return found


@pytest.fixture
def cells():
    return np.random.default_rng(0).integers(1, 3, SHAPE)


@pytest.fixture
def labels():
    return ArrayVolume(np.ones(SHAPE, np.uint8), spacing_nm=SPACING)


@pytest.mark.parametrize("border", [4, 5, 6, 7])
def test_a_border_anywhere_in_coarse_voxels_is_seen(border):
    coarse, steps = coarse_affinities(
        sure((1, 4, 16), borders=(border,)), [*FACES, FAR], (1, 2, 4)
    )

    assert coarse.shape == (3, 1, 2, 4)  # the far pair lies on a face
    assert steps == list(FACES)
    # Middles are 2, 6, 10, 14: pairs 3 to 6 lie between the first two.
    between = [1, 2][border > 6]
    np.testing.assert_allclose(coarse[2, 0, :, between], 20 / 255, rtol=1e-6)
    assert (coarse[2, 0, :, [n for n in range(4) if n != between]] == 1).all()


def test_far_pairs_become_means_of_coarse_voxels():
    fine = sure((1, 2, 16))
    fine[3, 0, 0, 8] = 55

    coarse, steps = coarse_affinities(fine, [*FACES, (0, 0, -8)], (1, 2, 4))

    assert steps == [*FACES, (0, 0, -2)]
    np.testing.assert_allclose(coarse[3, 0, 0, 2], 1 - 200 / 8 / 255, rtol=1e-6)


def test_stores_are_found_with_their_offsets(tmp_path, cells, labels, write_affinities):
    assert find_affinities(tmp_path, labels) == ()

    write_affinities(tmp_path, cells, offsets=OFFSETS)

    assert find_affinities(tmp_path, labels) == OFFSETS
    read = Affinities(tmp_path, OFFSETS).read(Box((1, 2, 3), (4, 6, 7)))
    assert read.shape == (5, 3, 4, 4)


def test_pairs_that_are_far_apart_are_left_out_but_for_the_faces(
    tmp_path, cells, write_affinities
):
    offsets = (*FACES, (0, -4, 0), (0, 0, -4), (0, -3, -3))
    write_affinities(tmp_path, cells, offsets=offsets)
    every, box = Affinities(tmp_path, offsets), Box((1, 2, 3), (4, 6, 8))

    near, nearer = (every.within(reach, Spacing(40, 10, 9)) for reach in (41, 38))

    assert near.offsets == offsets
    assert nearer.offsets == (*FACES, (0, 0, -4))
    np.testing.assert_array_equal(nearer.read(box), every.read(box)[[0, 1, 2, 4]])
    assert every.offsets == offsets


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not readable as JSON"),
        ('{"format": 2, "offsets": [], "attractive": 3}', "format"),
        ('{"format": 1, "offsets": [[0, 0, -2]], "attractive": 3}', "the faces"),
    ],
)
def test_a_file_of_offsets_that_makes_no_sense_is_named(
    tmp_path, cells, labels, write_affinities, text, words
):
    write_affinities(tmp_path, cells, offsets=OFFSETS)
    (tmp_path / "segmentation.zarr" / "affinities.json").write_text(text)

    with pytest.raises((VolumeError, ConfigError), match=words):
        find_affinities(tmp_path, labels)


def test_stores_that_do_not_cover_the_labels_are_named(
    tmp_path, cells, labels, write_affinities
):
    write_affinities(tmp_path, cells, offsets=OFFSETS)
    narrow = ArrayVolume(np.ones((4, 6, 7), np.uint8), spacing_nm=SPACING)
    with pytest.raises(VolumeError, match=r"affinity_0: is \(4, 6, 8\) voxels"):
        find_affinities(tmp_path, narrow)

    pairs = {"format": 1, "offsets": [*OFFSETS, (0, 0, -9)], "attractive": 3}
    (tmp_path / "segmentation.zarr" / "affinities.json").write_text(json.dumps(pairs))
    with pytest.raises(VolumeError, match="affinity_5"):
        find_affinities(tmp_path, labels)
