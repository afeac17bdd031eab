"""Pictures, tables, one HTML page."""

from densecell.report.curves import learning_curves, score_bars
from densecell.report.page import Picture, Section, Table, write_page
from densecell.report.pictures import overlay, slice_picture

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
