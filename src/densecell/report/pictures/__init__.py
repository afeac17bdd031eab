"""Pictures: slices with labels over them, plots, and what draws more of their kind."""

from densecell.report.pictures.charts import learning_curves, score_bars
from densecell.report.pictures.figures import (
    DPI,
    class_legend,
    png,
    scale_bar,
)
from densecell.report.pictures.marks import overlay, stretched
from densecell.report.pictures.slices import (
    comparison_picture,
    picture_about,
    slice_picture,
)

__all__ = [
    "DPI",
    "class_legend",
    "comparison_picture",
    "learning_curves",
    "overlay",
    "picture_about",
    "png",
    "scale_bar",
    "score_bars",
    "slice_picture",
    "stretched",
]
