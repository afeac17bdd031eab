"""Objects to surfaces: smooth closed meshes in nanometres.

::

    surface_of(mask, spacing_nm=...) -> Surface(vertices_nm, faces, reliable)
"""

from densecell.surfaces.extract import surface_of
from densecell.surfaces.surface import Surface

__all__ = ["Surface", "surface_of"]
