import inspect
import re
from typing import Annotated, Literal

import pytest
import typer
from pydantic import BaseModel, Field
from typer.testing import CliRunner

from densecell.cli.expand import (
    Sets,
    bounds_in_words,
    changed,
    expanded,
    is_model,
    options_of,
)
from densecell.cli.main import COMMANDS, function_of, load_command
from densecell.errors import ConfigError


class Leaf(BaseModel, frozen=True, extra="forbid"):
    length_nm: float = Field(80.0, gt=0, le=100, description="Smooth by this, in nm.")
    count: int = Field(3, ge=1, description="Count up to this.")


class Tree(BaseModel, frozen=True, extra="forbid"):
    first: Leaf = Leaf()
    second: Leaf = Leaf(length_nm=20)
    names: tuple[str, ...] = Field((), description="Keep this name.")


class Changes(BaseModel, frozen=True):
    length: Annotated[
        float | None, Sets(Tree, "second.length_nm", subject="Second")
    ] = None
    count: Annotated[int | None, Sets(Tree, "first.count second.count")] = None
    names: Annotated[tuple[str, ...] | None, Sets(Tree, "names")] = None


class Whole(BaseModel, frozen=True):
    size: tuple[int, int, int] | None = Field(None, description="Voxels.")
    how: Literal["slow", "fast"] = Field("fast", description="Work like this.")
    sure: bool = Field(True, description="Be sure.")
    loud: bool = Field(False, description="Be loud.")
    out: Annotated[str, typer.Option("--out", "-o", help="Write here.")] = "a"


@pytest.fixture
def call():
    """Runs a command with both models; returns exit code, text and what it got."""
    got = []

    def command(changes: Changes, whole: Whole) -> None:
        got.append((changes, whole))

    app = typer.Typer(rich_markup_mode=None)
    app.command()(expanded(command))

    def run(*words):
        outcome = CliRunner().invoke(app, [*map(str, words)])
        if isinstance(outcome.exception, ConfigError):
            raise outcome.exception
        return outcome.exit_code, outcome.output, got[-1] if got else None

    return run


def test_without_options_every_model_has_its_defaults(call):
    assert call() == (0, "", (Changes(), Whole()))


def test_options_fill_the_fields_of_their_models(call):
    _, _, (changes, whole) = call(
        *("--length", 5, "--count", 2, "--names", "a", "--names", "b"),
        *("--size", 1, 2, 3, "--how", "slow", "--no-sure", "--loud", "-o", "b"),
    )

    assert changes == Changes(length=5, count=2, names=("a", "b"))
    assert whole == Whole(size=(1, 2, 3), how="slow", sure=False, loud=True, out="b")


def test_the_help_says_what_the_settings_say(call):
    _, text, _ = call("--help")

    shown = " ".join(text.split())
    for line in (
        "--length NM Second: smooth by this, in nm. Range: above 0, at most 100. "
        "Default: 20.0.",
        "--count N Count up to this. Default: 3. [x>=1]",
        "--names <list[str]> Keep this name. Repeatable.",
        "--size Z Y X Voxels.",
        "--how slow|fast Work like this. [default: fast]",
        "--sure / --no-sure Be sure. [default: sure]",
        "--loud Be loud.",
        "-o, --out <str> Write here. [default: a]",
    ):
        assert line in shown


@pytest.mark.parametrize("words", [("--count", 0), ("--count", "a"), ("--size", 1)])
def test_wrong_values_are_refused_by_the_command_line(call, words):
    code, text, _ = call(*words)

    assert code == 2
    assert words[0] in text


def test_a_wrong_choice_is_named_with_the_right_ones(call):
    with pytest.raises(ConfigError, match="how: input should be 'slow' or 'fast', got"):
        call("--how", "gently")


def test_settings_are_changed_where_options_were_given():
    tree = Tree(first=Leaf(length_nm=9))

    assert changed(tree, Changes()) == tree
    assert changed(tree, Changes(count=7, length=5.0)) == Tree(
        first=Leaf(length_nm=9, count=7), second=Leaf(length_nm=5, count=7)
    )
    assert changed(tree, Changes(), also={"names": ("a",)}).names == ("a",)
    assert tree == Tree(first=Leaf(length_nm=9))


def test_a_changed_setting_is_checked():
    with pytest.raises(
        ConfigError, match=r"options: second.length_nm: input should be"
    ):
        changed(Tree(), Changes(length=0.0))


def test_bounds_in_words():
    fields = Leaf.model_fields

    assert bounds_in_words(fields["length_nm"]) == "above 0, at most 100"
    assert bounds_in_words(fields["count"]) == "at least 1"
    assert bounds_in_words(Tree.model_fields["names"]) == ""


def models_of(command):
    """Models that a command expands into options."""
    parameters = inspect.signature(function_of(command), eval_str=True).parameters
    return [p.annotation for p in parameters.values() if is_model(p.annotation)]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_and_option_says_what_it_does(command):
    for parameter in load_command(command).params:
        assert re.match(r"[A-Z.].+[.]$", parameter.help or ""), parameter.name


@pytest.mark.parametrize("command", [c for c in COMMANDS if models_of(c)])
def test_options_are_what_their_settings_are(command):
    made = load_command(command)
    context, shown = typer.Context(made), {p.name: p for p in made.params}
    for model in models_of(command):
        for option in options_of(model):
            there = shown[option.name]
            described = option.setting.description or option.given.help
            assert described[1:] in there.help
            assert there.default == (
                None if option.field.is_required() else option.default
            )
            if len(choices := choices_of(option.setting.annotation)) < 6:
                assert "|".join(choices) in there.get_help_record(context)[0]


def test_settings_are_options_of_many_commands():
    of_config = [
        option.setting.description
        for command in COMMANDS
        for model in models_of(command)
        for option in options_of(model)
        if option.setting.description
    ]

    assert len(of_config) >= 30


def choices_of(annotation):
    """Choices of a `Literal`, wherever it stands in a type."""
    found = re.search(r"Literal\[([^\]]*)\]", str(annotation))
    return re.findall(r"'([^']*)'", found[1]) if found else []
