"""One self-contained HTML page: pictures inside, nothing fetched from anywhere."""

import base64
import html
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from densecell.config import write_text


class Picture(NamedTuple):
    """A PNG with what it shows, in words."""

    png: bytes
    caption: str


class Table(NamedTuple):
    """Rows of text under a header; the first column names the row."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


class Section(NamedTuple):
    """A heading, a few sentences, then tables and pictures."""

    title: str
    text: str = ""
    parts: Sequence[Picture | Table] = ()


def write_page(path: Path, title: str, lead: str, sections: Sequence[Section]) -> None:
    """Write the page aside and rename it into place."""
    body = "\n".join(_section(section) for section in sections)
    write_text(
        path,
        f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{html.escape(title)}</h1>
<p class="lead">{html.escape(lead)}</p>
{body}
</main>
</body>
</html>
""",
    )


def _section(section: Section) -> str:
    text = f"<p>{html.escape(section.text)}</p>" if section.text else ""
    parts = "\n".join(
        _picture(part) if isinstance(part, Picture) else _table(part)
        for part in section.parts
    )
    return (
        f"<section>\n<h2>{html.escape(section.title)}</h2>\n{text}\n{parts}\n</section>"
    )


def _picture(picture: Picture) -> str:
    data = base64.b64encode(picture.png).decode("ascii")
    caption = html.escape(picture.caption)
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _table(table: Table) -> str:
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in table.header)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in table.rows
    )
    caption = (
        f"<caption>{html.escape(table.caption)}</caption>" if table.caption else ""
    )
    return (
        f'<div class="wide"><table>{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


STYLE = """
:root { color-scheme: light; --ink: #1c2430; --soft: #5b6675; --line: #dde3ea; }
* { box-sizing: border-box; }
body { margin: 0; background: #f6f8fa; color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.2rem; margin: 0 0 .5rem; }
.lead { color: var(--soft); font-size: 1.05rem; max-width: 46rem; }
section { background: #fff; border: 1px solid var(--line); border-radius: 10px;
  padding: 1.1rem 1.2rem; margin: 1.2rem 0; }
section > p { max-width: 46rem; margin: .2rem 0 .8rem; }
figure { margin: .6rem 0 1rem; }
img { max-width: 100%; height: auto; display: block; }
figcaption, caption { color: var(--soft); font-size: .9rem; text-align: left;
  caption-side: bottom; padding-top: .35rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem .3rem 0; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
@media print { body { background: #fff; } section { break-inside: avoid; } }
"""
