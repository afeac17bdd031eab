"""A page: what it is made of, as HTML and as Markdown."""

from densecell.report.page.html import write_page
from densecell.report.page.markdown import markdown
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
)

__all__ = [
    "Cell",
    "Legend",
    "LongTable",
    "Notes",
    "Part",
    "Picture",
    "Scene",
    "Section",
    "Table",
    "markdown",
    "write_page",
]
