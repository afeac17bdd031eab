"""Meshes as files for other programs: GLB scenes, and PLY, OBJ and STL.

z, y, x becomes x, y, z here, and nowhere else. GLB is in micrometres: a cell is then a
few units wide, which viewers are made for. In nanometres it would lie behind their far
plane, in metres before their near plane. The other formats state no unit and are in
nanometres, as tables are.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.disk import written_aside
from densecell.surfaces.extra import mesh_package
from densecell.surfaces.surface import Surface

GLB_UNIT_NM = 1000.0
TRANSLUCENT = 0.3  # opacity of what holds other objects


class SceneNode(NamedTuple):
    """A surface in a scene.

    Parameters
    ----------
    name
        Name of the node, for example `mitochondrion 12`.
    colour
        Red, green, blue, 0 to 255.
    opacity
        From 0 to 1.
    """

    name: str
    surface: Surface
    colour: tuple[int, int, int]
    opacity: float = 1.0


class Triangles(NamedTuple):
    """A surface in the order of mesh files.

    Parameters
    ----------
    points
        (N, 3) float32, x first.
    faces
        (M, 3) uint32, counter-clockwise seen from outside.
    """

    points: NDArray[np.float32]
    faces: NDArray[np.uint32]


def to_xyz(surface: Surface, *, unit_nm: float = 1.0) -> Triangles:
    """Surface with x first, its corners turned round, in lengths of `unit_nm`.

    Examples
    --------
    >>> corners = np.array([(0.0, 10.0, 200.0), (0, 0, 0), (1, 0, 0)])
    >>> turned = to_xyz(Surface(corners, np.array([(0, 1, 2)], np.int32)))
    >>> turned.points[0].tolist(), turned.faces.tolist()
    ([200.0, 10.0, 0.0], [[2, 1, 0]])
    """
    points = surface.vertices_nm[:, ::-1] / unit_nm
    return Triangles(
        np.ascontiguousarray(points, np.float32),
        np.ascontiguousarray(surface.faces[:, ::-1], np.uint32),
    )


def write_glb(path: Path, nodes: Sequence[SceneNode]) -> None:
    """Write a scene of named, coloured nodes, in micrometres, x first.

    Equal nodes give equal bytes.

    Raises
    ------
    MissingExtraError
        If trimesh is not installed.
    """
    trimesh = mesh_package("trimesh")
    scene = trimesh.Scene()
    scene.metadata["unit"] = "micrometre"
    for node in nodes:
        mesh = _mesh(node.surface, unit_nm=GLB_UNIT_NM)
        mesh.visual = trimesh.visual.TextureVisuals(material=_material(node))
        scene.add_geometry(mesh, node_name=node.name, geom_name=node.name)
    with written_aside(path, overwrite=True) as aside:
        aside.write_bytes(scene.export(file_type="glb", include_normals=True))


def write_mesh(path: Path, surface: Surface) -> None:
    """Write one surface as the suffix says, PLY, OBJ or STL, in nanometres, x first.

    Raises
    ------
    MissingExtraError
        If trimesh is not installed.
    """
    found = _mesh(surface).export(file_type=path.suffix.removeprefix("."))
    with written_aside(path, overwrite=True) as aside:
        aside.write_bytes(found.encode() if isinstance(found, str) else found)


def _mesh(surface: Surface, *, unit_nm: float = 1.0) -> Any:
    points, faces = to_xyz(surface, unit_nm=unit_nm)
    return mesh_package("trimesh").Trimesh(points, faces, process=False)


def _material(node: SceneNode) -> Any:
    """Dull material; both sides of translucent ones show, also from inside a cell."""
    opaque = node.opacity >= 1
    return mesh_package("trimesh.visual.material").PBRMaterial(
        name=node.name.rsplit(" ", 1)[0],
        baseColorFactor=[*node.colour, round(255 * node.opacity)],
        metallicFactor=0.0,
        roughnessFactor=0.8,
        doubleSided=not opaque,
        alphaMode="OPAQUE" if opaque else "BLEND",
    )
