"""Synthetic tissue of many kinds and looks, for learning what borders look like.

::

    draw_kind -> draw_tissue -> classes, cells, depths -> imaged -> grey values

Nothing here is like platelets: see `phantom` for those.
"""

from densecell.synthetic.drawing import SCHEME, DrawnTissue, draw_tissue
from densecell.synthetic.imaging import Look, draw_look, imaged
from densecell.synthetic.kinds import KINDS, TissueKind, draw_kind

__all__ = [
    "KINDS",
    "SCHEME",
    "DrawnTissue",
    "Look",
    "TissueKind",
    "draw_kind",
    "draw_look",
    "draw_tissue",
    "imaged",
]
