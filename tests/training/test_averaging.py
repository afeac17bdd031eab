import pytest
import torch

from densecell.config import NetworkConfig
from densecell.networks import build_network
from densecell.training.averaging import averaged_copy


@pytest.fixture
def network():
    return build_network(NetworkConfig(name="unet2d", width=1), classes=2)


def fill(network, value):
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.fill_(value)


def values(averaged):
    return {
        float(tensor.flatten()[0])
        for tensor in averaged.module.state_dict().values()
        if tensor.is_floating_point()
    }


def test_the_first_step_is_taken_whole_and_later_ones_by_their_share(network):
    averaged = averaged_copy(network, 0.5)

    for value in (8.0, 16.0, 32.0):
        fill(network, value)
        averaged.update_parameters(network)

    # 8; then shares of the old of 2/11 and 3/12, which grow to 0.5 in time
    second = 16 + (8 - 16) * 2 / 11
    assert list(values(averaged)) == pytest.approx([32 + (second - 32) * 3 / 12])


def test_in_time_the_old_has_its_full_share(network):
    averaged = averaged_copy(network, 0.5)
    fill(network, 0.0)
    for _ in range(20):
        averaged.update_parameters(network)
    fill(network, 1.0)

    averaged.update_parameters(network)

    assert values(averaged) == {0.5}


def test_without_a_share_the_mean_follows(network):
    averaged = averaged_copy(network, 0.0)
    for value in (1.0, 2.0, 3.0):
        fill(network, value)
        averaged.update_parameters(network)

    assert values(averaged) == {3.0}


def test_batches_that_norms_have_seen_are_counted_not_averaged(network):
    averaged = averaged_copy(network, 0.9)
    for _ in range(3):
        network(torch.randn(2, 1, 1, 16, 16))
        averaged.update_parameters(network)

    counts = [
        int(tensor)
        for name, tensor in averaged.module.state_dict().items()
        if name.endswith("num_batches_tracked")
    ]
    assert counts
    assert set(counts) == {3}
