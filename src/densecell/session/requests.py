"""What a client asks of a session; every field is checked here."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from densecell.classes import IGNORE, Role
from densecell.session.paint import PaintLayer
from densecell.session.plane import Axis

Small = Annotated[int, Field(ge=0, le=2**31 - 1)]
Coordinate = Annotated[float, Field(ge=-1e7, le=1e7, allow_inf_nan=False)]
ClassId = Annotated[int, Field(ge=0, le=2**32 - 1)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Length = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Tool = Literal[
    "brush", "fill", "lasso", "smart_fill", "interpolate", "copy", "accept_sketch"
]


class Request(BaseModel, frozen=True, extra="forbid", populate_by_name=True):
    """Base of all requests: unknown fields are refused."""


class ClassRequest(Request):
    """One class of a project."""

    id: int = Field(ge=0, lt=IGNORE)
    name: Name
    color: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")
    role: Role = "other"
    parent: Name | None = None
    locked: bool = False


class LookRequest(Request):
    """A stack to look at before a project is made."""

    path: Text


class ProjectRequest(Request):
    """A project to make."""

    folder: Text
    path: Text
    spacing_nm: tuple[Length, Length, Length] | None = None
    classes: Annotated[list[ClassRequest], Field(min_length=2, max_length=255)]


class OpenRequest(Request):
    """A project to open."""

    folder: Text


class ClassesRequest(Request):
    """All classes of the project."""

    classes: Annotated[list[ClassRequest], Field(min_length=2, max_length=255)]


class PaintRequest(Request):
    """One use of a tool in a slice."""

    volume: Name
    layer: PaintLayer = "paint"
    axis: Axis
    index: Small
    tool: Tool
    class_: ClassId | Literal["next"] = Field(IGNORE, alias="class")
    points: list[tuple[Coordinate, Coordinate]] = Field([], max_length=100_000)
    point: tuple[Coordinate, Coordinate] | None = None
    radius: float = Field(3.0, ge=0, le=2000, allow_inf_nan=False)
    extent: float = Field(0.3, ge=0, le=1, allow_inf_nan=False)
    slices: int = Field(1, ge=1, le=101)
    from_: Small | None = Field(None, alias="from")
    to: Small | None = None
    locked: list[ClassId] = Field([], max_length=256)
    stroke: str | None = Field(None, max_length=100)  # pieces of one are undone at once
    window: str | None = Field(None, max_length=100)


class VolumeRequest(Request):
    """A volume whose last step is undone or done again."""

    volume: Name
    window: str | None = Field(None, max_length=100)


class ViewRequest(Request):
    """A rectangle of a slice: first row, first column, end of both."""

    volume: Name
    axis: Axis
    index: Small
    box: tuple[int, int, int, int]


class TrainRequest(Request):
    """How long and how many networks are trained."""

    minutes: float = Field(5.0, gt=0, le=100_000, allow_inf_nan=False)
    networks: int = Field(1, ge=1, le=50)
