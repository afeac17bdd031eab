import numpy as np
import pytest

from densecell.config import ProjectConfig
from densecell.errors import ConfigError, SpacingError, VolumeError
from densecell.geometry import FACES, Spacing
from densecell.patches import default_affinities, load_labelled, pair_targets

U = 255  # unknown
ROW = np.array([[[1, 1, 2, 0, 0]]])
KNOWN = np.zeros((1, 1, 5), np.uint8)


def row_of(offset, ids=ROW, channels=KNOWN):
    return pair_targets(ids, channels, [offset])[0, 0, 0].tolist()


@pytest.mark.parametrize(
    ("offset", "told"),
    [
        ((0, 0, -1), [U, 1, 0, U, U]),  # outside, same, other, then no cell
        ((0, 0, 1), [1, 0, U, U, U]),
        ((0, 0, -2), [U, U, 0, U, U]),
        ((0, 0, -9), [U] * 5),
        ((0, -1, 0), [U] * 5),
        ((-1, 0, 0), [U] * 5),
    ],
)
def test_pairs_along_a_row(offset, told):
    assert row_of(offset) == told


def test_pairs_along_the_other_axes():
    ids = ROW.reshape(5, 1, 1)
    channels = KNOWN.reshape(5, 1, 1)

    found = pair_targets(ids, channels, [(-1, 0, 0)])
    assert found.ravel().tolist() == [U, 1, 0, U, U]
    diagonal = np.array([[[1, 0], [0, 1]]])
    found = pair_targets(diagonal, np.zeros((1, 2, 2), np.uint8), [(0, -1, -1)])
    assert found.ravel().tolist() == [U, U, U, 1]


def test_a_pair_with_an_unknown_voxel_is_unknown():
    channels = np.array([[[0, 255, 0, 224, 0]]], np.uint8)

    ids = np.array([[[1, 1, 2, 3, 4]]])

    assert row_of((0, 0, -1), ids, channels) == [U, U, U, U, U]
    assert row_of((0, 0, -2), ids, channels) == [U, U, 0, U, 0]


def test_far_pairs_have_a_physical_length():
    assert default_affinities(Spacing(10, 10, 10)) == (
        *FACES,
        (-2, 0, 0),
        (0, -8, 0),
        (0, 0, -8),
        (0, -24, 0),
        (0, 0, -24),
    )
    fine = default_affinities(Spacing(4, 4, 4))
    assert fine[4:] == ((0, -20, 0), (0, 0, -20), (0, -40, 0), (0, 0, -40))
    assert default_affinities(Spacing(40, 4, 4))[-1] == (0, 0, -60)
    coarse = default_affinities(Spacing(100, 100, 100))
    assert coarse == (*FACES, (-2, 0, 0), (0, -2, 0), (0, 0, -2))


@pytest.fixture
def project(tmp_path):
    """A function that writes a project with ids of cells, and reads it."""

    def make(objects, **changes):
        shape = (3, 16, 16)
        rng = np.random.default_rng(0)
        np.save(tmp_path / "image.npy", rng.integers(0, 255, shape, np.uint8))
        np.save(tmp_path / "labels.npy", np.ones(shape, np.uint8))
        entry = {"image": "image.npy", "labels": "labels.npy"}
        if objects is not None:
            np.save(tmp_path / "objects.npy", objects)
            entry["objects"] = "objects.npy"
        values = {
            "classes": "platelet",
            "volumes": [entry | {"spacing_nm": (40, 10, 10)} | changes],
            "spacing_nm": (40, 10, 10),
            "network": {"affinities": FACES},
        }
        project = ProjectConfig.model_validate(values)
        return load_labelled(project, tmp_path, role="train")[0]

    return make


def test_ids_are_numbered_anew(project):
    ids = np.zeros((3, 16, 16), np.uint64)
    ids[0], ids[2] = 2**40, 7

    objects = project(ids, z=(0, 3)).objects

    assert objects.dtype == np.int32
    assert set(np.unique(objects)) == {0, 1, 2}
    np.testing.assert_array_equal(objects > 0, ids > 0)


def test_what_is_missing_or_does_not_fit_is_named(project):
    with pytest.raises(ConfigError, match="add `objects: FILE` to the volume"):
        project(None)
    with pytest.raises(VolumeError, match=r"cell ids have \(3, 16, 8\) voxels"):
        project(np.ones((3, 16, 8), np.uint16))
    with pytest.raises(VolumeError, match=r"no cell lies in .*, so there is nothing"):
        project(np.zeros((3, 16, 16), np.uint16))
    with pytest.raises(SpacingError, match="of the project's own spacing only"):
        project(np.ones((3, 16, 16), np.uint16), spacing_nm=(40, 15, 15))
    with pytest.raises(
        VolumeError, match=r"must be whole numbers from 0 .*, found int32"
    ):
        project(np.full((3, 16, 16), -1, np.int32))


def test_networks_that_cannot_learn_them_say_so():
    for network, words in (
        ({"name": "unet2d", "affinities": FACES}, "sees one slice at a time"),
        ({"affinities": FACES, "relu_logits": True}, "no relu_logits"),
        ({"affinities": [(0, 0, -2)]}, "must be the faces"),
        ({"affinities": [*FACES, (0, -2, 0), (0, -2, 0)]}, "each affinity once"),
    ):
        with pytest.raises(ValueError, match=words):
            ProjectConfig.model_validate(
                {
                    "classes": "platelet",
                    "volumes": [
                        {"image": "a", "labels": "b", "spacing_nm": (40, 10, 10)}
                    ],
                    "network": network,
                }
            )
