"""Find the classes of labels: by name, in a file, or from the ids that occur."""

import reprlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from densecell.classes import BUILT_IN, IGNORE, ClassScheme
from densecell.config import SchemeSetting, parse_settings
from densecell.errors import ConfigError, VolumeError
from densecell.geometry import Shape, tile
from densecell.settings import read_yaml
from densecell.volume import OmeZarrVolume, Volume, read_scheme

_BLOCK: Shape = (16, 1024, 1024)  # voxels read at once
_HIGHEST = 254  # class id; higher ids are objects, or wrong
_MANY = 64  # ids; if there are more, they are classes only if a scheme says so


def choose_scheme(
    given: str | None,
    *,
    stored: ClassScheme | None = None,
    labels: Sequence[Volume] = (),
) -> ClassScheme:
    """Choose the user's scheme, else the stored one, else one made from the ids.

    Parameters
    ----------
    given
        Name or file from the user, see `load_scheme`; None if there is none.
    stored
        Scheme of a result or a project.
    labels
        Volumes of class ids. An OME-Zarr may name its classes. The voxels are read only
        if nothing else is known.

    Raises
    ------
    ConfigError, VolumeError
        If the scheme cannot be read, or the ids cannot be classes.
    """
    if given is not None:
        return load_scheme(given)
    found = [stored, *(_named_inside(volume) for volume in labels)]
    return next((s for s in found if s is not None), None) or scheme_from_labels(labels)


def load_scheme(name_or_file: str) -> ClassScheme:
    """Scheme from the name of a built-in one, or from a YAML file.

    The file holds classes by id, a scheme (`classes`, `ignore`), or a whole project, of
    which only `classes` is read.

    Raises
    ------
    ConfigError
        If there is no such name and no such file, or the file holds no scheme.
    """
    if name_or_file in BUILT_IN:
        return ClassScheme.named(name_or_file)
    path = Path(name_or_file)
    if not path.is_file():
        raise ConfigError(
            f"no class scheme and no file is called {name_or_file!r}; "
            f"built in: {', '.join(BUILT_IN)}"
        )
    values = read_yaml(path)
    if not isinstance(values, Mapping):
        raise ConfigError(f"{path}: expected classes by id, got {reprlib.repr(values)}")
    setting = {"classes": _scheme_part(values)}
    return parse_settings(setting, _SchemeFile, where=str(path)).classes


def scheme_from_labels(labels: Sequence[Volume]) -> ClassScheme:
    """Scheme made from the ids that volumes contain; 255 means "not annotated".

    Raises
    ------
    VolumeError
        If there are fewer than two ids, more than 64, or ids that cannot be classes.
    """
    found = sorted({i for volume in labels for i in label_ids(volume)} - {IGNORE})
    where = ", ".join(str(volume.path) for volume in labels)
    if len(found) < 2:
        raise VolumeError(
            f"{where}: expected two classes or more, found only ids {found}; "
            "name the scheme with --classes"
        )
    if len(found) > _MANY:
        raise VolumeError(
            f"{where}: {len(found)} different ids, expected at most {_MANY} classes; "
            "are these grey values, or ids of objects? If not, name the scheme with "
            "--classes"
        )
    return ClassScheme.from_ids(found)


def label_ids(volume: Volume) -> tuple[int, ...]:
    """Ids that a volume of class labels contains, ascending.

    Raises
    ------
    VolumeError
        See `ids_by_slice`.
    """
    return tuple(sorted(set().union(*ids_by_slice(volume))))


def ids_by_slice(volume: Volume) -> list[set[int]]:
    """Ids that each slice of class labels contains; read block by block.

    Raises
    ------
    VolumeError
        If the labels are not whole numbers, or an id is not 0 to 255.
    """
    if volume.dtype.kind not in "iu":
        raise VolumeError(
            f"{volume.path}: labels must be whole numbers, got {volume.dtype}; "
            "save the class ids as uint8"
        )
    slices: list[set[int]] = [set() for _ in range(volume.shape[0])]
    for block in tile(volume.shape, _BLOCK):
        found: set[int] = set()
        for z, plane in enumerate(volume.read(block), start=block.start[0]):
            ids = np.unique(plane).tolist()
            slices[z].update(ids)
            found.update(ids)
        if wrong := sorted(i for i in found if not 0 <= i <= IGNORE):
            raise VolumeError(
                f"{volume.path}: class ids must be 0 to {_HIGHEST} (or {IGNORE} for "
                f"not annotated), found {wrong[:5]}; are these ids of objects?"
            )
    return slices


def _named_inside(volume: Volume) -> ClassScheme | None:
    return read_scheme(volume.path) if isinstance(volume, OmeZarrVolume) else None


class _SchemeFile(BaseModel, frozen=True, extra="forbid"):
    classes: SchemeSetting


def _scheme_part(values: Mapping[Any, Any]) -> object:
    """The scheme in a project, in a scheme's own settings, or in bare classes."""
    inner = values.get("classes", values)
    whole = "format" in values or isinstance(inner, str)
    return inner if whole else values
