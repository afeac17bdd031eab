from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from densecell.config import InferenceConfig, NetworkConfig
from densecell.errors import ConfigError
from densecell.geometry import FACES, Box, Tiling
from densecell.inference import Engine, box_probabilities, plan_tiling
from densecell.inference.tiles import _spared
from densecell.networks import build_network
from densecell.volume import read_padded


class Exact(Engine):
    """Gives the logits of a network in float64, so that equal means equal."""

    def __init__(self, network):
        self.network = network.double().eval()

    def probabilities(self, windows):
        with torch.inference_mode():
            return self.network(torch.from_numpy(windows).double()).numpy()


def network_of(name, **options):
    """Make a network that spreads light: positive kernels, no biases."""
    config = NetworkConfig(name=name, width=1, normalisation="none", **options)
    network = build_network(config, classes=2)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(0.1 if parameter.ndim > 1 else 0.0)
        if name == "2d3d":  # the softmax of darkness is not dark: do not look at it
            network.fine[0][0].weight[:, -2:] = 0
            network.coarse[1][0][0].weight[:, -2:] = 0
    return network


HYBRID, UNET = network_of("2d3d"), network_of("unet2d")
VALID = network_of("unet2d", padding="valid")
PAIRS = network_of("2d3d-light", affinities=FACES)


def spread(network, shape, lit, tiling):
    """Show a network one bright voxel through tiles; where and how much it shines."""
    volume = np.zeros(shape, np.float32)
    volume[lit] = 1.0
    return box_probabilities(
        Exact(network),
        lambda window: read_padded(volume, window),
        tiling,
        Box.whole(shape),
        network.margin,
    )


