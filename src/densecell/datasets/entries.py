"""Add volumes to `project.yaml`; every line and comment in it is kept."""

from collections.abc import Sequence
from typing import Any

import yaml

from densecell.config import ProjectConfig, VolumeEntry, parse_settings
from densecell.errors import ConfigError
from densecell.settings import parse_yaml


def add_entries(text: str, entries: Sequence[VolumeEntry], *, where: str) -> str:
    """Text of a project with entries added at the end of its volumes.

    Parameters
    ----------
    text
        A valid project file.
    entries
        Entries to add; paths are relative to the project's folder, or absolute.
    where
        Name of the file, for messages.

    Raises
    ------
    ConfigError
        If the list of volumes is written in a form that cannot be extended.
    """
    volumes = _volumes(yaml.compose(text))
    added = [entry.model_dump(mode="json", exclude_defaults=True) for entry in entries]
    longer = _in_brackets if volumes.flow_style else _in_lines
    new = longer(text, volumes, added)
    if _parsed(new) != _expected(text, entries):
        raise ConfigError(
            f"{where}: its list of volumes cannot be extended; write one volume below "
            "the other, each beginning with `- image:`"
        )
    return new


def _volumes(root: yaml.Node | None) -> yaml.SequenceNode:
    assert isinstance(root, yaml.MappingNode)  # it is a valid project
    found = next(value for key, value in root.value if key.value == "volumes")
    assert isinstance(found, yaml.SequenceNode)
    return found


def _in_lines(
    text: str, volumes: yaml.SequenceNode, added: list[dict[str, Any]]
) -> str:
    """Add items as lines, with the indent of the others."""
    end = text.find("\n", _end(volumes))
    head, tail = (text + "\n", "") if end < 0 else (text[: end + 1], text[end + 1 :])
    indent = " " * volumes.start_mark.column
    lines = yaml.safe_dump(added, sort_keys=False, default_flow_style=None)
    return head + "".join(f"{indent}{line}\n" for line in lines.splitlines()) + tail


def _in_brackets(
    text: str, volumes: yaml.SequenceNode, added: list[dict[str, Any]]
) -> str:
    """Add items before the closing bracket of the list."""
    end = _end(volumes.value[-1])
    lines = yaml.safe_dump(added, sort_keys=False, default_flow_style=True, width=9999)
    return f"{text[:end]},\n  {lines.strip()[1:-1]}{text[end:]}"


def _end(node: yaml.Node) -> int:
    """End of the last word of a node; the end of a block itself lies further down."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node.end_mark.index


def _parsed(text: str) -> ProjectConfig | None:
    try:
        return parse_settings(parse_yaml(text, where=""), ProjectConfig, where="")
    except ConfigError:
        return None


def _expected(text: str, entries: Sequence[VolumeEntry]) -> ProjectConfig:
    project = parse_settings(parse_yaml(text, where=""), ProjectConfig, where="")
    return project.model_copy(update={"volumes": (*project.volumes, *entries)})
