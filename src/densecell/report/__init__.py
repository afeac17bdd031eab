"""Pictures, tables, one HTML page of a result, one card of a model."""

from densecell.report.page import Picture, Section, Table, write_page
from densecell.report.pictures import (
    learning_curves,
    overlay,
    score_bars,
    slice_picture,
)

__all__ = [
    "Picture",
    "Section",
    "Table",
    "learning_curves",
    "overlay",
    "score_bars",
    "slice_picture",
    "write_page",
]
