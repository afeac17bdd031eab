"""Scores of objects as tables for people."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from densecell.evaluation.object_scores import ObjectScores
from densecell.evaluation.object_tables import (
    CENSUS,
    CENSUS_CAPTION,
    MATCHES,
    MATCHES_CAPTION,
    census_rows,
    layer_lines,
    match_rows,
)

WORDS = ("class", "objects")  # columns that hold no number
LONG = 13  # letters of a word that is not cut: mitochondrion


def objects_table(scores: ObjectScores) -> Group:
    """Scores of objects for a rich console: matches, counts and sizes, then lines."""
    parts: list[RenderableType] = []
    if rows := match_rows(scores):
        parts = [
            _table(f"Objects. {scores.about}. {MATCHES_CAPTION}", MATCHES, rows),
            Text(),
            _table(CENSUS_CAPTION, CENSUS, census_rows(scores)),
        ]
    parts.append(Text())
    return Group(*parts, *(Text(line) for line in layer_lines(scores)))


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(
        title=Text(title),
        title_justify="left",
        box=SIMPLE_HEAD,  # as narrow as it gets: all columns fit into 80 letters
        padding=0,
        show_edge=False,
    )
    for heading in header:
        table.add_column(
            heading,
            justify="left" if heading in WORDS else "right",
            min_width=LONG if heading == "class" else None,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
