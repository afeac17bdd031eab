"""Where to label next: boxes of a result, ranked, written as crops to paint in.

::

    open_material -> read_candidates -> rank -> write_suggestions
"""

from densecell.suggestions.candidates import Candidates, box_size, read_candidates
from densecell.suggestions.first_crops import unlike_places, write_first_crops
from densecell.suggestions.material import Material, open_material, project_of
from densecell.suggestions.ranking import Pick, rank
from densecell.suggestions.writing import (
    check_place,
    check_work,
    write_crops,
    write_suggestions,
)

__all__ = [
    "Candidates",
    "Material",
    "Pick",
    "box_size",
    "check_place",
    "check_work",
    "open_material",
    "project_of",
    "rank",
    "read_candidates",
    "unlike_places",
    "write_crops",
    "write_first_crops",
    "write_suggestions",
]
