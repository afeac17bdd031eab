"""One self-contained HTML page: pictures inside, nothing fetched from anywhere.

The templates escape all text, whoever wrote it. A policy in the page lets a browser run
the scripts of this package and no other, and fetch nothing.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from densecell.config import write_text
from densecell.report.page.parts import (
    Legend,
    LongTable,
    Notes,
    Picture,
    Scene,
    Section,
    Table,
    split_commands,
)

PACKAGE = "densecell.report.page"
KINDS: Mapping[str, type] = {
    "picture": Picture,
    "table": Table,
    "long_table": LongTable,
    "notes": Notes,
    "legend": Legend,
    "scene": Scene,
}


def write_page(
    path: Path, title: str, lead: str, sections: Sequence[Section], *, library: str = ""
) -> None:
    """Write the page aside and rename it into place.

    Parameters
    ----------
    path
        HTML file to write.
    title, lead
        What stands on top.
    sections
        Shown in this order; the address of each is `#` and its title.
    library
        The text of plotly, which a scene needs.
    """
    parts = [part for section in sections for part in section.parts]
    scripts = []
    if any(isinstance(part, LongTable) for part in parts):
        scripts.append(_asset("table.js"))
    if any(isinstance(part, Scene) for part in parts):
        scripts += [library, _asset("scene.js")]
    page = (
        _environment()
        .get_template("page.html")
        .render(
            title=title,
            lead=lead,
            sections=sections,
            style=Markup(_asset("page.css")),
            scripts=[Markup(script) for script in scripts],
            digests=[_digest(script) for script in scripts],
        )
    )
    write_text(path, page + "\n")


@cache
def _environment() -> Environment:
    """Templates that escape, know the kinds of parts, and refuse what is not given."""
    made = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.tests |= {name: _is_of(kind) for name, kind in KINDS.items()}
    made.filters |= {"anchor": _anchor, "split_commands": split_commands}
    # The filter `tojson` leaves no "<" in what it writes: no name can end the element.
    made.policies["json.dumps_kwargs"] = {
        "separators": (",", ":"),
        "ensure_ascii": False,
    }
    return made


def _is_of(kind: type) -> Callable[[object], bool]:
    return lambda part: isinstance(part, kind)


def _anchor(title: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())


def _asset(name: str) -> str:
    return (files(PACKAGE) / "templates" / name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
