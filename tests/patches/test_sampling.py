import numpy as np
import pytest

from densecell.geometry import Box
from densecell.patches import WindowSampler

SHAPE = (9, 31, 45)
WINDOW = (3, 12, 16)


@pytest.fixture
def volume(labelled):
    """Mostly class 0; class 1 is one voxel, class 2 a row; a corner is unknown."""
    channels = np.zeros(SHAPE, np.uint8)
    channels[4, 15, 20] = 1
    channels[8, 30] = 2
    channels[0, 0, 0] = 255
    return labelled(np.zeros(SHAPE), channels)


class Sampler:
    """A sampler of windows of one size."""

    def __init__(self, *volumes, window=WINDOW, rare_share=0.0, seed=0):
        self.inner = WindowSampler(volumes, rare_share=rare_share, seed=seed)
        self.window = window
        self.epoch = self.inner.epoch(window)

    def place(self, number):
        return self.inner.place(number, self.window)


def test_a_place_follows_from_seed_and_number_alone(volume):
    one = Sampler(volume, rare_share=0.5)
    forwards = [one.place(n) for n in range(40)]
    backwards = [Sampler(volume, rare_share=0.5).place(n) for n in range(39, -1, -1)]

    assert forwards == backwards[::-1]
    assert forwards != [
        Sampler(volume, rare_share=0.5, seed=1).place(n) for n in range(40)
    ]


def test_windows_have_the_size_asked_for(volume):
    one = Sampler(volume, rare_share=0.5)

    assert {one.place(n).box.shape for n in range(50)} == {WINDOW}


def test_every_voxel_is_seen_borders_included(volume):
    one = Sampler(volume)
    seen = np.zeros(SHAPE, int)

    for number in range(3 * one.epoch):
        seen[one.place(number).box.clipped(SHAPE).slices] += 1

    assert seen.min() > 0


def test_windows_reach_over_every_face_by_a_part_of_themselves(volume):
    one = Sampler(volume)
    boxes = [one.place(n).box for n in range(5 * one.epoch)]

    low = np.min([b.start for b in boxes], axis=0)
    high = np.max([b.stop for b in boxes], axis=0) - SHAPE
    limit = np.array([3 // 2, 12 // 4, 16 // 4])
    assert (low < 0).all()
    assert (high > 0).all()
    assert (-low <= limit).all()
    assert (high <= limit).all()


def test_an_epoch_draws_from_every_bin_once(volume):
    one = Sampler(volume)

    corners = {one.place(n).box.start for n in range(one.epoch)}
    again = {one.place(n).box.start for n in range(one.epoch, 2 * one.epoch)}

    assert len(corners) == one.epoch  # bins do not overlap, so corners differ
    assert corners != again


def test_volumes_are_drawn_from_by_their_size(volume, labelled):
    small = labelled(np.zeros((9, 16, 20)), np.zeros((9, 16, 20)))
    one = Sampler(volume, small)

    drawn = [one.place(n).volume for n in range(one.epoch)]

    assert 0 < drawn.count(1) < drawn.count(0)


def test_rare_classes_are_centred_on_as_often_as_others(volume):
    one = Sampler(volume, rare_share=1.0)
    boxes = [one.place(n).box for n in range(300)]

    with_the_voxel = [b for b in boxes if b.contains(Box((4, 15, 20), (5, 16, 21)))]
    with_the_row = [b for b in boxes if b.stop[0] > 8 and b.stop[1] > 30]

    assert len(with_the_voxel) > 80
    assert len(with_the_row) > 80


def test_nothing_is_centred_on_unknown_voxels(labelled):
    channels = np.full(SHAPE, 255)
    channels[4, 15, 20] = 0
    one = Sampler(labelled(np.zeros(SHAPE), channels), rare_share=1.0)

    the_known = Box((4, 15, 20), (5, 16, 21))
    assert all(one.place(n).box.contains(the_known) for n in range(100))


def test_a_volume_smaller_than_a_window_is_seen_whole(labelled):
    tiny = labelled(np.zeros((2, 7, 9)), np.zeros((2, 7, 9)))
    one = Sampler(tiny, window=(2, 16, 16))

    boxes = [one.place(n).box for n in range(20)]

    covers = [b.grown((1, 0, 0)).contains(Box.whole((2, 7, 9))) for b in boxes]
    assert all(covers)


def test_windows_without_a_known_voxel_are_not_drawn(labelled):
    channels = np.full(SHAPE, 255)
    channels[4] = 0  # one labelled slice
    one = Sampler(labelled(np.zeros(SHAPE), channels), window=(1, 12, 16))

    slices = [one.place(n).box.start[0] for n in range(40)]

    assert set(slices) == {4}


def test_a_sampler_serves_windows_of_any_size(volume):
    one = WindowSampler([volume], rare_share=0.3, seed=0)

    boxes = [one.place(7, window).box.shape for window in (WINDOW, (1, 8, 8))]

    assert boxes == [WINDOW, (1, 8, 8)]


def test_windows_centre_where_two_cells_touch(labelled):
    objects = np.zeros(SHAPE, np.int32)
    objects[:, :10], objects[:, 10:20], objects[:, 25:] = 1, 2, 3
    volume = labelled(np.zeros(SHAPE), np.zeros(SHAPE, np.uint8))
    sampler = WindowSampler(
        [volume._replace(objects=objects)], rare_share=0, contact_share=1, seed=0
    )

    boxes = [sampler.place(n, WINDOW).box for n in range(60)]
    assert all(box.start[1] < 10 < box.stop[1] for box in boxes)
    assert len({box.start for box in boxes}) > 40


def test_the_share_of_contacts_counts_for_nothing_where_none_are(volume):
    plain, other = (
        WindowSampler([volume], rare_share=0.3, contact_share=share, seed=0)
        for share in (0.0, 0.9)
    )

    assert [plain.place(n, WINDOW) for n in range(40)] == [
        other.place(n, WINDOW) for n in range(40)
    ]
