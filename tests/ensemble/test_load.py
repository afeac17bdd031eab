import hashlib
import json
import shutil

import pytest
import torch

from densecell.ensemble import load_ensemble, read_ensemble
from densecell.errors import CheckpointError, ConfigError


@pytest.fixture
def model(tmp_path, trained):
    return shutil.copytree(trained / "models" / "tiny", tmp_path / "tiny")


def test_members_are_loaded_best_first_and_ready_to_run(model):
    order = [m.folder for m in read_ensemble(model).members]

    ensemble = load_ensemble(model)

    assert ensemble.names == tuple(order)
    assert [n.training for n in ensemble.networks] == [False, False]
    assert ensemble.spacing_nm == (40, 10, 10)
    assert ensemble.scheme.names == ("ground", "disc")
    for name, fingerprint in zip(order, ensemble.fingerprints, strict=True):
        weights = (model / name / "weights.safetensors").read_bytes()
        assert fingerprint == hashlib.sha256(weights).hexdigest()


def test_networks_carry_their_own_weights(model):
    first, second = load_ensemble(model).networks

    (alone,) = load_ensemble(model, best=1).networks

    key = next(iter(first.state_dict()))
    assert torch.equal(alone.state_dict()[key], first.state_dict()[key])
    assert not torch.equal(second.state_dict()[key], first.state_dict()[key])


@pytest.mark.parametrize("best", [0, 3])
def test_more_members_than_there_are_cannot_be_asked_for(model, best):
    with pytest.raises(ConfigError) as caught:
        load_ensemble(model, best=best)
    assert str(caught.value) == (
        f"{model}: {best} members requested, but 1 to 2 can be used"
    )


def test_members_that_are_not_used_are_not_needed(model):
    values = json.loads((model / "ensemble.json").read_text())
    values["members"][1]["used"] = False
    (model / "ensemble.json").write_text(json.dumps(values))
    shutil.rmtree(model / values["members"][1]["folder"])

    assert len(load_ensemble(model).networks) == 1


def test_a_member_without_weights(model):
    path = model / "member_01" / "weights.safetensors"
    path.unlink()
    with pytest.raises(CheckpointError) as caught:
        load_ensemble(model)
    assert str(caught.value) == (
        f"{path}: no such file; the member's training stopped before its first "
        "validation, or the file was removed"
    )


def test_a_member_that_is_missing(model):
    shutil.rmtree(model / "member_01")
    with pytest.raises(ConfigError) as caught:
        load_ensemble(model)
    assert str(caught.value) == f"{model / 'member_01' / 'settings.yaml'}: no such file"


def test_a_member_of_other_classes(model):
    path = model / "member_01" / "settings.yaml"
    path.write_text(path.read_text().replace("name: disc", "name: granule"))
    with pytest.raises(CheckpointError) as caught:
        load_ensemble(model)
    assert str(caught.value) == (
        f"{model / 'member_01'}: trained for classes ['ground', 'granule'], but the "
        "ensemble is for ['ground', 'disc']; re-rank with its own members"
    )
