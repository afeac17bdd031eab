"""Options of a command, made from the settings that the command fills.

A parameter whose type is a pydantic model becomes one option per field, with the
field's description, choices, bounds and default. A field marked `Sets` takes them from
the setting that it changes, so that each text exists once. `typer.Option` beside a
field adds what a setting lacks: spelling, placeholder, help.
"""

import functools
import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

import typer
from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.models import OptionInfo

from densecell.errors import ConfigError
from densecell.settings import parse_settings

Settings = TypeVar("Settings", bound=BaseModel)
BOUNDS = {Gt: "above", Ge: "at least", Lt: "below", Le: "at most"}
UNITS = ("nm", "um3")  # at the end of a setting's name; placeholder of its option
AXES = {3: "Z Y X", 6: "Z0 Y0 X0 Z1 Y1 X1"}
MOST_CHOICES = 5  # more are listed elsewhere
NO_DEFAULT = inspect.Parameter.empty


class Sets(NamedTuple):
    """Marks an option that changes settings, and takes its text from the first."""

    model: type[BaseModel]
    paths: str  # dotted, with spaces between
    default: str = ""  # in words, where it is not that of the setting
    subject: str = ""  # before the text, where several options share it

    @property
    def setting(self) -> FieldInfo:
        """The setting that gives text, choices and bounds."""
        return field_at(self.model, self.paths.split()[0])

    @property
    def usual(self) -> str:
        """What counts where the option is not given, in words."""
        first, *rest = self.paths.split()[0].split(".")
        value = self.model.model_fields[first].get_default()
        for name in rest:
            value = getattr(value, name)
        words = value if isinstance(value, tuple) else (value,)
        return self.default or ", ".join(str(w) for w in words if w is not None)


class Option(NamedTuple):
    """A field of a model as an option, with the setting that it is made from."""

    name: str
    field: FieldInfo
    setting: FieldInfo
    sets: Sets | None
    given: OptionInfo | None

    @property
    def default(self) -> Any:
        """Default value, `NO_DEFAULT` if required; an empty list is none."""
        if self.field.is_required():
            return NO_DEFAULT
        value = self.field.get_default()
        return None if value == () else value

    @property
    def parameter(self) -> inspect.Parameter:
        """The same as typer reads it from a signature."""
        kind = _item(self.setting)
        if get_origin(kind) is Literal:  # refused by the settings, in plainer words
            kind = str
        if _is_list(self.setting):
            kind = list[kind]  # type: ignore[valid-type]
        if self.default is None:
            kind = kind | None
        return inspect.Parameter(
            self.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=self.default,
            annotation=Annotated[kind, self.info],
        )

    @property
    def info(self) -> OptionInfo:
        """Spelling, help and bounds for typer."""
        given = self.given or OptionInfo()
        bounds = {} if _is_open(self.setting) else _bounds(self.setting)
        info: OptionInfo = typer.Option(
            *self.spellings,
            metavar=given.metavar or _metavar(self.setting, self.unit),
            help=self.help,
            min=bounds.get(Ge, given.min),
            max=bounds.get(Le, given.max),
        )
        return info

    @property
    def unit(self) -> str:
        """Unit in the name of the setting, or nothing."""
        path = self.sets.paths if self.sets else self.name
        unit = path.rpartition("_")[2]
        return unit if unit in UNITS else ""

    @property
    def spellings(self) -> list[str]:
        """What a user types: as given by hand, else the name without its unit."""
        given = self.given or OptionInfo()
        first = [given.default] if isinstance(given.default, str) else []
        if by_hand := [*first, *(given.param_decls or ())]:
            return by_hand
        name = self.name.removesuffix(f"_{self.unit}").replace("_", "-")
        either = _bare(self.setting.annotation) is bool and self.default is not False
        return [f"--{name}/--no-{name}" if either else f"--{name}"]

    @property
    def help(self) -> str:
        """Text of the setting, with bounds and default where typer shows none."""
        text = (self.given and self.given.help) or self.setting.description or ""
        if self.sets is not None and self.sets.subject:
            text = f"{self.sets.subject}: {text[:1].lower()}{text[1:]}"
        if _is_open(self.setting):
            text += f" Range: {bounds_in_words(self.setting)}."
        if _is_list(self.setting):
            text += " Repeatable."
        if self.sets is not None and self.default is None:
            text += f" Default: {self.sets.usual}." if self.sets.usual else ""
        return text


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """A command as typer wants it, with one option per field of its models."""
    signature = inspect.signature(command, eval_str=True)
    models = {
        p.name: p.annotation
        for p in signature.parameters.values()
        if is_model(p.annotation)
    }
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        if parameter.name in models:
            options = options_of(models[parameter.name])
            parameters += (option.parameter for option in options)
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(command)
    def filled(**given: Any) -> None:
        refuse_infinite(given)
        for name, model in models.items():
            values = {field: given.pop(field) for field in model.model_fields}
            known = {field: v for field, v in values.items() if v is not None}
            given[name] = parse_settings(known, model, where="options")
        command(**given)

    filled.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    filled.__annotations__ = {p.name: p.annotation for p in parameters}
    return filled


