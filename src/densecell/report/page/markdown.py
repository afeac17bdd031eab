"""The sections of a page as Markdown, for places that show no HTML.

Pictures are named by their address, where they have one; scenes and long tables are
left out. What is written by others cannot become markup.
"""

import re
from collections.abc import Sequence

from densecell.report.page.parts import (
    Cell,
    Legend,
    LongTable,
    Notes,
    Part,
    Picture,
    Scene,
    Section,
    Table,
    split_commands,
)

MARKUP = re.compile(r"([\\*\[\]<>|#~]|\b_|_\b)")  # inside a word, _ is no markup


def markdown(title: str, lead: str, sections: Sequence[Section]) -> str:
    """Render a page; it ends with a line break."""
    parts = [f"# {_escaped(title)}", _sentence(lead)]
    for section in sections:
        parts.append(f"## {_escaped(section.title)}")
        if section.text:
            parts.append(_sentence(section.text))
        parts += [text for part in section.parts if (text := _part(part))]
    return "\n\n".join(parts) + "\n"


def _part(part: Part) -> str:
    match part:
        case Picture():
            return _picture(part)
        case Table():
            return _table(part)
        case Notes():
            return "\n".join(f"- {_sentence(s)}" for s in part.sentences)
        case Legend() | Scene() | LongTable():
            return ""


def _picture(picture: Picture) -> str:
    if not picture.address:
        return ""
    return f"![{_escaped(picture.caption)}](<{picture.address}>)"


def _table(table: Table) -> str:
    rows = [[_escaped(name) for name in table.header], ["---"] * len(table.header)]
    rows += [[_cell(cell) for cell in row] for row in table.rows]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{lines}\n\n{_escaped(table.caption)}" if table.caption else lines


def _cell(cell: Cell) -> str:
    match cell:
        case Picture():
            return _picture(cell)
        case str():
            return _sentence(cell)


def _sentence(text: str) -> str:
    """Escape text, but for what stands in backticks, which is a command."""
    return "".join(
        f"`{piece}`" if is_command else _escaped(piece)
        for piece, is_command in split_commands(text)
    )


def _escaped(text: str) -> str:
    return MARKUP.sub(r"\\\1", text.replace("\n", " "))
