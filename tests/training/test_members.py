import json

import numpy as np
import pytest
import torch

from densecell.classes import ClassScheme
from densecell.config import NetworkConfig, TrainingConfig
from densecell.errors import CheckpointError, ConfigError, OutputError
from densecell.networks import build_network
from densecell.training import (
    load_data,
    load_member_settings,
    members,
    read_history,
    read_outcome,
    train_members,
)
from densecell.training.members import fitted


def outcomes(project, folder):
    """Train to the end; give how each member ended."""
    progress = train_members(project, load_data(project, folder), folder / "model")
    return [p.outcome for p in progress if p.outcome]


def with_steps(project, steps):
    training = project.training.model_copy(update={"steps": steps})
    return project.model_copy(update={"training": training})


def test_every_member_leaves_weights_settings_history_and_outcome(trained):
    model = trained / "models" / "tiny"
    for number in (0, 1):
        member = model / f"member_{number:02d}"

        settings, outcome = load_member_settings(member), read_outcome(member)

        assert {p.name for p in member.iterdir()} == {
            "weights.safetensors",
            "last.safetensors",
            "settings.yaml",
            "history.jsonl",
            "outcome.json",
        }
        assert settings.seed == outcome.seed == number
        assert settings.spacing_nm == (40, 10, 10)
        assert settings.training.steps == 8
        assert settings.training.minutes is None
        assert outcome.state == "finished"
        best = max(read_history(member), key=lambda line: line["miou_all"])
        assert (outcome.best_step, outcome.miou_all) == (best["step"], best["miou_all"])


def test_members_differ_by_their_seed(trained):
    model = trained / "models" / "tiny"

    files = [(model / n / "weights.safetensors").read_bytes() for n in MEMBERS]

    assert files[0] != files[1]


MEMBERS = ("member_00", "member_01")


def test_an_interrupted_training_ends_with_the_same_weights(
    tmp_path, write_project, trained
):
    project = write_project(tmp_path)
    data = load_data(project, tmp_path)
    begun = train_members(project, data, tmp_path / "model")
    for progress in begun:
        if progress.member == 1 and progress.record.step == 5:
            break
    begun.close()
    finished = tmp_path / "model" / "member_00" / "weights.safetensors"
    written = finished.stat().st_mtime_ns

    outcomes(project, tmp_path)

    assert finished.stat().st_mtime_ns == written  # passed over
    for name in MEMBERS:
        for file in ("weights.safetensors", "settings.yaml", "outcome.json"):
            expected = trained / "models" / "tiny" / name / file
            found = tmp_path / "model" / name / file
            assert found.read_bytes() == expected.read_bytes()


def test_members_can_be_added(tmp_path, write_project):
    one = write_project(tmp_path, ensemble={"members": 1})
    outcomes(one, tmp_path)

    more = write_project(tmp_path, ensemble={"members": 2})
    ended = outcomes(more, tmp_path)

    assert [o.seed for o in ended] == [0, 1]


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ({"network": {"width": 1}}, "network.width 2, now 1"),
        ({"training": {"learning_rate": 0.01}}, "training.learning_rate 0.002, now"),
        ({"training": {"steps": 9}}, "training.steps 8, now 9"),
        ({"ensemble": {"members": 1, "seed": 5}}, "ensemble.seed 0, now 5"),
        ({"spacing_nm": [40, 11, 11]}, "spacing_nm (40.0, 10.0, 10.0), now (40.0, 11"),
    ],
)
def test_other_settings_are_refused_also_when_all_is_finished(
    tmp_path, write_project, other, difference
):
    first = write_project(tmp_path, ensemble={"members": 1})
    outcomes(first, tmp_path)
    before = {p: p.read_bytes() for p in (tmp_path / "model").rglob("*.*")}

    changed = write_project(tmp_path, **({"ensemble": {"members": 1}} | other))
    with pytest.raises(OutputError) as caught:
        outcomes(changed, tmp_path)

    said = str(caught.value)
    assert said.startswith(
        f"{tmp_path / 'model'}: holds members trained with other settings: {difference}"
    )
    assert said.endswith(
        "(see member_00/settings.yaml); choose another --name, or --overwrite to train "
        "anew"
    )
    assert {p: p.read_bytes() for p in (tmp_path / "model").rglob("*.*")} == before


def test_a_budget_in_minutes_goes_on_with_the_steps_that_were_settled(
    tmp_path, write_project
):
    outcomes(write_project(tmp_path, ensemble={"members": 1}), tmp_path)

    later = write_project(tmp_path, training={"steps": None, "minutes": 99})
    ended = outcomes(later, tmp_path)

    assert [o.state for o in ended] == ["finished", "finished"]
    second = load_member_settings(tmp_path / "model" / "member_01")
    assert second.training.steps == 8


def test_a_member_whose_loss_explodes_is_recorded_and_the_next_is_trained(
    tmp_path, write_project, monkeypatch
):
    project = write_project(tmp_path)
    optimise = members.train_member.__globals__["optimise"]
    calls = []

    def exploding(*args):
        calls.append(args)
        return float("nan") if len(calls) == 6 else optimise(*args)

    monkeypatch.setitem(members.train_member.__globals__, "optimise", exploding)

    failed, finished = outcomes(project, tmp_path)

    assert failed.state == "failed"
    assert failed.reason.startswith("the loss turned nan at step 6; the best weights")
    assert failed.best_step == 4
    assert finished.state == "finished"
    assert (tmp_path / "model" / "member_00" / "weights.safetensors").exists()


