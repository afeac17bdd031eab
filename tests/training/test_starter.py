from functools import partial

import pytest
import torch

from densecell.config import NetworkConfig
from densecell.errors import CheckpointError
from densecell.networks import build_network
from densecell.training import starter, train_model
from densecell.training.checkpoint import WEIGHTS, save_weights
from densecell.training.data import load_data
from densecell.training.member import load_member_settings
from densecell.training.resolve import resolve_members
from densecell.training.starter import (
    STARTER,
    fitting_starter,
    load_starter,
    pack_starter,
)

ABOUT = {"learned_from": "nothing"}


LIGHT = NetworkConfig(name="2d3d-light", width=2)


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A starter made of a small network of three classes."""
    folder = tmp_path_factory.mktemp("starter")
    save_weights(build_network(LIGHT, classes=3, seed=1), folder / WEIGHTS, {})
    pack_starter(folder, folder / STARTER, network=LIGHT, about=ABOUT)
    return folder / STARTER


@pytest.fixture
def light_project(write_project):
    """Function that writes a project of a network that the starter fits."""
    return partial(write_project, network=LIGHT.model_dump())


@pytest.fixture
def as_packaged(packed, monkeypatch):
    monkeypatch.setattr(starter, "PACKAGED", packed)


def settled(folder, project):
    resolve_members(project, load_data(project, folder), folder / "model")
    return load_member_settings(folder / "model" / "member_00")


def test_all_layers_but_the_last_are_taken(packed):
    network = build_network(LIGHT, classes=5, seed=3)
    before = {k: v.clone() for k, v in network.state_dict().items()}

    load_starter(network, packed)

    after = network.state_dict()
    same = {k for k in before if torch.equal(before[k], after[k])}
    assert {k for k in same if k.startswith("predictor.")} == {
        k for k in before if k.startswith("predictor.")
    }
    assert any(k not in same for k in before)


def test_it_is_in_half_precision(packed):
    tensors, header = starter.read_tensors(packed)

    assert {t.dtype for t in tensors.values()} <= {torch.float16, torch.int64}
    assert header["learned_from"] == "nothing"


def test_it_fits_networks_of_its_kind_and_width(packed):
    assert fitting_starter(LIGHT, packed) == packed
    assert fitting_starter(LIGHT.model_copy(update={"width": 3}), packed) is None
    assert fitting_starter(LIGHT, packed.with_name("missing")) is None


def test_weights_that_are_no_numbers_are_damage(packed, tmp_path):
    tensors, header = starter.read_tensors(packed)
    name = next(k for k, v in tensors.items() if v.is_floating_point())
    tensors[name] = tensors[name] * float("nan")
    starter.write_tensors(tmp_path / "nan.safetensors", tensors, header)

    with pytest.raises(CheckpointError, match="not finite"):
        fitting_starter(LIGHT, tmp_path / "nan.safetensors")


def test_trainings_begin_with_it_and_keep_a_copy(
    tmp_path, light_project, as_packaged, packed
):
    project = light_project(tmp_path)

    settings = settled(tmp_path, project)

    copy = tmp_path / "model" / "member_00" / STARTER
    assert settings.starter is not None
    assert copy.read_bytes() == packed.read_bytes()


def test_trainings_can_begin_without_it(tmp_path, light_project, as_packaged):
    project = light_project(tmp_path)
    training = project.training.model_copy(update={"starter": False})

    settings = settled(tmp_path, project.model_copy(update={"training": training}))

    assert settings.starter is None


def test_members_that_join_begin_as_the_first(
    tmp_path, light_project, as_packaged, monkeypatch
):
    project = light_project(tmp_path)
    first = settled(tmp_path, project)
    monkeypatch.setattr(starter, "PACKAGED", tmp_path / "gone")
    two = project.ensemble.model_copy(update={"members": 2})

    settled(tmp_path, project.model_copy(update={"ensemble": two}))

    second = load_member_settings(tmp_path / "model" / "member_01")
    assert second.starter == first.starter


def test_a_damaged_starter_is_named_and_left_out(
    tmp_path, light_project, packed, monkeypatch
):
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(packed.read_bytes()[:100])
    monkeypatch.setattr(starter, "PACKAGED", damaged)

    with pytest.warns(UserWarning, match="Training begins with random weights"):
        settings = settled(tmp_path, light_project(tmp_path))

    assert settings.starter is None


def test_a_starter_of_another_network_is_refused(packed):
    network = build_network(NetworkConfig(name="unet2d", width=3), classes=2)

    with pytest.raises(CheckpointError, match="is of another network"):
        load_starter(network, packed)


def test_the_weights_of_a_training_differ_with_it(tmp_path, light_project, as_packaged):
    project = light_project(tmp_path)
    for name, begin in (("with", True), ("without", False)):
        training = project.training.model_copy(update={"starter": begin})
        some = project.model_copy(update={"training": training})
        list(train_model(some, tmp_path, tmp_path / name))

    files = [
        (tmp_path / name / "member_00" / "weights.safetensors").read_bytes()
        for name in ("with", "without")
    ]
    assert files[0] != files[1]
