import json
from types import SimpleNamespace

import pytest

from densecell.classes import ClassScheme
from densecell.config import NetworkConfig, TrainingConfig, save_settings, write_text
from densecell.ensemble import rank_members, read_ensemble
from densecell.errors import CheckpointError, ConfigError, TrainingError
from densecell.training import MemberOutcome, MemberSettings


@pytest.fixture
def model(tmp_path):
    """A folder, and a function that adds members with these outcomes."""
    settings = MemberSettings(
        classes=ClassScheme.platelet(),
        network=NetworkConfig(),
        training=TrainingConfig(steps=3),
        seed=0,
        spacing_nm=(40, 10, 10),
        mean=100.0,
        std=20.0,
    )

    def add(*outcomes):
        for number, (state, score) in enumerate(outcomes):
            member = tmp_path / f"member_{number:02d}"
            save_settings(settings, member / "settings.yaml")
            outcome = MemberOutcome(
                state=state, seed=number, miou_all=score, reason="why"
            )
            write_text(member / "outcome.json", outcome.model_dump_json())

    return SimpleNamespace(path=tmp_path, add=add)


def ranked(file):
    return [(int(m.folder[-2:]), m.used) for m in file.members]


def test_members_are_ranked_and_the_best_used(model):
    model.add(*[("finished", score) for score in (0.4, 0.7, 0.5, 0.6)])

    file = rank_members(model.path, best=2)

    assert ranked(file) == [(1, True), (3, True), (2, False), (0, False)]
    assert file.classes == ClassScheme.platelet()
    assert (file.spacing_nm, file.mean, file.std) == ((40, 10, 10), 100, 20)


def test_of_equal_members_the_lower_number_comes_first(model):
    model.add(*[("finished", 0.5)] * 3)

    assert ranked(rank_members(model.path, best=1)) == [
        (0, True),
        (1, False),
        (2, False),
    ]


@pytest.mark.parametrize("state", ["abandoned", "failed"])
def test_members_that_did_not_finish_are_listed_but_not_used(model, state):
    model.add((state, 0.9), ("finished", 0.4), (state, None), ("finished", 0.5))

    file = rank_members(model.path, best=4)

    assert ranked(file) == [(0, False), (3, True), (1, True), (2, False)]


def test_a_member_still_in_training_is_left_out(model):
    model.add(("finished", 0.4), ("finished", 0.5), ("finished", 0.6))
    (model.path / "member_01" / "outcome.json").unlink()

    assert ranked(rank_members(model.path, best=4)) == [(2, True), (0, True)]


def test_without_a_usable_member_there_is_no_ensemble(model):
    model.add(("failed", None), ("abandoned", 0.1))
    with pytest.raises(TrainingError) as caught:
        rank_members(model.path, best=4)
    assert str(caught.value) == (
        f"{model.path}: none of 2 members is usable (member_00: why; member_01: why); "
        "train with more steps, more labels, or other seeds (ensemble.seed), with "
        "--overwrite or another --name"
    )
    assert not (model.path / "ensemble.json").exists()


def test_a_ranking_is_read_as_it_was_written(model):
    model.add(("finished", 0.1 + 0.2))

    assert rank_members(model.path, best=1) == read_ensemble(model.path)


def refusal(folder, kind=CheckpointError):
    with pytest.raises(kind) as caught:
        read_ensemble(folder)
    return str(caught.value)


def test_a_folder_that_is_not_there(tmp_path):
    folder = tmp_path / "models" / "x"

    assert refusal(folder) == (
        f"{folder}: no such model folder; train one with `densecell train`"
    )


def test_a_folder_without_a_model(tmp_path):
    assert refusal(tmp_path) == (
        f"{tmp_path}: no ensemble.json in it, so it is not a trained model; train one "
        "first"
    )


def test_a_project_folder_in_place_of_a_model(trained):
    assert refusal(trained) == (
        f"{trained}: no ensemble.json in it, so it is not a trained model; did you "
        f"mean {trained / 'models' / 'tiny'}?"
    )
    assert f"did you mean {trained / 'models' / 'tiny'}?" in refusal(trained / "models")


def test_a_damaged_ranking(tmp_path):
    (tmp_path / "ensemble.json").write_text("{")

    message = refusal(tmp_path)

    path = tmp_path / "ensemble.json"
    assert message.startswith(f"{path}: not readable as JSON: Expecting property name")


def test_a_ranking_of_another_format(tmp_path, trained):
    values = json.loads((trained / "models" / "tiny" / "ensemble.json").read_text())
    (tmp_path / "ensemble.json").write_text(json.dumps(values | {"format": 2}))

    assert refusal(tmp_path, ConfigError) == (
        f"{tmp_path / 'ensemble.json'}: format: input should be 1, got 2"
    )
