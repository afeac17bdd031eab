"""What a folder's objects were measured of, and whether they all are there."""

from pathlib import Path

from pydantic import BaseModel, Field

from densecell.config import SchemeSetting, load_settings
from densecell.errors import VolumeError

# As `densecell.objects` writes them, which this part may not import.
RECORD, FINISHED = "objects.yaml", "blocks/measure/finished"


class Measured(BaseModel, frozen=True, extra="ignore"):
    """The part of `objects.yaml` that readers of objects need."""

    labels: str = Field(description="class ids, from the folder of the result")
    spacing_nm: tuple[float, float, float]
    classes: SchemeSetting


def refuse_half_measured(result: Path) -> None:
    """Refuse objects that `densecell measure` has begun and not finished.

    Objects without an `objects.yaml` are of something else, and taken as they are.

    Raises
    ------
    VolumeError
        If there is an `objects.yaml` without the mark of a finished measurement.
    """
    if (result / RECORD).is_file() and not (result / FINISHED).exists():
        raise VolumeError(
            f"{result}: is not measured to its end; run `densecell measure` again "
            "with the same options"
        )


def read_measured(result: Path) -> Measured | None:
    """Read what the objects of a folder are measured of; none if nothing says so.

    Whether they all are there `refuse_half_measured` tells.

    Raises
    ------
    ConfigError
        If `objects.yaml` cannot be understood.
    """
    path = result / RECORD
    return load_settings(path, Measured) if path.is_file() else None
