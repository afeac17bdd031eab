"""Objects to surfaces: smooth closed meshes in nanometres.

::

    surface_of(mask, spacing_nm=...) -> Surface(vertices_nm, faces, reliable)
    surfaces_of([ObjectMask(mask, spacing_nm), ...]): of many small objects at a time
    simplify(surface, max_error_nm=...) -> Surface
    mesh_result(path, config): all objects of a result, into `meshes/`
"""

from densecell.surfaces.extract import ObjectMask, surface_of, surfaces_of
from densecell.surfaces.files import SceneNode, Triangles, write_mesh
from densecell.surfaces.levels import objects_fingerprint
from densecell.surfaces.run import mesh_result
from densecell.surfaces.simplify import simplify
from densecell.surfaces.surface import Surface

__all__ = [
    "ObjectMask",
    "SceneNode",
    "Surface",
    "Triangles",
    "mesh_result",
    "objects_fingerprint",
    "simplify",
    "surface_of",
    "surfaces_of",
    "write_mesh",
]
