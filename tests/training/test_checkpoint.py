import pytest
import torch

from densecell.config import NetworkConfig, TrainingConfig
from densecell.errors import CheckpointError, OutputError
from densecell.networks import build_network
from densecell.training.averaging import averaged_copy
from densecell.training.checkpoint import (
    load_last,
    load_weights,
    save_last,
    save_weights,
)
from densecell.training.loop import make_optimiser

CONFIG = TrainingConfig(steps=10)


def tiny(seed=0, width=1, name="2d3d"):
    return build_network(NetworkConfig(name=name, width=width), classes=2, seed=seed)


def stepped(network, averaged, optimiser, seed):
    """Take one step on noise, and average."""
    generator = torch.Generator().manual_seed(seed)
    loss = network(torch.randn(2, 1, 2, 16, 16, generator=generator)).square().mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    averaged.update_parameters(network)


def begun(**which):
    """A network, its average and its optimiser."""
    network = tiny(**which).to(memory_format=torch.channels_last_3d)
    return network, averaged_copy(network, 0.9), make_optimiser(network, CONFIG)


def assert_same_weights(a, b):
    pairs = list(zip(a.state_dict().values(), b.state_dict().values(), strict=True))
    assert pairs
    assert all(torch.equal(x, y) for x, y in pairs)


def refusal(path, network):
    with pytest.raises(CheckpointError) as caught:
        load_weights(network, path)
    return str(caught.value)


def test_weights_come_back_bit_by_bit_with_their_facts(tmp_path):
    path = tmp_path / "weights.safetensors"
    network, other = tiny(seed=1), tiny(seed=2)

    save_weights(network, path, {"step": 7, "miou_all": 0.1 + 0.2})
    facts = load_weights(other, path)

    assert_same_weights(network, other)
    assert facts == {"step": 7, "miou_all": 0.1 + 0.2}
    assert [p.name for p in tmp_path.iterdir()] == ["weights.safetensors"]


def test_a_network_goes_on_exactly_where_it_was(tmp_path):
    state = begun(seed=1)
    for seed in range(3):
        stepped(*state, seed)
    save_last(*state, tmp_path / "last.safetensors", {"step": 3})
    for seed in range(3, 6):
        stepped(*state, seed)

    again = begun(seed=2)
    facts = load_last(*again, tmp_path / "last.safetensors")
    for seed in range(3, 6):
        stepped(*again, seed)

    assert facts == {"step": 3}
    for one, other in zip(state[:2], again[:2], strict=True):
        assert_same_weights(one, other)


def test_a_missing_file(tmp_path):
    path = tmp_path / "weights.safetensors"

    assert refusal(path, tiny()) == (
        f"{path}: no such file; the member's training stopped before its first "
        "validation, or the file was removed"
    )


@pytest.mark.parametrize("part", ["nothing", "the header", "most of it", "a text"])
def test_a_damaged_file(tmp_path, part):
    path = tmp_path / "weights.safetensors"
    save_weights(tiny(), path, {})
    whole = path.read_bytes()
    kept = {
        "nothing": b"",
        "the header": whole[:100],
        "most of it": whole[:-10],
        "a text": b"not weights at all",
    }
    path.write_bytes(kept[part])

    message = refusal(path, tiny())

    assert message.startswith(f"{path}: not readable as safetensors weights (")
    assert message.endswith("); restore the file or train the member again")


def test_facts_that_are_no_json(tmp_path):
    from safetensors.torch import save_file

    path = tmp_path / "weights.safetensors"
    save_file(tiny().state_dict(), path, metadata={"facts": "{"})

    assert "not readable as safetensors weights" in refusal(path, tiny())


def test_weights_of_another_width(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_weights(tiny(width=2), path, {})

    assert refusal(path, tiny(width=1)) == (
        f"{path}: these weights belong to another network: 'bottom.0.0.weight' is "
        "(32, 16, 1, 3, 3) here, expected (16, 8, 1, 3, 3); check settings.yaml "
        "beside it"
    )


def test_weights_of_another_network_leave_the_weights_alone(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_weights(tiny(name="unet2d"), path, {})
    network = tiny(seed=3)

    message = refusal(path, network)

    assert "these weights belong to another network" in message
    assert_same_weights(network, tiny(seed=3))


def test_a_last_state_of_another_network(tmp_path):
    save_last(*begun(width=2), tmp_path / "last", {})
    with pytest.raises(CheckpointError, match="belong to another network"):
        load_last(*begun(width=1), tmp_path / "last")


def test_weights_that_are_not_finite_are_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    network = tiny()
    next(network.parameters()).data.view(-1)[0] = torch.nan
    save_weights(network, path, {})

    sentence = rf"{path}: is damaged: '.+' holds numbers that are not finite; restore"
    with pytest.raises(CheckpointError, match=sentence):
        load_weights(tiny(), path)


def test_a_place_without_room_is_named_and_nothing_left(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    sentence = r"a.safetensors: cannot be written \(No space left on device: \d+ of "
    with pytest.raises(OutputError, match=sentence):
        save_weights(tiny(), tmp_path / "a.safetensors", {})
    assert not list(tmp_path.iterdir())