def refuse_infinite(given: Mapping[str, object]) -> None:
    """Refuse infinite numbers and those that are none; typer's bounds let them by.

    Raises
    ------
    ConfigError
        If an option is not finite.
    """
    for name, value in given.items():
        for number in value if isinstance(value, tuple | list) else (value,):
            if isinstance(number, float) and not math.isfinite(number):
                spelling = f"--{name.replace('_', '-')}"
                raise ConfigError(f"{spelling} {number}: expected a finite number")


def options_of(model: type[BaseModel]) -> Iterator[Option]:
    """Options for the fields of a model, in their order."""
    for name, field in model.model_fields.items():
        given = next((m for m in field.metadata if isinstance(m, OptionInfo)), None)
        sets = _sets(field)
        yield Option(name, field, sets.setting if sets else field, sets, given)


def changed(
    settings: Settings, options: BaseModel, also: Mapping[str, object] | None = None
) -> Settings:
    """Put the options that were given over the settings that they are marked to set.

    Parameters
    ----------
    also
        More values by their dotted path.
    """
    changes = dict(also or {})
    for name, field in type(options).model_fields.items():
        sets, value = _sets(field), getattr(options, name)
        if sets is not None and value is not None:
            changes |= dict.fromkeys(sets.paths.split(), value)
    values = settings.model_dump(exclude_unset=True)
    for path, value in changes.items():
        *parents, last = path.split(".")
        part = values
        for parent in parents:
            part = part.setdefault(parent, {})
        part[last] = value
    return parse_settings(values, type(settings), where="options")


def field_at(model: type[BaseModel], path: str) -> FieldInfo:
    """The field at a dotted path inside nested settings."""
    *parents, last = path.split(".")
    for parent in parents:
        model = _bare(model.model_fields[parent].annotation)
    return model.model_fields[last]


def bounds_in_words(field: FieldInfo) -> str:
    """Numbers that a setting takes, such as `above 0, at most 1`."""
    found = _bounds(field)
    return ", ".join(f"{BOUNDS[kind]} {limit:g}" for kind, limit in found.items())


def is_model(kind: object) -> bool:
    """Whether a type is a pydantic model, and so a group of options."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _sets(field: FieldInfo) -> Sets | None:
    return next((m for m in field.metadata if isinstance(m, Sets)), None)


def _bounds(field: FieldInfo) -> dict[type, float]:
    """Limits by their kind, from pydantic's `Ge(ge=1)` and its like."""
    found = (b for b in field.metadata if type(b) in BOUNDS)
    return {type(b): getattr(b, type(b).__name__.lower()) for b in found}


def _is_open(field: FieldInfo) -> bool:
    """Whether a limit itself is excluded, which typer can neither check nor show."""
    return not _bounds(field).keys() <= {Ge, Le}


def _metavar(setting: FieldInfo, unit: str) -> str | None:
    """Placeholder of a value in the help."""
    kind = _item(setting)
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        return "|".join(choices) if len(choices) <= MOST_CHOICES else "NAME"
    if get_origin(kind) is tuple:
        return AXES.get(len(get_args(kind)))
    return unit.upper() or {int: "N", float: "NUMBER"}.get(kind)


def _item(setting: FieldInfo) -> Any:
    """Type of a setting's value, or of its items if it is a list of any length."""
    kind = _bare(setting.annotation)
    if _is_list(setting):
        return _bare(get_args(kind)[0])
    if get_origin(kind) is tuple:
        return tuple[tuple(_bare(item) for item in get_args(kind))]  # type: ignore[misc]
    return kind


def _is_list(setting: FieldInfo) -> bool:
    kind = _bare(setting.annotation)
    return get_origin(kind) is tuple and get_args(kind)[-1] is Ellipsis


def _bare(kind: Any) -> Any:
    """A type without `None` and without what only pydantic needs."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        (kind,) = (k for k in get_args(kind) if k is not type(None))
        return _bare(kind)
    return kind
