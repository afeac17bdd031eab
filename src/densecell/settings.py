"""Read YAML and JSON, check what they hold, write settings.

Free of torch, like `config`, which defines the settings.
"""

import difflib
import json
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from densecell.disk import written_aside
from densecell.errors import ConfigError

Settings = TypeVar("Settings", bound=BaseModel)
MOST_NESTED = 100  # brackets inside brackets; PyYAML takes time by their square


def load_settings(path: Path, kind: type[Settings]) -> Settings:
    """Read settings of this kind from a YAML file.

    Raises
    ------
    ConfigError
        If the file is missing, is not YAML, or contains something that is no setting.
    """
    return parse_settings(read_yaml(path), kind, where=str(path))


def read_yaml(path: Path) -> Any:
    """Plain values of a YAML file, not checked yet.

    Raises
    ------
    ConfigError
        If the file is missing, or is not YAML.
    """
    return parse_yaml(_read_text(path, "YAML"), where=str(path))


def parse_yaml(text: str, *, where: str) -> Any:
    """Plain values of a text in YAML, not checked yet.

    Raises
    ------
    ConfigError
        If the text is not YAML, or nested too deeply.
    """
    try:
        if _nesting(text) > MOST_NESTED:
            raise RecursionError
        return yaml.safe_load(text)
    except RecursionError:
        raise ConfigError(f"{where}: not readable as YAML: nested too deeply") from None
    # PyYAML lets errors of Python through where a tag or a date has no sense.
    except (yaml.YAMLError, ValueError, LookupError, AttributeError) as error:
        raise ConfigError(
            f"{where}: not readable as YAML: {_one_line(error)}"
        ) from None


def read_json(path: Path) -> Any:
    """Plain values of a JSON file, not checked yet.

    Raises
    ------
    ConfigError
        If the file is missing, is not JSON, or is nested too deeply.
    """
    text = _read_text(path, "JSON")
    try:
        return json.loads(text)
    except RecursionError:
        raise ConfigError(f"{path}: not readable as JSON: nested too deeply") from None
    except ValueError as error:
        raise ConfigError(f"{path}: not readable as JSON: {_one_line(error)}") from None


def parse_settings(values: object, kind: type[Settings], *, where: str) -> Settings:
    """Turn plain values into settings; errors name the nearest known setting."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"{where}: {_worded(error, kind)}") from None


def save_settings(settings: BaseModel, path: Path) -> None:
    """Write settings to a YAML file, never half of it."""
    write_text(path, yaml_text(settings.model_dump(mode="json")))


def yaml_text(values: Mapping[str, Any]) -> str:
    """Plain values as YAML, in their order."""
    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True)


def write_text(path: Path, text: str) -> None:
    """Write a small file aside, flush it and rename it: never half a file.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with written_aside(path, overwrite=True) as aside:
        aside.write_text(text, encoding="utf-8", newline="\n")


def _read_text(path: Path, form: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = _one_line(error)
        raise ConfigError(f"{path}: not readable as {form}: {reason}") from None


def _nesting(text: str) -> int:
    """How many brackets are open at once; those in words count too, which is rare."""
    steps = ({"[": 1, "{": 1, "]": -1, "}": -1}.get(letter, 0) for letter in text)
    return max(accumulate(steps), default=0)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _worded(error: ValidationError, kind: type[BaseModel]) -> str:
    """One line on the first mistake."""
    first, *others = error.errors()
    place = [str(p) for p in first["loc"]]
    name = ".".join(place) or "settings"
    # pydantic drops wrong items of a list, then calls it too short: no second mistake.
    others = [other for other in others if other["type"] != "too_short"]
    more = f" (and {len(others)} more)" if others else ""
    if first["type"] == "extra_forbidden":
        known = _known_names(kind, place[:-1])
        near = difflib.get_close_matches(place[-1], known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        return f"unknown setting {name!r}; {hint}{more}"
    message = first["msg"].removeprefix("Value error, ")
    given = first["input"]
    shown = f", got {given!r}" if isinstance(given, str | int | float | None) else ""
    return f"{name}: {message[:1].lower()}{message[1:]}{shown}{more}"


def _known_names(kind: type[BaseModel], place: list[str]) -> list[str]:
    """Names of the settings at this place."""
    for part in place:
        if part.isdigit():
            continue
        field = kind.model_fields.get(part)
        if field is None:
            return []
        kind = _model_inside(field.annotation) or kind
    return list(kind.model_fields)


def _model_inside(annotation: Any) -> type[BaseModel] | None:
    """The settings class inside `X`, `X | None` or `tuple[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if found := _model_inside(inner):
            return found
    return None