def difference(network, shape, tile, margin):
    """Compare tiles with the whole: the first voxel after the first tile is lit."""
    one = plan_tiling(network, shape, InferenceConfig(tile=(64, 512, 512)))
    many = plan_tiling(network, shape, InferenceConfig(tile=tile, margin=margin))
    assert many.tile != one.tile
    lit = tuple(t if t < n else n // 2 for t, n in zip(tile, shape, strict=True))
    whole = spread(network, shape, lit, one)
    assert whole.max() > 0
    tiled = spread(network, shape, lit, many)
    return (np.abs(tiled - whole) / np.maximum(whole, 1e-40)).max()


# One axis is cut into tiles, the others are too short for it: that keeps it quick.
# Enough is the radius of what a voxel sees, rounded up to the step of the pooling.
CASES = [  # network, shape, tile, axis that is cut, enough, too little
    (HYBRID, (29, 11, 13), (25, 16, 16), 0, 11, 10),
    (HYBRID, (2, 173, 13), (2, 160, 16), 1, 72, 64),
    (HYBRID, (2, 13, 179), (2, 16, 160), 2, 72, 64),
    (UNET, (1, 261, 13), (1, 240, 16), 1, 112, 80),
    (UNET, (1, 13, 277), (1, 16, 240), 2, 112, 80),
]


@pytest.mark.parametrize(("network", "shape", "tile", "axis", "enough", "less"), CASES)
def test_tiles_equal_the_whole_once_the_margin_covers_what_a_voxel_sees(
    network, shape, tile, axis, enough, less
):
    margin, smaller = (
        tuple(m if n == axis else 0 for n in range(3)) for m in (enough, less)
    )

    assert difference(network, shape, tile, margin) < 1e-5
    assert difference(network, shape, tile, smaller) > 1e-5


def test_tiles_of_a_network_without_padding_equal_the_whole():
    shape = (2, 41, 27)
    lit = (1, 20, 9)
    one = Tiling(shape, (1, 52, 36), (0, 2, 2), step=16, flush=False)
    many = plan_tiling(
        VALID, shape, InferenceConfig(tile=(1, 20, 20), margin=(0, 2, 2))
    )

    tiled, whole = (spread(VALID, shape, lit, tiling) for tiling in (many, one))

    assert whole.max() > 0
    np.testing.assert_allclose(tiled, whole, rtol=1e-5)


@settings(max_examples=20)
@given(st.integers(0, 8), st.integers(0, 60), st.integers(0, 60))
def test_a_part_is_a_crop_of_the_whole(z, y, x):
    shape = (9, 61, 67)
    tiling = Tiling(shape, (4, 32, 40), (1, 8, 8))
    box = Box((z, y, x), (z + 2, y + 7, x + 9)).clipped(shape)

    part = box_probabilities(PLACE, PLACE.read, tiling, box, (0, 0, 0))

    np.testing.assert_array_equal(
        part, PLACE.expected(tiling)[(slice(None), *box.slices)]
    )


class Place(Engine):
    """Gives each voxel the place it was read from, told by its window's first voxel."""

    def read(self, window):
        return np.full(window.shape, hash(window.start) % 1000, np.float32)

    def probabilities(self, windows):
        index = np.indices(windows.shape[2:], np.float32)
        return np.concatenate([windows[0, 0][None], index])[None]

    def expected(self, tiling):
        whole = Box.whole(tiling.shape)
        return box_probabilities(self, self.read, tiling, whole, (0, 0, 0))


PLACE = Place()


def test_a_box_without_a_voxel_is_refused():
    tiling = Tiling((2, 8, 8), (2, 8, 8), (0, 0, 0))
    outside = Box((2, 8, 8), (3, 9, 9))
    with pytest.raises(ConfigError, match=r"holds no voxel of the volume \(2, 8, 8\)"):
        box_probabilities(PLACE, PLACE.read, tiling, outside, (0, 0, 0))


@pytest.mark.parametrize(
    ("network", "shape", "tile", "margin"),
    [
        (HYBRID, (100, 999, 1024), (15, 384, 392), (1, 24, 24)),
        (HYBRID, (16, 1024, 1024), (16, 392, 392), (0, 24, 24)),
        (HYBRID, (6, 48, 55), (6, 48, 56), (0, 0, 0)),  # one tile holds it
        (HYBRID, (100, 48, 999), (15, 48, 384), (1, 0, 24)),
        (HYBRID, (1, 48, 55), (3, 48, 56), (0, 0, 0)),  # least depth
        (UNET, (100, 999, 50), (1, 576, 64), (0, 32, 0)),
        (VALID, (100, 999, 999), (1, 516, 516), (0, 2, 2)),
        (VALID, (2, 41, 27), (1, 52, 36), (0, 2, 2)),
    ],
)
def test_tiles_are_chosen_by_network_and_volume(network, shape, tile, margin):
    tiling = plan_tiling(network, shape, InferenceConfig())

    assert (tiling.shape, tiling.tile, tiling.margin) == (shape, tile, margin)
    assert tiling.step == network.step


def test_affinities_get_more_slices_of_context():
    plan = partial(plan_tiling, PAIRS, (100, 999, 1024), InferenceConfig())

    classes, pairs, tighter = (
        plan(),
        plan(pairs=True),
        plan(pairs=True, most=(21, 96, 96)),
    )

    assert (classes.tile, classes.margin) == ((15, 400, 416), (1, 32, 32))
    assert (pairs.tile, pairs.margin) == ((21, 400, 416), (4, 32, 32))
    assert (tighter.tile, tighter.margin) == ((21, 96, 96), (4, 32, 32))


@pytest.mark.parametrize(
    ("depth", "margin"), [(3, 1), (5, 1), (9, 2), (16, 4), (30, 4)]
)
def test_a_tile_of_settings_is_not_all_margin(depth, margin):
    config = InferenceConfig(tile=(depth, 320, 320))

    assert plan_tiling(PAIRS, (100, 640, 640), config, pairs=True).margin[0] == margin


def test_settings_win():
    config = InferenceConfig(tile=(5, 64, 80), margin=(1, 8, 16))

    tiling = plan_tiling(HYBRID, (50, 500, 500), config)

    assert (tiling.tile, tiling.margin) == ((5, 64, 80), (1, 8, 16))


def test_a_plan_made_again_from_its_own_tile_is_the_same():
    for network in (HYBRID, UNET, VALID):
        for shape in ((6, 48, 55), (20, 500, 301)):
            first = plan_tiling(network, shape, InferenceConfig())

            config = InferenceConfig(tile=first.tile, margin=first.margin)

            assert plan_tiling(network, shape, config) == first


@pytest.mark.parametrize(
    ("network", "tile", "margin", "sentence"),
    [
        (
            HYBRID,
            (5, 64, 64),
            (1, 32, 32),
            "margin (1, 32, 32) leaves nothing of tile (5, 64, 64); halve the margin",
        ),
        (
            HYBRID,
            (5, 100, 64),
            (1, 8, 8),
            "tile (5, 100, 64): in plane this network needs sizes of 8 n + 0; the "
            "nearest is 104",
        ),
        (
            VALID,
            (1, 64, 68),
            (0, 2, 2),
            "tile (1, 64, 68): in plane this network needs sizes of 16 n + 4; the "
            "nearest is 68",
        ),
        (
            HYBRID,
            (5, 64, 64),
            (1, 4, 12),
            "margin (1, 4, 12): in plane it must be a multiple of 8, so that pooling "
            "falls on the same voxels in every tile; the nearest is 8",
        ),
        (
            VALID,
            (1, 68, 68),
            (0, 4, 2),
            "tile (1, 68, 68) with margin (0, 4, 2) on both sides keeps [1, 60, 64]; "
            "in plane that must be multiples of 16. Choose another margin",
        ),
    ],
)
def test_tiles_that_do_not_fit_the_network_are_refused(network, tile, margin, sentence):
    with pytest.raises(ConfigError) as caught:
        plan_tiling(network, (50, 500, 500), InferenceConfig(tile=tile, margin=margin))
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("tile", "margin"),
    [
        ((3, 64, 96), (1, 16, 24)),
        ((4, 64, 96), (1, 16, 24)),
        ((8, 64, 96), (2, 16, 24)),
        ((12, 64, 96), (3, 16, 24)),
    ],
)
def test_a_small_tile_gets_a_margin_that_leaves_a_slice(tile, margin):
    assert _spared((3, 48, 24), tile, HYBRID) == margin


