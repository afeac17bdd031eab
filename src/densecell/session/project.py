"""Projects of a session: made, opened, and changed as a person would by hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from densecell.address import Address
from densecell.classes import ClassScheme
from densecell.config import ProjectConfig, VolumeEntry, parse_settings, write_text
from densecell.datasets.project import (
    FILE,
    project_text,
    read_project,
    seen_from,
    write_project,
)
from densecell.errors import ConfigError
from densecell.geometry import Spacing
from densecell.session.requests import ClassRequest
from densecell.settings import parse_yaml
from densecell.volume import Volume

RANKED = "ensemble.json"  # what `densecell.ensemble` writes, which needs torch
LABELS = "labels"  # folder of labels in a project
TRAINING = """
# A network that learns from a few strokes scores low at first: none is abandoned.
training:
  abandon_below: 0.0
  validations: 5  # each costs time that a short training does not have
"""
OWN = "_studio.zarr"  # end of the name of labels that a session painted


def scheme_of_classes(classes: Sequence[ClassRequest]) -> ClassScheme:
    """Class list that a client sent.

    Raises
    ------
    ConfigError
        If ids or names are there twice, or a parent is missing.
    """
    ids = [c.id for c in classes]
    if len(set(ids)) < len(ids):
        raise ConfigError(f"two classes have the same id: {sorted(ids)}")
    values = {
        c.id: {
            "name": c.name,
            "colour": tuple(bytes.fromhex(c.color[1:])),
            "role": c.role,
            "parent": c.parent,
        }
        for c in classes
    }
    return parse_settings({"classes": values}, ClassScheme, where="classes")


def classes_shown(scheme: ClassScheme) -> list[dict[str, Any]]:
    """Classes as a client shows them."""
    return [
        {
            "id": i,
            "name": c.name,
            "color": f"#{bytes(c.colour).hex()}",
            "role": c.role,
            "parent": c.parent,
        }
        for i, c in sorted(scheme.classes.items())
    ]


def make_project(
    folder: Path, volume: Volume, spacing_nm: Spacing, scheme: ClassScheme
) -> None:
    """Write `project.yaml` for a volume that nobody has painted yet."""
    entry = own_entry(folder, volume, volume.name, spacing_nm)
    write_project(folder, project_text(scheme, [entry]) + TRAINING)


def finished_models(folder: Path) -> list[Path]:
    """Models of a project whose networks were ranked, by name."""
    return sorted(path.parent for path in folder.glob(f"models/*/{RANKED}"))


def own_labels(folder: Path, name: str) -> Path:
    """Labels that a session paints for a volume of a name."""
    return folder / LABELS / f"{name}{OWN}"


def is_own(entry: VolumeEntry) -> bool:
    """Whether a session painted the labels of an entry."""
    return entry.labels.name.endswith(OWN)


def replace_classes(folder: Path, scheme: ClassScheme) -> None:
    """Put a class list into `project.yaml`; the rest of the file stays as it is."""
    settings = scheme.as_settings()
    by_id = {int(i): dict(c) for i, c in settings["classes"].items()}
    value: Any = by_id
    if scheme.ignore != 255:
        value = {"classes": by_id, "ignore": scheme.ignore}
    _replace(folder, "classes", value)


def replace_own_entries(folder: Path, entries: Sequence[VolumeEntry]) -> ProjectConfig:
    """Put other entries in place of those whose labels a session painted."""
    project = read_project(folder)
    kept = [entry for entry in project.volumes if not is_own(entry)]
    every = [*kept, *entries]
    values = [e.model_dump(mode="json", exclude_defaults=True) for e in every]
    _replace(folder, "volumes", values)
    return read_project(folder)


def images_of(
    folder: Path, project: ProjectConfig
) -> dict[str, tuple[Address, VolumeEntry]]:
    """Images of a project by a short name, each with its first entry."""
    found: dict[str, tuple[Address, VolumeEntry]] = {}
    seen: set[str] = set()
    for entry in project.volumes:
        address = folder / entry.image
        if str(address) in seen:
            continue
        seen.add(str(address))
        stem = entry.image.name.split(".")[0] or "volume"
        if is_own(entry):
            stem = entry.labels.name.removesuffix(OWN)
        name, number = stem, 2
        while name in found:
            name, number = f"{stem}-{number}", number + 1
        found[name] = (address, entry)
    return found


def own_entry(
    folder: Path, volume: Volume, name: str, spacing_nm: Spacing
) -> VolumeEntry:
    """Entry of a volume with the labels that a session paints."""
    return VolumeEntry(
        image=seen_from(folder, volume.path),
        labels=seen_from(folder, own_labels(folder, name)),
        spacing_nm=tuple(spacing_nm),
    )


def _replace(folder: Path, key: str, value: Any) -> None:
    """Replace the value of a key of `project.yaml`; comments elsewhere are kept."""
    path = folder / FILE
    text = path.read_text(encoding="utf-8")
    root = yaml.compose(text)
    assert isinstance(root, yaml.MappingNode)  # it is a valid project
    node, found = next((k, v) for k, v in root.value if k.value == key)
    end = found.end_mark.index
    while end > found.start_mark.index and text[end - 1] in " \n\t":
        end -= 1  # the end of a block lies at the next word, behind comments
    while (line := text.rfind("\n", 0, end) + 1) > found.start_mark.index and text[
        line:end
    ].lstrip().startswith("#"):
        end = len(text[:line].rstrip())
    new = yaml.safe_dump({key: value}, sort_keys=False, default_flow_style=None)
    changed = text[: node.start_mark.index] + new.rstrip() + text[end:]
    parse_settings(parse_yaml(changed, where=str(path)), ProjectConfig, where=str(path))
    if not changed.endswith("\n"):
        changed += "\n"
    write_text(path, changed)
