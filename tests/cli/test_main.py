import importlib.metadata
import re
import sys
import warnings
from pathlib import Path

import pytest

from densecell import __version__
from densecell.cli import main as module
from densecell.cli.main import COMMANDS, main
from densecell.errors import ConfigError


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command line; returns exit code, stdout, stderr."""
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["densecell", *map(str, words)])
        with pytest.raises(SystemExit) as caught:
            main()
        return caught.value.code or 0, *capsys.readouterr()

    return call


@pytest.fixture
def info_raises(monkeypatch):
    """Lets `densecell info` end with an error."""

    def arrange(error):
        def info(path: str):
            raise error

        app = module.typer.Typer()
        app.command()(info)
        app.callback()(lambda: None)
        monkeypatch.setattr(module, "app", app)

    return arrange


def test_the_help_lists_every_command(run):
    code, out, _ = run("--help")

    assert code == 0
    assert len(COMMANDS) >= 10
    for command in COMMANDS:
        assert f" {command} " in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run, command):
    code, out, _ = run(command, "--help")

    assert code == 0
    assert out.lstrip().startswith(f"Usage: densecell {command}")
    assert "--help" in out


def test_every_command_says_what_it_does_in_a_sentence():
    for command in COMMANDS:
        first = module.summary(command)
        assert module.function_of(command).__doc__.startswith(first)
        assert re.match(r"[A-Z].{10,86}\.$", first)


def test_every_file_of_a_command_is_a_command():
    folder = Path(module.__file__).parent
    others = {"main", "ending", "expand", "options", "progress", "scores_table"}
    others |= {"objects_table", "training_display", "waiting"}

    files = {path.stem.replace("_", "-") for path in folder.glob("*.py")}

    assert files - {name.replace("_", "-") for name in others} == set(COMMANDS)


def test_the_version(run):
    assert run("--version") == (0, f"densecell {__version__}\n", "")
    assert __version__ == importlib.metadata.version("densecell")


def test_an_expected_error_is_one_line_and_exit_code_1(run, info_raises):
    info_raises(ConfigError("a.yaml: unknown setting 'trainng'"))

    assert run("info", "a") == (1, "", "densecell: a.yaml: unknown setting 'trainng'\n")


def test_an_interruption_says_how_to_go_on(run, info_raises):
    info_raises(KeyboardInterrupt())

    sentence = "densecell: Interrupted. Run the same command again to continue.\n"
    assert run("info", "a") == (130, "", sentence)


def test_a_missing_file_is_one_line(run, tmp_path):
    path = tmp_path / "a.tif"

    code, out, err = run("info", path)

    assert (code, out) == (1, "")
    assert err.startswith(f"densecell: {path}: does not exist; expected an OME-Zarr")
    assert err.count("\n") == 1


def test_an_unknown_command_is_a_usage_error(run):
    code, _, err = run("segmnt")

    assert code == 2
    assert "segmnt" in err


def test_our_warnings_are_one_line_and_those_of_libraries_are_silent(
    monkeypatch, capsys
):
    monkeypatch.setattr(warnings, "showwarning", module._show_warning)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", module._show_warning)
        warnings.warn("voxels differ", stacklevel=1)
        warnings.warn("old", DeprecationWarning, stacklevel=1)

    assert capsys.readouterr().err == "densecell: warning: voxels differ\n"


@pytest.mark.parametrize("words", [("",), ("a", "-o", ""), ("a", "--out=")])
def test_an_empty_word_is_a_forgotten_variable(run, words):
    code, _, err = run("info", *words)

    assert code == 1
    assert err.endswith("is empty; check the variables of the command\n")


def test_an_error_that_nobody_worded_is_one_line(
    run, info_raises, tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    info_raises(KeyError("a"))

    code, _, err = run("info", "x")

    assert code == 1
    assert err.startswith("densecell: unexpected KeyError: 'a'. ")
    assert err.count("\n") == 1


def test_debug_shows_where_an_error_arose(info_raises, monkeypatch):
    info_raises(KeyError("a"))
    monkeypatch.setattr(module, "app", lambda prog_name: {}["a"])
    monkeypatch.setattr(sys, "argv", ["densecell", "--debug", "info", "x"])

    with pytest.raises(KeyError):
        main()
