"""One self-contained HTML page: pictures inside, nothing fetched from anywhere.

All text is escaped here, whoever wrote it; a policy in the page lets a browser run the
scripts of this package and no other, and fetch nothing.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from densecell.classes import ClassScheme
from densecell.config import write_text

SUFFIXES = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg"}


class Picture(NamedTuple):
    """A PNG or JPEG file with what it shows, in words."""

    file: bytes
    caption: str
    small: bool = False  # without a caption under it, for a cell of a table
    wide: bool = False  # not made smaller than can be read, on a phone
    address: str = ""  # of the file, for pages that do not hold their pictures


Cell = str | Picture


class Table(NamedTuple):
    """Rows of cells under a header; the first column names the row."""

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    prose: bool = False  # cells are sentences, wrapped where they are too long


class LongTable(NamedTuple):
    """Rows by the thousand, of which `assets/table.js` shows a page at a time.

    It sorts them by a click on a heading, and finds them by their first column. The
    first page needs no script.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    page_rows: int


class Notes(NamedTuple):
    """Sentences under each other, such as warnings."""

    sentences: Sequence[str]
    warn: bool = False


class Legend(NamedTuple):
    """Colours, numbers and names of the classes."""

    scheme: ClassScheme
    text: str = ""


class Scene(NamedTuple):
    """What `assets/scene.js` draws, with a still picture for print.

    Parameters
    ----------
    data
        Plain values, see `report.scene_data`.
    still
        For print, and for browsers that cannot draw it.
    """

    data: dict[str, object]
    still: Picture


Part = Picture | Table | LongTable | Notes | Legend | Scene


class Section(NamedTuple):
    """A heading, a few sentences, then tables and pictures."""

    title: str
    text: str = ""
    parts: Sequence[Part] = ()


def write_page(
    path: Path, title: str, lead: str, sections: Sequence[Section], *, library: str = ""
) -> None:
    """Write the page aside and rename it into place.

    Parameters
    ----------
    path
        Of the HTML file.
    title, lead
        What stands on top.
    sections
        In their order; each has an address of its own, `#` with its title.
    library
        A script that a scene needs: of plotly.
    """
    parts = [part for section in sections for part in section.parts]
    scripts = []
    if any(isinstance(part, LongTable) for part in parts):
        scripts.append(_asset("table.js"))
    if any(isinstance(part, Scene) for part in parts):
        scripts += [library, _asset("scene.js")]
    links = " ".join(
        f'<a href="#{_anchor(s.title)}">{html.escape(s.title)}</a>' for s in sections
    )
    body = "\n".join(_section(section) for section in sections)
    write_text(
        path,
        f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{_asset("page.css")}</style>
</head>
<body>
<main>
<h1>{html.escape(title)}</h1>
<p class="lead">{html.escape(lead)}</p>
<nav>{links}</nav>
{body}
</main>
{"".join(f"<script>{script}</script>" for script in scripts)}
</body>
</html>
""",
    )


def _asset(name: str) -> str:
    return (files("densecell.report") / "assets" / name).read_text(encoding="utf-8")


def _policy(scripts: Sequence[str]) -> str:
    """Allow these scripts by their digests, pictures in the page, and nothing else."""
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    allowed = " ".join(f"'sha256-{base64.b64encode(d).decode()}'" for d in digests)
    allowed = allowed or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; "
        "style-src 'unsafe-inline'; img-src data: blob:"
    )


def _anchor(title: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())


def _section(section: Section) -> str:
    text = f"<p>{_sentence(section.text)}</p>" if section.text else ""
    blocks = []
    for kind, group in groupby(section.parts, key=type):
        drawn = "\n".join(_part(part) for part in group)
        blocks.append(
            f'<div class="pictures">{drawn}</div>' if kind is Picture else drawn
        )
    heading = html.escape(section.title)
    return (
        f'<section id="{_anchor(section.title)}">\n<h2>{heading}</h2>\n{text}\n'
        + "\n".join(blocks)
        + "\n</section>"
    )


def _sentence(text: str) -> str:
    """Escape text; what stands in backticks is a command."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _part(part: Part) -> str:
    match part:
        case Picture():
            return _picture(part)
        case Table():
            return _table(part)
        case LongTable():
            return _long_table(part)
        case Notes():
            items = "".join(f"<li>{_sentence(s)}</li>" for s in part.sentences)
            return f'<ul class="{"warn" if part.warn else "notes"}">{items}</ul>'
        case Legend():
            return _legend(part)
        case Scene():
            return _scene(part)


def _picture(picture: Picture) -> str:
    caption = html.escape(picture.caption)
    image = f'<img alt="{caption}" src="{_source(picture)}">'
    if picture.small:
        return image
    kind = ' class="broad"' if picture.wide else ""
    return (
        f"<figure{kind}><div>{image}</div><figcaption>{caption}</figcaption></figure>"
    )


def _source(picture: Picture) -> str:
    suffix = SUFFIXES[next(k for k in SUFFIXES if picture.file.startswith(k))]
    return f"data:image/{suffix};base64,{base64.b64encode(picture.file).decode()}"


def _table(table: Table, *, kind: str = "") -> str:
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in table.header)
    rows = "\n".join(
        "<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in table.rows
    )
    about = html.escape(table.caption)
    caption = f'<p class="caption">{about}</p>' if about else ""
    kind = f' class="{kind or "prose"}"' if kind or table.prose else ""
    return (
        f'<div class="wide"><table{kind}><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{caption}"
    )


def _long_table(table: LongTable) -> str:
    """Write the first page, and all rows for the script: text, or [picture, words]."""
    first = Table(table.header, table.rows[: table.page_rows])
    rows = [
        [c if isinstance(c, str) else [_source(c), c.caption] for c in row]
        for row in table.rows
    ]
    data = _script_data({"size": table.page_rows, "rows": rows})
    return f'<div class="long">{_table(first, kind="sortable")}{data}</div>'


def _cell(cell: Cell) -> str:
    match cell:
        case Picture():
            drawn = _picture(cell._replace(small=True))
            return f'<td class="picture">{drawn}</td>'
        case str():
            return f"<td>{html.escape(cell)}</td>"


def _legend(legend: Legend) -> str:
    items = "".join(
        f'<span><i style="background:rgb{legend.scheme.classes[i].colour}"></i>'
        f"{i} {html.escape(legend.scheme.classes[i].name)}</span>"
        for i in legend.scheme.ids
        if legend.scheme.classes[i].role != "background"
    )
    return f'<p class="legend">{items} {html.escape(legend.text)}</p>'


def _scene(scene: Scene) -> str:
    return (
        '<div class="scene"><form class="switches"></form>'
        '<div class="plot"></div>'
        '<p class="caption">Drag to turn, scroll or pinch to zoom.</p>'
        f"{_script_data(scene.data)}</div>\n"
        f'<div class="still">{_picture(scene.still)}</div>'
    )


def _script_data(data: object) -> str:
    """Write plain values for a script.

    There is no "<" in them, so that no name can end the element that holds it.
    """
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    text = text.replace("<", "\\u003c")
    return f'<script type="application/json">{text}</script>'
