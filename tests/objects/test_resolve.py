"""What a measurement is settled to, and what a resume may differ in."""

import re

import numpy as np
import pytest

from densecell.errors import ConfigError, OutputError
from densecell.geometry import FACES
from densecell.objects.resolve import (
    BLOCK,
    CUT_BLOCK,
    affinities_of,
    check_same_measurement,
    resolve_measurement,
)
from densecell.volume import ArrayVolume


@pytest.fixture
def source(tmp_path, source_of):
    return source_of(np.ones((3, 5, 7), np.uint8), tmp_path)


def test_everything_that_bytes_depend_on_is_settled(source, plain):
    settled = resolve_measurement(source, plain())

    assert settled.labels == "labels.npy"
    assert settled.shape == (3, 5, 7)
    assert settled.classes == source.scheme
    assert settled.objects == plain()
    assert set(settled.versions) == {
        "densecell",
        "numpy",
        "connected-components-3d",
        "bioimage-cpp",
    }


@pytest.mark.parametrize(
    ("wanted", "block"),
    [
        (None, (3, 8, 8)),  # the volume, filled up to coarse voxels of 1 x 4 x 2
        ((2, 3, 3), (2, 4, 4)),
        ((1, 1, 1), (1, 4, 2)),
    ],
)
def test_blocks_are_of_whole_coarse_voxels(source, plain, wanted, block):
    assert resolve_measurement(source, plain(block=wanted)).block == block


def test_cells_are_cut_by_affinities_where_there_are_any(source, plain):
    cut = plain(cells={"split": True})
    with_them = source._replace(affinities=FACES)

    assert affinities_of(source, cut) == ()
    assert affinities_of(with_them, cut) == FACES
    assert affinities_of(with_them, plain()) == ()  # cells stay whole
    by_distances = plain(cells={"split": True}, cells_by="distances")
    assert affinities_of(with_them, by_distances) == ()
    with pytest.raises(ConfigError, match="has no affinities to cut cells by"):
        affinities_of(source, plain(cells_by="affinities"))


@pytest.mark.parametrize(("affinities", "block"), [((), BLOCK), (FACES, CUT_BLOCK)])
def test_the_usual_block_is_smaller_with_affinities(
    source, plain, affinities, block, monkeypatch
):
    monkeypatch.setattr("densecell.objects.resolve.fingerprint", lambda labels: "")
    large = ArrayVolume(
        np.broadcast_to(np.uint8(1), (100, 600, 600)),
        spacing_nm=source.spacing_nm,
        path=source.labels.path,
    )
    source = source._replace(labels=large, affinities=affinities)

    settled = resolve_measurement(source, plain(cells={"split": True}))

    assert settled.block == block


def test_a_resume_need_not_name_the_block(source, plain):
    then = resolve_measurement(source, plain(block=(1, 4, 2)))

    check_same_measurement(then, source, plain())
    check_same_measurement(then, source, plain(block=(1, 4, 2)))
    with pytest.raises(OutputError, match=r"objects\.block \(1, 4, 2\), now asked for"):
        check_same_measurement(then, source, plain(block=(3, 4, 2)))


def test_other_versions_may_go_on(source, plain):
    then = resolve_measurement(source, plain())

    older = then.model_copy(update={"versions": {"numpy": "0.1"}})

    check_same_measurement(older, source, plain())


def test_the_first_difference_is_named(source, plain, tmp_path):
    then = resolve_measurement(source, plain())

    other = plain(cells={"split": False, "min_volume_um3": 2})

    sentence = (
        f"{tmp_path}: was begun with objects.cells.min_volume_um3 0.0, now asked for "
        "2.0; pass --overwrite to measure anew"
    )
    with pytest.raises(OutputError, match=re.escape(sentence)):
        check_same_measurement(then, source, other)
