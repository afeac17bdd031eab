import shutil

import commands
import pytest

from densecell.ensemble import read_ensemble
from densecell.errors import ConfigError


@pytest.fixture
def project(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "project")


def run(project, *options):
    return commands.run("ensemble", project / "models" / "tiny", *options).stdout


def voting(project):
    return {
        m.folder for m in read_ensemble(project / "models" / "tiny").members if m.used
    }


def test_members_are_shown(project):
    before = (project / "models" / "tiny" / "ensemble.json").read_bytes()

    text = run(project)

    assert "member_00" in text
    assert "member_01" in text
    assert (project / "models" / "tiny" / "ensemble.json").read_bytes() == before


def test_the_best_vote(project):
    run(project, "--best", "1")

    assert len(voting(project)) == 1


def test_members_are_dropped_and_added(project):
    run(project, "--drop", "member_00")
    assert voting(project) == {"member_01"}

    run(project, "--add", "member_00", "--drop", "member_01")
    assert voting(project) == {"member_00"}


def test_a_greedy_choice_is_told_and_taken(project):
    text = run(project, "--greedy")

    assert text.startswith("with member_0")
    assert "on the eval volumes" in text
    assert 1 <= len(voting(project)) <= 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--best", "1", "--greedy"), "give one of --best, --greedy, or --add and"),
        (("--best", "0"), "--best 0: at least one member has to vote"),
        (("--add", "member_07"), "member_07 cannot vote; finished members are member_"),
        (("--drop", "member_07"), "has no member member_07"),
        (("--drop", "member_00", "--drop", "member_01"), "no member would be left"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(project, options, sentence):
    before = voting(project)
    with pytest.raises(ConfigError, match=sentence):
        run(project, *options)
    assert voting(project) == before