def test_a_small_tile_gets_a_margin_that_fits():
    config = InferenceConfig(tile=(2, 64, 96))

    tiling = plan_tiling(HYBRID, (20, 200, 200), config)

    assert tiling.tile == (3, 64, 96)
    assert tiling.margin == (0, 16, 24)


sizes = st.integers(1, 4000)


@given(st.sampled_from([HYBRID, UNET, VALID]), st.tuples(sizes, sizes, sizes))
def test_tiles_are_as_large_as_they_may_and_none_is_wasted(network, shape):
    most = (1, 768, 768) if network.flat else (16, 448, 448)

    tiling = plan_tiling(network, shape, InferenceConfig())

    room = zip(tiling.tile, most, (3, network.step, network.step), strict=True)
    assert all(t <= max(m, least) for t, m, least in room)
    for size, kept, margin, longest, step in zip(
        *(shape, tiling.kept, tiling.margin, most, (1, network.step, network.step)),
        strict=True,
    ):
        parts = -(-size // kept)
        assert (parts - 1) * kept < size  # the last one keeps something
        if parts > 1:  # one part less would not do
            assert (parts - 1) * ((longest - 2 * margin) // step * step) < size


def test_an_exact_tile_sees_all_that_its_voxels_depend_on():
    exact = InferenceConfig(exact=True)

    deep = plan_tiling(HYBRID, (100, 1000, 1000), exact)
    flat = plan_tiling(UNET, (100, 2000, 2000), exact)

    assert deep.margin == (11, 72, 72)
    assert flat.margin == (0, 112, 112)
    usual = plan_tiling(HYBRID, (100, 1000, 1000), InferenceConfig())
    assert deep.kept >= usual.kept


@settings(max_examples=6)
@given(
    st.tuples(st.integers(27, 31), st.just(11), st.just(13)),
    st.integers(0, 10),
)
def test_exact_tiles_of_odd_volumes_equal_the_whole_in_float64(shape, lit):
    tiling = plan_tiling(HYBRID, shape, InferenceConfig(exact=True), most=(4, 16, 16))

    assert tiling.kept[0] <= 4 < shape[0]
    one = plan_tiling(HYBRID, shape, InferenceConfig(tile=(64, 512, 512)))
    place = (lit * 2, lit, lit)
    whole = spread(HYBRID, shape, place, one)
    assert whole.max() > 0
    tiled = spread(HYBRID, shape, place, tiling)
    np.testing.assert_allclose(tiled, whole, rtol=1e-5, atol=1e-40)


@pytest.mark.parametrize("shape", [(2, 173, 13), (3, 13, 167)])
def test_exact_tiles_equal_the_whole_in_plane(shape):
    tiling = plan_tiling(HYBRID, shape, InferenceConfig(exact=True), most=(3, 16, 16))
    one = plan_tiling(HYBRID, shape, InferenceConfig(tile=(64, 512, 512)))
    lit = tuple(n // 2 for n in shape)

    tiled, whole = (spread(HYBRID, shape, lit, t) for t in (tiling, one))

    assert max(tiling.kept[1:]) < max(shape)
    np.testing.assert_allclose(tiled, whole, rtol=1e-5, atol=1e-40)
