import numpy as np
import pytest

from densecell.errors import ConfigError
from densecell.geometry import Spacing
from densecell.phantom import make_phantom

PUBLISHED_PERCENT = (46.7, 46.2, 0.93, 3.28, 2.51, 0.27, 0.11)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(
    small_phantom,
):
    again, other = (make_phantom((3, 64, 80), seed=s) for s in (5, 6))

    for one, two in zip(small_phantom[:4], again[:4], strict=True):
        assert one.tobytes() == two.tobytes()
    assert small_phantom.intensities.tobytes() != other.intensities.tobytes()


def test_every_class_is_there_in_about_its_published_share(phantom):
    counts = np.bincount(phantom.classes.ravel(), minlength=7)

    percent = 100 * counts / counts.sum()

    for found, published in zip(percent, PUBLISHED_PERCENT, strict=True):
        assert published / 2 < found < 2 * published


@pytest.mark.parametrize("name", ["cells", "organelles"])
def test_ids_count_up_in_raster_order(phantom, name):
    ids, first = np.unique(getattr(phantom, name), return_index=True)

    order = first[ids > 0]

    np.testing.assert_array_equal(ids[ids > 0], np.arange(1, len(order) + 1))
    assert (np.diff(order) > 0).all()


@pytest.mark.parametrize("gaps", [-0.1, 1.5, float("nan")])
def test_a_share_of_gaps_outside_0_to_1_is_refused(gaps):
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


def test_sizes_seeds_and_spacings_out_of_range_are_refused():
    with pytest.raises(ConfigError, match=r"three positive sizes .* got \(0, 8, 8\)"):
        make_phantom((0, 8, 8), seed=0)
    with pytest.raises(ConfigError, match="seed must not be negative, got -1; choose"):
        make_phantom((1, 8, 8), seed=-1)
    with pytest.raises(ConfigError, match="spacing must be three positive lengths"):
        make_phantom((1, 8, 8), seed=0, spacing_nm=Spacing(0, 10, 10))
