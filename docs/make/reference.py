"""The reference of commands and settings, rendered from typer and pydantic."""

import inspect
from collections.abc import Iterator
from functools import reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from densecell import config
from densecell.classes import CellClass
from densecell.cli.expand import bounds_in_words
from densecell.cli.main import COMMANDS, app, load_command

SETTINGS: dict[str, tuple[type[BaseModel], ...]] = {
    "project.yaml": (
        config.ProjectConfig,
        config.VolumeEntry,
        config.AnnotatedBox,
        CellClass,
        config.NetworkConfig,
        config.TrainingConfig,
        config.LossConfig,
        config.ErrorWeights,
        config.AugmentationConfig,
        config.EnsembleConfig,
    ),
    "Options of segment": (config.InferenceConfig,),
    "measure --config FILE": (
        config.ObjectsConfig,
        config.SplitConfig,
        config.CutConfig,
    ),
    "Options of mesh": (config.MeshConfig,),
}

BRACES = str.maketrans("", "", "{}")


def commands_page() -> str:
    """Every command with its arguments and options, as Markdown."""
    group = typer.main.get_command(app)
    context = typer.Context(group, info_name="densecell")
    parts = [
        "# Commands\n",
        "Made from the code: the same as `densecell COMMAND --help`. Every command "
        "ends with exit code 0 when its work is done, 1 when something is wrong (one "
        "line says what, and what to do), 2 when an option or its value is wrong, and "
        "130 when it was interrupted; then run it again to continue.\n",
    ]
    for name in COMMANDS:
        command = load_command(name)
        of_command = typer.Context(command, info_name=name, parent=context)
        parts += _command(name, command, of_command)
    return "\n".join(parts)


def _command(name: str, command: Any, context: Any) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(context)).translate(BRACES)
    yield f"\n## {name}\n\n```\ndensecell {name} {usage}\n```\n"
    yield inspect.cleandoc(command.help or "") + "\n"
    rows = [_parameter(p, context) for p in command.params if p.name != "help"]
    yield "| | | default |\n|---|---|---|"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _parameter(parameter: Any, context: Any) -> tuple[str, str, str]:
    names, words = parameter.get_help_record(context)
    words, _, notes = words.partition("  [")
    default = ""
    for note in filter(None, notes.rstrip("]").split("; ")):
        if note.startswith("default: "):
            default = f"`{note.removeprefix('default: ')}`"
        elif note == "required":
            default = note
        else:  # a range, which the text lacks
            words += f" Range: {note}."
    return f"`{names}`", _cell(words), default


def settings_page() -> str:
    """Every setting with its description, bounds and default, as Markdown."""
    parts = [
        "# Settings\n",
        "Made from the code. Lengths are voxels in (z, y, x) unless the name ends in "
        "`_nm` or `_px`. An unknown name is refused, with the nearest known one. What "
        "was used is written beside every result, with all defaults filled in.\n",
    ]
    for title, models in SETTINGS.items():
        parts.append(f"\n## {title}\n")
        for model in models:
            parts += _settings(model)
    return "\n".join(parts)


def _settings(model: type[BaseModel]) -> Iterator[str]:
    yield f"\n### {model.__name__}\n"
    yield inspect.cleandoc(model.__doc__ or "") + "\n"
    yield "| setting | meaning | kind | default |\n|---|---|---|---|"
    for name, field in model.model_fields.items():
        row = (
            f"`{name}`",
            _cell(field.description or ""),
            _kind(field),
            _default(field),
        )
        yield f"| {' | '.join(row)} |"


def _kind(field: FieldInfo) -> str:
    """Type and bounds of a setting; one that is settings itself is linked."""
    inner = _model(field.annotation)
    if inner is not None and inner.__name__ != "ClassScheme":
        return f"[{inner.__name__}](#{inner.__name__.lower()})"
    text = inspect.formatannotation(_bare(field.annotation))
    for long, short in (
        ("typing.", ""),
        ("densecell.classes.", ""),
        ("densecell.address.Url", "URL"),
        ("pathlib.", ""),
        ("densecell.geometry.", ""),
        ("tuple[int, int, int]", "(z, y, x)"),
        ("Literal", "one of "),
        ("'", ""),
        (" | ", " or "),
    ):
        text = text.replace(long, short)
    return _cell(", ".join(filter(None, (text, bounds_in_words(field)))))


def _bare(annotation: Any) -> Any:
    """A type without what only pydantic needs."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return reduce(or_, map(_bare, get_args(annotation)))
    return annotation


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model(a) for a in getattr(annotation, "__args__", ()))
    return next((found for found in inner if found), None)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default()
    return "" if isinstance(default, BaseModel) else f"`{_plain(default)}`"


def _plain(value: object) -> str:
    """A value as it is written in YAML or on a command line."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_plain, value))}]"
    return str(value)


def _cell(text: str) -> str:
    """Text that fits into a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
