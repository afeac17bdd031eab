import shutil

import pytest
from typer.testing import CliRunner

from densecell.cli.main import app
from densecell.ensemble import load_ensemble
from densecell.errors import ConfigError, OutputError
from densecell.training import load_member_settings, members

OPTIONS = ("--network", "unet2d", "--width", "2")


@pytest.fixture
def teacher(trained, tmp_path):
    project = shutil.copytree(trained, tmp_path / "project")
    return project / "models" / "tiny"


def run(*words):
    done = CliRunner().invoke(app, ["distil", *map(str, words)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def weights(model):
    return (model / "member_00" / "weights.safetensors").read_bytes()


def test_one_small_network_learns_from_the_members(teacher):
    student = teacher.with_name("tiny-distilled")

    said = run(teacher, *OPTIONS, "--volumes", teacher.parents[1] / "eval.npy",
               "--spacing", 40, 10, 10)  # fmt: skip

    assert f"{student}: ready" in said
    assert load_ensemble(student).names == ("member_00",)
    settings = load_member_settings(student / "member_00")
    assert (settings.network.name, settings.network.width) == ("unet2d", 2)
    assert settings.training.steps == 8


def test_a_second_time_changes_nothing_and_a_kill_costs_nothing(teacher, monkeypatch):
    model = teacher.with_name("a")
    run(teacher, *OPTIONS, "-o", "a")
    before = weights(model)

    run(teacher, *OPTIONS, "-o", "a")
    assert weights(model) == before

    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(members, "train_one", dies)
        run(teacher, *OPTIONS, "-o", "b")
    said = run(teacher, *OPTIONS, "-o", "b")
    assert "finished" in said
    assert weights(teacher.with_name("b")) == before


def test_other_settings_into_the_same_place_are_refused(teacher):
    run(teacher, *OPTIONS)
    before = weights(teacher.with_name("tiny-distilled"))

    with pytest.raises(OutputError, match=r"training\.steps 8, now asked for 9"):
        run(teacher, *OPTIONS, "--steps", 9)
    assert weights(teacher.with_name("tiny-distilled")) == before

    run(teacher, *OPTIONS, "--steps", 9, "--overwrite")
    assert weights(teacher.with_name("tiny-distilled")) != before


def test_a_model_is_neither_its_own_student_nor_overwritten_by_one(teacher):
    with pytest.raises(ConfigError, match="cannot learn from itself"):
        run(teacher, "--name", "tiny", "--overwrite")
    other = shutil.copytree(teacher, teacher.with_name("other"))
    before = weights(other)

    with pytest.raises(OutputError, match="choose another --name"):
        run(teacher, "--name", "other", "--overwrite")

    assert weights(other) == before
