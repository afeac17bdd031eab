import numpy as np
import pytest

from densecell.config import NetworkConfig, TrainingConfig
from densecell.errors import OutputError
from densecell.networks import build_network
from densecell.training import Extension, load_data, resolve
from densecell.training.resolve import begun_members, extend_members, fitted


@pytest.mark.parametrize(
    ("network", "window", "batch", "expected"),
    [
        ({}, (5, 100, 128), 2, ((5, 104, 128), 2)),
        ({}, (9, 1, 8), 4, ((6, 8, 8), 4)),
        ({}, (1, 8, 8), 2, ((3, 8, 8), 2)),
        ({"name": "unet2d"}, (5, 100, 128), 2, ((1, 112, 128), 10)),
        ({"name": "unet2d", "padding": "valid"}, (3, 100, 20), 1, ((1, 100, 20), 3)),
    ],
)
def test_windows_are_fitted_to_network_and_volumes(
    labelled, network, window, batch, expected
):
    made = build_network(
        NetworkConfig(**{"name": "2d3d", "width": 1} | network), classes=2
    )
    volume = labelled(np.zeros((6, 8, 9)), np.zeros((6, 8, 9)))
    config = TrainingConfig(window=window, batch=batch)

    settled = fitted(config, made, [volume])

    assert (settled.window, settled.batch) == expected


def test_batches_of_one_are_avoided_where_they_are_slow(labelled, monkeypatch):
    made = build_network(NetworkConfig(name="2d3d", width=1), classes=2)
    volume = labelled(np.zeros((6, 8, 9)), np.zeros((6, 8, 9)))
    batches = []
    for precision in ("bfloat16", "float32"):
        monkeypatch.setattr(resolve, "settle_precision", lambda *_, p=precision: p)
        batches.append(fitted(TrainingConfig(batch=1), made, [volume]).batch)

    assert batches == [1, 2]


def test_nothing_can_be_extended_where_nothing_is(tmp_path, write_project):
    data = load_data(write_project(tmp_path), tmp_path)
    with pytest.raises(OutputError) as caught:
        extend_members(data, tmp_path / "model", Extension(steps=1))
    assert str(caught.value) == (
        f"{tmp_path / 'model'}: holds no trained member to extend; train first"
    )


def test_models_that_can_be_extended_are_named(tmp_path, trained):
    with pytest.raises(OutputError) as caught:
        begun_members(trained / "models" / "missing")

    assert str(caught.value) == (
        f"{trained / 'models' / 'missing'}: holds no trained member to extend; there "
        "is tiny: name it (--name), or use the options that it was trained with"
    )
