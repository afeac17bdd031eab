"""What a page is made of: sections of pictures, tables, notes, a legend, a scene."""

import base64
import re
from collections.abc import Sequence
from typing import NamedTuple

from densecell.classes import ClassScheme

SUFFIXES = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg"}
CODE = re.compile("`([^`]+)`")


class Picture(NamedTuple):
    """A PNG or JPEG file with what it shows, in words."""

    file: bytes
    caption: str
    wide: bool = False  # not made smaller than can be read, on a phone
    address: str = ""  # of the file, for pages that do not hold their pictures

    @property
    def source(self) -> str:
        """The file itself as an address, for pages that hold their pictures."""
        suffix = SUFFIXES[next(k for k in SUFFIXES if self.file.startswith(k))]
        return f"data:image/{suffix};base64,{base64.b64encode(self.file).decode()}"


Cell = str | Picture


class Table(NamedTuple):
    """Rows of cells under a header; the first column names the row."""

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    prose: bool = False  # cells are sentences, wrapped where they are too long


class LongTable(NamedTuple):
    """Rows by the thousand, of which `templates/table.js` shows a page at a time.

    It sorts them by a click on a heading, and finds them by their first column. The
    first page needs no script.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    page_rows: int

    @property
    def data(self) -> dict[str, object]:
        """Plain values for the script: a cell is text, or a picture and its words."""
        rows = [
            [
                cell if isinstance(cell, str) else [cell.source, cell.caption]
                for cell in r
            ]
            for r in self.rows
        ]
        return {"size": self.page_rows, "rows": rows}


class Notes(NamedTuple):
    """Sentences under each other, such as warnings."""

    sentences: Sequence[str]
    warn: bool = False


class Legend(NamedTuple):
    """Colours, numbers and names of the classes."""

    scheme: ClassScheme


class Scene(NamedTuple):
    """What `templates/scene.js` draws, with a still picture for print.

    Parameters
    ----------
    data
        Plain values, see `pictures.scene.scene_data`.
    still
        For print, and for browsers that cannot draw the scene.
    """

    data: dict[str, object]
    still: Picture


Part = Picture | Table | LongTable | Notes | Legend | Scene


class Section(NamedTuple):
    """A heading, a few sentences, then tables and pictures.

    What stands in backticks, in sentences of the text and of notes, is a command.
    """

    title: str
    text: str = ""
    parts: Sequence[Part] = ()


def split_commands(text: str) -> list[tuple[str, bool]]:
    """Cut a sentence into its pieces; those that stood in backticks are commands.

    Examples
    --------
    >>> split_commands("Run `densecell view` next.")
    [('Run ', False), ('densecell view', True), (' next.', False)]
    """
    pieces = CODE.split(text)
    return [(piece, n % 2 == 1) for n, piece in enumerate(pieces) if piece]
