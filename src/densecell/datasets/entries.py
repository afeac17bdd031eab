"""More volumes in `project.yaml`, with every line and remark of its writer kept."""

from collections.abc import Sequence
from typing import Any

import yaml

from densecell.config import ProjectConfig, VolumeEntry, parse_settings
from densecell.errors import ConfigError


def with_entries(text: str, entries: Sequence[VolumeEntry], *, where: str) -> str:
    """Put entries behind the last of `volumes`.

    Parameters
    ----------
    text
        Of a project file that can be understood.
    entries
        With paths relative to its folder, or absolute.
    where
        Name of the file, for messages.

    Raises
    ------
    ConfigError
        If the file is written in a way that cannot be added to.
    """
    volumes = _volumes(yaml.compose(text))
    added = [entry.model_dump(mode="json", exclude_defaults=True) for entry in entries]
    longer = _in_brackets if volumes.flow_style else _in_lines
    new = longer(text, volumes, added)
    if _understood(new) != _expected(text, entries):
        raise ConfigError(
            f"{where}: its list of volumes cannot be added to; write it as one item "
            "below the other, each beginning with `- image:`"
        )
    return new


def _volumes(root: yaml.Node | None) -> yaml.SequenceNode:
    assert isinstance(root, yaml.MappingNode)  # it was understood as a project
    found = next(value for key, value in root.value if key.value == "volumes")
    assert isinstance(found, yaml.SequenceNode)
    return found


def _in_lines(
    text: str, volumes: yaml.SequenceNode, added: list[dict[str, Any]]
) -> str:
    """Add items as lines, as far in as the others."""
    end = text.find("\n", _end(volumes))
    head, tail = (text + "\n", "") if end < 0 else (text[: end + 1], text[end + 1 :])
    indent = " " * volumes.start_mark.column
    lines = yaml.safe_dump(added, sort_keys=False, default_flow_style=None)
    return head + "".join(f"{indent}{line}\n" for line in lines.splitlines()) + tail


def _in_brackets(
    text: str, volumes: yaml.SequenceNode, added: list[dict[str, Any]]
) -> str:
    """Add items before the bracket that ends the list."""
    end = _end(volumes.value[-1])
    lines = yaml.safe_dump(added, sort_keys=False, default_flow_style=True, width=9999)
    return f"{text[:end]},\n  {lines.strip()[1:-1]}{text[end:]}"


def _end(node: yaml.Node) -> int:
    """Find where the last word of a node ends; a block's own end lies further down."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node.end_mark.index


def _understood(text: str) -> ProjectConfig | None:
    try:
        return parse_settings(yaml.safe_load(text), ProjectConfig, where="")
    except (ConfigError, yaml.YAMLError):
        return None


def _expected(text: str, entries: Sequence[VolumeEntry]) -> ProjectConfig:
    project = parse_settings(yaml.safe_load(text), ProjectConfig, where="")
    return project.model_copy(update={"volumes": (*project.volumes, *entries)})
