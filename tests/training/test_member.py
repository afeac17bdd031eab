import json

import pytest

from densecell.errors import CheckpointError, ConfigError
from densecell.training import load_data, load_member_settings, member, read_outcome


def test_a_member_must_beat_the_commonest_class(tmp_path, write_project, trained):
    data = load_data(write_project(tmp_path), tmp_path)
    ground = (data.validation[0].channels == 0).mean()
    settings = load_member_settings(trained / "models" / "tiny" / "member_00")
    training = settings.training.model_copy(update={"abandon_below": None})
    settings = settings.model_copy(update={"training": training})

    below = member._hopeless_below(settings, data)

    assert below == pytest.approx(ground / 2 + 0.02)


@pytest.mark.parametrize("text", ["{", '{"state": "won", "seed": 0}'])
def test_a_damaged_outcome_is_said_to_be_one(tmp_path, text):
    (tmp_path / "outcome.json").write_text(text)
    with pytest.raises((CheckpointError, ConfigError), match=r"outcome\.json: "):
        read_outcome(tmp_path)


def test_outcomes_are_plain_json(trained):
    path = trained / "models" / "tiny" / "member_00" / "outcome.json"

    assert json.loads(path.read_text())["state"] == "finished"
