import numpy as np

from densecell.inference import is_flat


def noise(*, sd=1.0):
    return np.random.default_rng(0).normal(0, sd, (4, 64, 72)).astype(np.float32)


def test_noise_alone_is_flat():
    assert is_flat(noise(sd=0.5), 0.7)


def test_a_membrane_is_not():
    window = noise(sd=0.5)
    window[2, :, 30:33] -= 3

    assert not is_flat(window, 0.7)


def test_the_threshold_is_in_standard_deviations():
    window = np.zeros((1, 16, 16), np.float32)
    window[0, 8:, 8:] = 0.5

    assert is_flat(window, 0.51)
    assert not is_flat(window, 0.5)


def test_what_is_smaller_than_a_mean_is_never_flat():
    assert not is_flat(np.zeros((3, 7, 40), np.float32), 1.0)


def test_a_rim_that_fills_no_mean_is_left_out():
    window = np.zeros((1, 17, 16), np.float32)
    window[0, 16] = 9

    assert is_flat(window, 0.1)
