import numpy as np
import pytest

from densecell.config import AugmentationConfig
from densecell.patches import BatchMaker, Windows, WindowSampler, pair_targets
from densecell.volume import read_padded

SHAPE = (5, 40, 48)
WINDOW = (3, 16, 24)
ON = AugmentationConfig()
OFF = AugmentationConfig(
    flips=False, rotations=False, elastic=0, brightness=0, contrast=0, noise=0
)


@pytest.fixture
def volume(labelled):
    rng = np.random.default_rng(0)
    channels = rng.integers(0, 3, SHAPE)
    channels[:, :4] = 255
    weights = rng.random(SHAPE).astype(np.float32)
    return labelled(rng.normal(size=SHAPE), channels, weights=weights)


def maker(volume, config=ON, *, seed=0, batch=2, margin=(0, 0, 0), **settings):
    sampler = WindowSampler([volume], rare_share=0.3, seed=seed)
    settings = {"schedule": lambda step: Windows(WINDOW, batch)} | settings
    settings |= {"margin": margin, "seed": seed}
    return BatchMaker([volume], sampler, config, **settings)


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_a_batch_has_shapes_and_dtypes_as_written(volume):
    batch = maker(volume).batch(0)

    assert batch.intensities.shape == (2, 1, *WINDOW)
    assert batch.channels.shape == batch.weights.shape == (2, *WINDOW)
    assert batch.intensities.dtype == batch.weights.dtype == np.float32
    assert batch.channels.dtype == np.uint8


def test_a_batch_depends_on_seed_and_step_only(volume):
    one, other = maker(volume), maker(volume)
    forwards = [one.batch(step) for step in range(4)]
    backwards = [other.batch(step) for step in (3, 2, 1, 0)][::-1]

    assert all(same(a, b) for a, b in zip(forwards, backwards, strict=True))
    assert not same(forwards[0], forwards[1])
    assert not same(forwards[0], maker(volume, seed=1).batch(0))


def test_batches_made_ahead_are_the_same(volume):
    one = maker(volume)

    ahead = list(one.ahead(2, 7))

    assert len(ahead) == 5
    assert all(same(a, one.batch(n)) for n, a in enumerate(ahead, 2))


def test_without_changes_a_window_is_a_cut_of_the_volume(volume):
    one = maker(volume, OFF)
    sampler = WindowSampler([volume], rare_share=0.3, seed=0)

    batch = one.batch(3)

    for place, x, c, w in zip(
        [sampler.place(6, WINDOW), sampler.place(7, WINDOW)], *batch[:3], strict=True
    ):
        np.testing.assert_array_equal(x[0], read_padded(volume.intensities, place.box))
        np.testing.assert_array_equal(c, read_padded(volume.channels, place.box))
        np.testing.assert_array_equal(w, read_padded(volume.weights, place.box))


def test_labels_lie_in_their_context(labelled):
    intensities = np.arange(7 * 40 * 50).reshape(7, 40, 50)
    channels = intensities[1:6, 2:38, 3:43] % 200
    volume = labelled(intensities, channels, context=(1, 2, 3))

    batch = maker(volume, OFF, batch=8).batch(0)

    assert batch.weights is None
    inside = batch.channels == batch.intensities[:, 0] % 200
    assert inside.mean() > 0.7  # all but what mirrors over the border


def test_a_network_that_crops_gets_its_margin_more_of_the_image(volume):
    plain = maker(volume, OFF).batch(0)

    wide = maker(volume, OFF, margin=(0, 3, 5)).batch(0)

    assert wide.intensities.shape == (2, 1, 3, 22, 34)
    np.testing.assert_array_equal(wide.intensities[..., 3:-3, 5:-5], plain.intensities)
    np.testing.assert_array_equal(wide.channels, plain.channels)
    np.testing.assert_array_equal(wide.weights, plain.weights)


def test_changes_leave_the_volume_untouched(volume):
    before = [volume.intensities.copy(), volume.channels.copy(), volume.weights.copy()]

    maker(volume).batch(0)

    after = [volume.intensities, volume.channels, volume.weights]
    assert same(before, after)


def test_unknown_voxels_stay_unknown_and_no_class_is_made_up(volume):
    batches = [maker(volume).batch(step) for step in range(10)]

    found = np.unique([b.channels for b in batches])
    assert found.tolist() == [0, 1, 2, 255]


def test_errors_cost_what_their_class_says(volume):
    table = np.array([1, 2, 4], np.float32)
    plain = volume._replace(weights=None)

    batch = maker(plain, batch=16, class_weights=lambda step: table).batch(0)

    unknown = batch.channels == 255
    assert 0 < unknown.mean() < 1
    assert batch.weights.dtype == np.float32
    np.testing.assert_array_equal(batch.weights[unknown], 0)
    np.testing.assert_array_equal(
        batch.weights[~unknown], table[batch.channels[~unknown]]
    )
    assert maker(plain).batch(0).weights is None


def test_windows_are_those_of_the_schedule(volume):
    def schedule(step):
        return Windows((1, 8, 16), 3) if step < 2 else Windows(WINDOW, 1)

    one = maker(volume, schedule=schedule)

    shapes = [batch.intensities.shape for batch in one.ahead(0, 3)]

    assert shapes == [(3, 1, 1, 8, 16), (3, 1, 1, 8, 16), (1, 1, *WINDOW)]


def test_ids_of_cells_go_where_their_labels_go(labelled):
    rng = np.random.default_rng(1)
    ids = rng.integers(1, 4, SHAPE).astype(np.int32)
    volume = labelled(rng.normal(size=SHAPE), ids)._replace(objects=ids)
    offsets = [(-1, 0, 0), (0, 0, -1), (0, -2, 3)]

    batch = maker(volume, affinities=offsets).batch(3)

    assert batch.affinities.shape == (2, 3, *WINDOW)
    for window, pairs in zip(batch.channels, batch.affinities, strict=True):
        known = np.zeros(WINDOW, np.uint8)
        np.testing.assert_array_equal(pairs, pair_targets(window, known, offsets))
    assert maker(volume).batch(3).affinities is None


def test_soft_labels_move_with_the_labels(volume):
    hard = np.stack([volume.channels == k for k in range(3)]) * np.uint8(255)
    soft = volume._replace(shares=hard)

    batch = maker(soft, margin=(0, 2, 3)).batch(0)

    assert batch.shares.shape == (2, 3, *WINDOW)
    assert batch.shares.dtype == np.uint8
    known = batch.channels < 3
    assert known.any()
    np.testing.assert_array_equal(batch.shares.argmax(1)[known], batch.channels[known])
    assert maker(volume).batch(0).shares is None
