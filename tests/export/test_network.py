import numpy as np
import pytest
import torch

from densecell.export.network import WindowSizes, window_sizes

SIZES = {
    "padded": WindowSizes((4, 96, 96), (1, 24, 24), (0, 0, 0), (1, 24, 24)),
    "flat": WindowSizes((1, 128, 128), (1, 32, 32), (0, 0, 0), (0, 32, 32)),
    "valid": WindowSizes((1, 380, 380), (1, 96, 96), (0, 92, 92), (0, 0, 0)),
    "affinities": WindowSizes((16, 128, 128), (4, 32, 32), (0, 0, 0), (4, 32, 32)),
}


def said(network, windows):
    with torch.inference_mode():
        return network(torch.from_numpy(windows))


@pytest.mark.parametrize("kind", SIZES)
def test_sizes_are_those_of_the_network(kind, voting):
    assert window_sizes(voting(kind).networks[0]) == SIZES[kind]


@pytest.mark.parametrize("kind", SIZES)
def test_a_network_takes_the_sizes_it_is_said_to(kind, voting, noise):
    network, sizes = voting(kind), SIZES[kind]
    z, y, x = sizes.least

    result = said(network.networks[0], noise(1, (z + 1, y, x + sizes.step[2])))

    lost = 2 * sizes.lost[1]
    assert result.shape[2:] == (z + 1, y - lost, x + sizes.step[2] - lost)
    assert all(2 * h < n for h, n in zip(sizes.halo, sizes.least, strict=True))


@pytest.mark.parametrize("kind", SIZES)
def test_blocks_of_three_steps_compute_less_than_thrice_what_is_kept(kind):
    sizes = SIZES[kind]

    block = np.add(sizes.least, np.multiply(3, sizes.step))
    kept = block - 2 * np.add(sizes.lost, sizes.halo)

    assert np.prod(block) < 3 * np.prod(kept)


def test_members_vote_by_the_mean_of_their_probabilities(voting, noise):
    network, windows = voting("padded"), noise(2, (3, 16, 24))
    first, second = (
        torch.softmax(said(member, windows), 1) for member in network.networks
    )

    result = said(network, windows)

    assert first.std() > 0.01
    np.testing.assert_allclose(result, (first + second) / 2, atol=1e-7)
    np.testing.assert_allclose(result.sum(1), 1, atol=1e-6)


def test_affinities_are_an_output_of_their_own(voting, noise):
    network, windows = voting("affinities"), noise(1, (3, 16, 32))
    logits = [said(member, windows) for member in network.networks]

    probabilities, affinities = said(network, windows)

    expected = sum(torch.sigmoid(each[:, 3:]) for each in logits) / 2
    assert probabilities.shape == affinities.shape == (1, 3, 3, 16, 32)
    np.testing.assert_allclose(affinities, expected, atol=1e-7)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-6)
