import numpy as np
import pytest
import torch

from densecell.config import InferenceConfig, NetworkConfig
from densecell.errors import ConfigError
from densecell.geometry import FACES
from densecell.inference import (
    EngineChoice,
    LogitsEngine,
    OpenVinoEngine,
    TorchEngine,
    choose_engine,
    engines,
    make_engine,
)
from densecell.networks import build_network

TORCH = EngineChoice("torch", "float32", 1)
OPENVINO = EngineChoice("openvino", "float32", 1)
SHAPE = (3, 16, 24)
cpu_only = pytest.mark.skipif(torch.cuda.is_available(), reason="asks for a CPU")


@pytest.fixture
def network():
    """A tiny network whose batch norms have seen something."""
    network = build_network(NetworkConfig(name="2d3d", width=2), classes=3, seed=4)
    network(torch.from_numpy(noise(2)))
    return network.eval()


def noise(batch, shape=SHAPE):
    rng = np.random.default_rng(0)
    return rng.normal(size=(batch, 1, *shape)).astype(np.float32)


class Fixed(LogitsEngine):
    """Gives these logits whatever it sees."""

    def __init__(self, values):
        self.values = np.array(values, np.float32).reshape(1, -1, 1, 1, 1)

    def logits(self, windows):
        return np.broadcast_to(self.values, (1, self.values.size, 2, 3, 4)).copy()


def test_openvino_and_torch_agree(network):
    windows = noise(2)
    by_torch = TorchEngine(network, TORCH).logits(windows)

    by_openvino = make_engine(network, OPENVINO, window=SHAPE).logits(windows)

    assert by_torch.shape == by_openvino.shape == (2, 3, *SHAPE)
    assert by_torch.std() > 0.01
    np.testing.assert_allclose(by_openvino, by_torch, atol=1e-4)


def test_openvino_keeps_the_logits_of_one_call_when_called_again(network):
    engine = OpenVinoEngine(network, OPENVINO, window=SHAPE)

    first = engine.logits(noise(1))
    kept = first.copy()
    engine.logits(-noise(1))

    np.testing.assert_array_equal(first, kept)


def test_a_network_in_training_is_run_in_evaluation_and_put_back(network):
    expected = TorchEngine(network, TORCH).logits(noise(1))
    network.train()

    found = TorchEngine(network, TORCH).logits(noise(1))

    np.testing.assert_array_equal(found, expected)
    assert network.training


def test_bfloat16_differs_but_little(network):
    if not engines.has_bfloat16(torch.device("cpu")):
        pytest.skip("this processor has no bfloat16")
    exact = TorchEngine(network, TORCH).logits(noise(1))

    rough = TorchEngine(network, EngineChoice("torch", "bfloat16", 1)).logits(noise(1))

    assert rough.dtype == np.float32
    assert not np.array_equal(rough, exact)
    np.testing.assert_allclose(rough, exact, atol=0.1 * np.abs(exact).max())


def test_probabilities_add_up_to_one_in_float32():
    shares = Fixed([0.0, np.log(2), np.log(5)]).probabilities(noise(1, (2, 3, 4)))

    assert shares.dtype == np.float32
    assert shares.shape == (1, 3, 2, 3, 4)
    np.testing.assert_allclose(shares[0, :, 1, 2, 3], [1 / 8, 2 / 8, 5 / 8], rtol=1e-6)


@cpu_only
@pytest.mark.parametrize(
    ("faster", "precision"), [(True, "bfloat16"), (False, "float32")]
)
def test_what_is_left_open_is_chosen_by_the_machine(monkeypatch, faster, precision):
    monkeypatch.setattr(engines, "faster_in_bfloat16", lambda _: faster)
    monkeypatch.setattr(engines, "usable_cores", lambda: 5)

    assert choose_engine(InferenceConfig()) == ("openvino", precision, 5)


def test_what_is_asked_for_is_taken(monkeypatch):
    monkeypatch.setattr(engines, "faster_in_bfloat16", lambda _: True)
    config = InferenceConfig(engine="torch", precision="float32", threads=3)

    assert choose_engine(config) == EngineChoice("torch", "float32", 3)


@cpu_only
def test_bfloat16_is_refused_where_it_would_be_emulated(monkeypatch, network):
    monkeypatch.setattr(engines, "has_bfloat16", lambda _: False)
    with pytest.raises(ConfigError) as caught:
        TorchEngine(network, EngineChoice("torch", "bfloat16", 1))
    assert str(caught.value) == (
        "precision bfloat16: this processor has no bfloat16 instructions and would "
        "emulate them slowly; use --precision float32"
    )


def test_a_full_gpu_halves_the_batch_for_good(network, monkeypatch):
    engine = TorchEngine(network, TORCH)
    expected = engine.logits(noise(6))
    call, sizes = engine._call, []

    def small(windows):
        sizes.append(len(windows))
        if len(windows) > 2:
            raise torch.cuda.OutOfMemoryError
        return call(windows)

    monkeypatch.setattr(engine, "_call", small)
    engine.batch = 8

    found = engine.logits(noise(6))
    engine.logits(noise(2))

    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert sizes == [6, 3, 1, 1, 1, 1, 1, 1, 1, 1]


def test_a_tile_that_fits_into_no_gpu_is_named(network, monkeypatch):
    engine = TorchEngine(network, TORCH)

    def full(windows):
        raise torch.cuda.OutOfMemoryError

    monkeypatch.setattr(engine, "_call", full)
    with pytest.raises(ConfigError) as caught:
        engine.logits(noise(1))
    assert str(caught.value) == (
        "a tile of (3, 16, 24) voxels does not fit into the GPU's memory; choose a "
        "smaller --tile"
    )


def test_openvino_goes_on_after_a_rest(network):
    engine = OpenVinoEngine(network, OPENVINO, window=SHAPE)
    before = engine.logits(noise(1))

    engine.rest()

    np.testing.assert_array_equal(engine.logits(noise(1)), before)


def test_openvino_refuses_bfloat16_where_it_would_be_emulated(monkeypatch, network):
    monkeypatch.setattr(engines, "has_bfloat16", lambda _: False)
    with pytest.raises(ConfigError, match="no bfloat16 instructions and would emulate"):
        make_engine(network, OPENVINO._replace(precision="bfloat16"), window=SHAPE)


def test_affinities_are_sigmoids_of_the_last_channels():
    engine = Fixed([1, 2, 3, 0.5, -4])
    classes = Fixed([1, 2, 3]).probabilities(noise(1))
    engine.affinities = 2

    found = engine.probabilities(noise(1))

    np.testing.assert_array_equal(found[:, :3], classes)
    sigmoids = 1 / (1 + np.exp([-0.5, 4]))
    np.testing.assert_allclose(found[0, 3:, 0, 0, 0], sigmoids, rtol=1e-6)


@pytest.mark.parametrize("choice", [TORCH, OPENVINO])
def test_engines_know_the_affinities_of_their_network(choice):
    config = NetworkConfig(name="2d3d-light", width=2, affinities=FACES)
    engine = make_engine(build_network(config, classes=2), choice, window=(3, 16, 32))

    found = engine.probabilities(noise(1, (3, 16, 32)))

    assert found.shape == (1, 5, 3, 16, 32)
    np.testing.assert_allclose(found[:, :2].sum(1), 1, rtol=1e-5)
