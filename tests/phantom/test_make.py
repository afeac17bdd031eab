import numpy as np
import pytest
from scipy import ndimage

from densecell.classes import ClassScheme
from densecell.errors import ConfigError
from densecell.geometry import Spacing
from densecell.phantom import SECOND_SUBJECT, Look, Phantom, make_phantom

SCHEME = ClassScheme.platelet()
PUBLISHED_PERCENT = (46.7, 46.2, 0.93, 3.28, 2.51, 0.27, 0.11)


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return make_phantom((16, 320, 320), seed=5)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not():
    first = make_phantom((3, 64, 80), seed=5)

    again, other = (make_phantom((3, 64, 80), seed=s) for s in (5, 6))

    for one, two in zip(first[:4], again[:4], strict=True):
        assert one.tobytes() == two.tobytes()
    assert first.intensities.tobytes() != other.intensities.tobytes()


def test_every_class_is_there_in_about_its_published_share(phantom):
    counts = np.bincount(phantom.classes.ravel(), minlength=7)

    percent = 100 * counts / counts.sum()

    for found, published in zip(percent, PUBLISHED_PERCENT, strict=True):
        assert published / 2 < found < 2 * published


def test_organelles_lie_in_cells_and_cores_in_dense_granules(phantom):
    organelle = np.isin(phantom.classes, SCHEME.organelle_ids)
    core, body = phantom.classes == 6, phantom.classes == 5

    around = ndimage.binary_dilation(core)  # across slices too

    assert core.any()
    assert (phantom.cells[organelle] > 0).all()
    assert np.isin(phantom.classes[around & ~core], [5, 6]).all()
    assert body.any()
    np.testing.assert_array_equal(phantom.organelles > 0, organelle)
    np.testing.assert_array_equal(phantom.cells > 0, phantom.classes > 0)


def test_each_organelle_lies_in_one_cell(phantom):
    ids = phantom.organelles[phantom.organelles > 0]
    homes = phantom.cells[phantom.organelles > 0]

    pairs = np.unique(np.stack([ids, homes]), axis=1)
    kinds = np.where(phantom.classes == 6, 5, phantom.classes)  # a core is no kind
    of_kind = np.unique(np.stack([ids, kinds[phantom.organelles > 0]]), axis=1)

    assert of_kind.shape == pairs.shape
    assert pairs.shape[1] == phantom.organelles.max() > 20


@pytest.mark.parametrize("name", ["cells", "organelles"])
def test_ids_count_up_in_raster_order(phantom, name):
    ids, first = np.unique(getattr(phantom, name), return_index=True)

    order = first[ids > 0]

    np.testing.assert_array_equal(ids[ids > 0], np.arange(1, len(order) + 1))
    assert (np.diff(order) > 0).all()


def test_cells_touch_without_a_gap(phantom):
    left, right = phantom.cells[..., :-1], phantom.cells[..., 1:]

    touching = (left > 0) & (right > 0) & (left != right)

    assert touching.sum() > 100


def test_many_cells_have_a_neighbour_that_they_touch():
    cells = make_phantom((4, 640, 640), seed=1).cells
    left, right = cells[..., :-1], cells[..., 1:]
    contact = (left > 0) & (right > 0) & (left != right)

    touching = np.unique([left[contact], right[contact]])

    assert len(touching) > cells.max() / 3


def test_organelles_keep_apart_from_each_other_and_from_the_surface(phantom):
    for axis in range(3):
        organelles = np.moveaxis(phantom.organelles, axis, 0)
        cells = np.moveaxis(phantom.cells, axis, 0)
        a, b = organelles[1:], organelles[:-1]

        assert not ((a != b) & (a > 0) & (b > 0)).any()
        assert not ((a > 0) & (cells[:-1] == 0)).any()
        assert not ((b > 0) & (cells[1:] == 0)).any()


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_a_small_volume_has_every_class(seed):
    made = make_phantom((16, 192, 192), seed=seed)

    assert set(np.unique(made.classes)) == set(range(7))


def test_a_second_subject_looks_different_on_the_same_truth():
    first = make_phantom((3, 64, 80), seed=5)

    second = make_phantom((3, 64, 80), seed=5, look=SECOND_SUBJECT)

    np.testing.assert_array_equal(first.classes, second.classes)
    np.testing.assert_array_equal(first.cells, second.cells)
    assert np.std(second.intensities) < 0.9 * np.std(first.intensities)


def faces_between_cells(ids):
    """Count faces between two voxels of different cells."""
    pairs = [
        (ids[1:], ids[:-1]),
        (ids[:, 1:], ids[:, :-1]),
        (ids[..., 1:], ids[..., :-1]),
    ]
    return sum(np.count_nonzero((a != b) & (a > 0) & (b > 0)) for a, b in pairs)


def test_the_more_cells_leave_gaps_the_less_they_touch():
    shape, spacing = (48, 64, 64), Spacing(80, 80, 80)

    touching = [
        faces_between_cells(
            make_phantom(shape, seed=3, spacing_nm=spacing, gaps=gaps).cells
        )
        for gaps in (0.0, 0.2, 0.6, 1.0)
    ]

    assert touching == sorted(touching, reverse=True)
    assert touching[3] < 0.2 * touching[0]  # gaps are as narrow as half a voxel


@pytest.mark.parametrize("gaps", [-0.1, 1.5, float("nan")])
def test_a_share_of_gaps_that_is_none_is_refused(gaps):
    with pytest.raises(ConfigError, match="must be 0 to 1"):
        make_phantom((3, 16, 16), seed=0, gaps=gaps)


@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 7, 9), (1, 96, 64), (30, 8, 8)])
def test_any_shape_works(shape):
    made = make_phantom(shape, seed=0)

    assert all(array.shape == shape for array in made[:4])
    assert made.intensities.dtype == made.classes.dtype == np.uint8
    assert made.cells.dtype == made.organelles.dtype == np.uint32


def test_sizes_are_physical_whatever_the_spacing(phantom):
    coarse = make_phantom((8, 160, 160), seed=5, spacing_nm=Spacing(80, 20, 20))

    um3 = [
        np.median(np.bincount(p.organelles.ravel())[1:]) * p.spacing_nm.voxel_um3
        for p in (phantom, coarse)
    ]

    assert coarse.spacing_nm == (80, 20, 20)
    assert um3[1] == pytest.approx(um3[0], rel=0.4)
    share = np.mean(coarse.cells > 0)
    assert share == pytest.approx(np.mean(phantom.cells > 0), abs=0.05)


def test_nonsense_is_refused():
    with pytest.raises(ConfigError, match=r"three positive sizes .* got \(0, 8, 8\)"):
        make_phantom((0, 8, 8), seed=0)
    with pytest.raises(ConfigError, match="seed must not be negative, got -1; choose"):
        make_phantom((1, 8, 8), seed=-1)
    with pytest.raises(ConfigError, match="spacing must be three positive lengths"):
        make_phantom((1, 8, 8), seed=0, spacing_nm=Spacing(0, 10, 10))
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        Look.model_validate({"sharpness": 3})
