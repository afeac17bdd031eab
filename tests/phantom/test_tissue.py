import numpy as np
import pytest
from scipy import ndimage

from densecell.classes import ClassScheme
from densecell.geometry import Spacing
from densecell.phantom import make_phantom
from densecell.phantom.cells import PackedCells
from densecell.phantom.lattice import Lattice
from densecell.phantom.paints import mottled
from densecell.phantom.shapes import Ellipsoid
from densecell.phantom.structure import Recipe, Structure
from densecell.phantom.tissue import Tissue, fill

SCHEME = ClassScheme.platelet()
SHAPE, NM = (20, 60, 70), Spacing(10, 10, 10)
MIDDLE = np.array([100.0, 300, 350])  # nm


@pytest.fixture
def tissue():
    """One large cell without organelles, as deep in the middle as it is at its side."""
    depth = np.full(SHAPE, 90, np.float32)
    cells = PackedCells(np.ones(SHAPE, np.uint32), depth)
    return Tissue.of(Lattice(SHAPE, NM), cells, np.full(SHAPE, 120, np.float32))


def ball(rng, *, radius_nm=55.0, class_id=3):
    body = Ellipsoid(np.full(3, radius_nm), np.eye(3))
    return Structure.of(body, mottled(60, grain=0, rim=0), class_id)


def test_a_structure_gets_its_class_its_number_and_its_paint(tissue):
    rng = np.random.default_rng(0)

    voxels = tissue.add(ball(rng), MIDDLE, number=7, rng=rng)

    assert voxels == np.count_nonzero(tissue.organelles == 7) > 500
    np.testing.assert_array_equal(tissue.classes == 3, tissue.organelles == 7)
    assert tissue.stain[10, 30, 35] == 60
    assert tissue.stain[0, 0, 0] == 120


def test_two_structures_keep_their_distance(tissue):
    rng = np.random.default_rng(0)
    tissue.add(ball(rng), MIDDLE, number=1, rng=rng)

    too_near = tissue.add(ball(rng), MIDDLE + np.array([0, 0, 130]), number=2, rng=rng)
    far = tissue.add(ball(rng), MIDDLE + np.array([0, 0, 170]), number=2, rng=rng)

    assert too_near == 0
    assert far > 0


def test_a_kind_ends_when_it_fills_its_share(tissue):
    recipe = Recipe(ball, share=0.05, depth_nm=60)

    fill(tissue, [recipe], np.random.default_rng(0))

    one = np.count_nonzero(tissue.organelles == 1)
    filled = np.count_nonzero(tissue.organelles)
    assert abs(filled - 0.05 * tissue.organelles.size) <= one / 2


def test_a_kind_ends_when_there_is_no_room(tissue):
    recipe = Recipe(ball, share=0.5, depth_nm=100)  # no voxel is so deep

    fill(tissue, [recipe], np.random.default_rng(0))

    assert not tissue.organelles.any()


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