def test_a_hopeless_member_is_recorded(tmp_path, write_project):
    project = write_project(
        tmp_path, training={"abandon_below": 1.1}, ensemble={"members": 1}
    )

    (ended,) = outcomes(project, tmp_path)

    assert ended.state == "abandoned"
    assert ended.reason.startswith("after 4 steps MIoU 0.")
    assert ended.reason.endswith(" is still below 1.100")


def test_a_member_must_beat_the_commonest_class(tmp_path, write_project):
    project = write_project(tmp_path, training={"abandon_below": None})
    data = load_data(project, tmp_path)
    ground = (data.validation[0].channels == 0).mean()

    assert members._hopeless_below(project, data) == pytest.approx(ground / 2 + 0.02)


@pytest.mark.parametrize(("missing", "left"), [("train", 1), ("eval", 0)])
def test_a_project_needs_volumes_to_learn_from_and_to_choose_on(
    tmp_path, write_project, missing, left
):
    project = write_project(tmp_path)
    project = project.model_copy(update={"volumes": (project.volumes[left],)})
    with pytest.raises(ConfigError) as caught:
        load_data(project, tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'project.yaml'}: no volume has role {missing}; training needs "
        "one to learn from (train) and one to choose on (eval)"
    )


def test_a_class_without_a_voxel_can_be_trained(tmp_path, write_project):
    write_project(tmp_path)
    classes = ClassScheme.from_ids([0, 1, 7]).as_settings()
    for weighting in ("uniform", "balanced", "paper"):
        project = write_project(
            tmp_path,
            classes=classes,
            training={"loss": {"weighting": weighting}, "steps": 2},
            ensemble={"members": 1},
        )
        data = load_data(project, tmp_path)

        progress = list(train_members(project, data, tmp_path / weighting))

        assert progress[-1].outcome.state == "finished"
        assert progress[-1].outcome.iou["class 7"] is None or (
            progress[-1].outcome.iou["class 7"] == 0
        )


def test_a_volume_smaller_than_a_window_can_be_trained(tmp_path, write_project):
    project = write_project(
        tmp_path,
        training={"window": [9, 64, 80], "steps": 2},
        ensemble={"members": 1},
    )

    (ended,) = outcomes(project, tmp_path)

    assert ended.state == "finished"
    settings = load_member_settings(tmp_path / "model" / "member_00")
    assert settings.training.window == (6, 64, 80)


def test_float_images_and_the_unet_without_padding_can_be_trained(
    tmp_path, write_project, discs
):
    project = write_project(
        tmp_path,
        network={"name": "unet2d", "padding": "valid", "width": 1},
        training={"window": [2, 20, 20], "steps": 2, "batch": 1},
        ensemble={"members": 1},
    )
    np.save(tmp_path / "train.npy", discs[0].astype(np.float32) / 255)

    (ended,) = outcomes(project, tmp_path)

    assert ended.state == "finished"


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
    made = build_network(NetworkConfig(width=1, **network), classes=2)
    volume = labelled(np.zeros((6, 8, 9)), np.zeros((6, 8, 9)))
    config = TrainingConfig(window=window, batch=batch)

    settled = fitted(config, made, [volume])

    assert (settled.window, settled.batch) == expected


def test_batches_of_one_are_avoided_where_they_are_slow(labelled, monkeypatch):
    made = build_network(NetworkConfig(width=1), classes=2)
    volume = labelled(np.zeros((6, 8, 9)), np.zeros((6, 8, 9)))
    batches = []
    for low in (True, False):
        monkeypatch.setattr(members, "low_precision", lambda _, low=low: low)
        batches.append(fitted(TrainingConfig(batch=1), made, [volume]).batch)

    assert batches == [1, 2]


def test_one_labelled_slice_is_enough(tmp_path, write_project, discs):
    project = write_project(tmp_path, ensemble={"members": 1})
    for name, array in zip(("train", "train_labels"), discs, strict=True):
        np.save(tmp_path / f"{name}.npy", array[2:3])

    (ended,) = outcomes(project, tmp_path)

    assert ended.state == "finished"
    settings = load_member_settings(tmp_path / "model" / "member_00")
    assert settings.training.window[0] == 3  # the slice, mirrored on both sides


@pytest.mark.parametrize("text", ["{", '{"state": "won", "seed": 0}'])
def test_a_damaged_outcome_is_said_to_be_one(tmp_path, text):
    (tmp_path / "outcome.json").write_text(text)
    with pytest.raises((CheckpointError, ConfigError), match=r"outcome\.json: "):
        read_outcome(tmp_path)


def test_outcomes_are_plain_json(trained):
    path = trained / "models" / "tiny" / "member_00" / "outcome.json"

    assert json.loads(path.read_text())["state"] == "finished"


def test_training_does_not_touch_the_global_generator(tmp_path, write_project):
    project = write_project(tmp_path, training={"steps": 1}, ensemble={"members": 1})
    torch.manual_seed(3)
    expected = torch.rand(2)

    torch.manual_seed(3)
    outcomes(project, tmp_path)

    assert torch.equal(torch.rand(2), expected)
