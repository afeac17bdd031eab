import pytest

from densecell.config import InferenceConfig, NetworkConfig
from densecell.inference import fastest_engine, speed
from densecell.networks import build_network


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(speed, "PROBE_SIDE", 16)
    monkeypatch.setattr(speed, "CALLS", 1)


@pytest.fixture(scope="module")
def network():
    return build_network(NetworkConfig(name="2d3d", width=2), classes=3)


def test_both_engines_are_measured_and_the_fastest_comes_first(network):
    measured = fastest_engine(network, InferenceConfig(precision="float32"), depth=3)

    assert {m.choice.name for m in measured} == {"torch", "openvino"}
    assert measured[0].voxels_per_s >= measured[1].voxels_per_s > 0
    assert {m.choice.precision for m in measured} == {"float32"}
    assert all(m.bytes_per_voxel >= 0 for m in measured)


def test_an_engine_that_is_asked_for_has_no_rival(network):
    config = InferenceConfig(engine="torch", precision="float32", threads=1)

    (only,) = fastest_engine(network, config, depth=3)

    assert only.choice == ("torch", "float32", 1)


@pytest.mark.parametrize(
    ("name", "padding", "window"),
    [
        ("2d3d", "same", (5, 16, 16)),
        ("unet2d", "same", (1, 64, 64)),
        ("unet2d", "valid", (1, 252, 252)),
    ],
)
def test_a_probe_is_of_a_size_that_the_network_can_take(name, padding, window):
    config = NetworkConfig(name=name, width=1, padding=padding)

    network = build_network(config, classes=2)

    assert speed.probe_window(network, window[0]) == window
