"""Objects to surfaces: smooth closed meshes in nanometres.

::

    surface_of(mask, spacing_nm=...) -> Surface(vertices_nm, faces, reliable)
    simplify(surface, max_error_nm=...) -> Surface
    mesh_result(result, config): all objects of a result, into `meshes/`
"""

from densecell.surfaces.extract import surface_of
from densecell.surfaces.files import write_mesh
from densecell.surfaces.run import drop_meshes, find_objects, is_meshed, mesh_result
from densecell.surfaces.simplify import simplify
from densecell.surfaces.surface import Surface

__all__ = [
    "Surface",
    "drop_meshes",
    "find_objects",
    "is_meshed",
    "mesh_result",
    "simplify",
    "surface_of",
    "write_mesh",
]
