"""Where to label next: boxes of a result, ranked, written as crops to paint in.

::

    open_material -> look_at -> rank -> write_suggestions
"""

from densecell.suggestions.candidates import box_size
from densecell.suggestions.looks import Looks, look_at
from densecell.suggestions.material import Material, open_material, project_of
from densecell.suggestions.ranking import Pick, rank
from densecell.suggestions.writing import (
    check_place,
    check_work,
    write_crops,
    write_suggestions,
)

__all__ = [
    "Looks",
    "Material",
    "Pick",
    "box_size",
    "check_place",
    "check_work",
    "look_at",
    "open_material",
    "project_of",
    "rank",
    "write_crops",
    "write_suggestions",
]
