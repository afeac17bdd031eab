"""Meshes as files for other programs: GLB scenes, and PLY, OBJ and STL.

z, y, x becomes x, y, z here, and nowhere else.

::

    GLB             vertices in micrometres, below a node that scales them to metres,
                    the unit of glTF
    PLY, OBJ, STL   nanometres, as tables are; the head of the file says so
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.disk import written_aside
from densecell.surfaces.extra import mesh_package
from densecell.surfaces.surface import Surface

GLB_UNIT_NM = 1000.0
METRES = 1e-6  # in a unit of GLB's vertices
ROOT = "micrometres"  # node that all others of a GLB lie below
MATERIALS = "classes.mtl"  # beside OBJ files
STL_HEAD = 80  # bytes of text
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
    """Write a scene of named, coloured nodes, x first.

    Vertices are in micrometres; the node above all others scales them to metres. Equal
    nodes give equal bytes.

    Raises
    ------
    MissingExtraError
        If trimesh is not installed.
    """
    trimesh = mesh_package("trimesh")
    scene = trimesh.Scene()
    scene.graph.update(ROOT, matrix=np.diag((METRES, METRES, METRES, 1.0)))
    for node in nodes:
        mesh = _mesh(node.surface, unit_nm=GLB_UNIT_NM)
        mesh.visual = trimesh.visual.TextureVisuals(material=_material(node))
        scene.add_geometry(
            mesh, node_name=node.name, geom_name=node.name, parent_node_name=ROOT
        )
    with written_aside(path, overwrite=True) as aside:
        aside.write_bytes(scene.export(file_type="glb", include_normals=True))


def write_mesh(path: Path, node: SceneNode) -> None:
    """Write one surface as the suffix says, PLY, OBJ or STL, in nanometres, x first.

    PLY has the colour and comments with name and unit. OBJ has the name, and the colour
    by its material, which `write_materials` defines. STL holds no colour; its head says
    name and unit.

    Raises
    ------
    MissingExtraError
        If trimesh is not installed.
    """
    write = {".ply": _ply, ".obj": _obj, ".stl": _stl}[path.suffix]
    with written_aside(path, overwrite=True) as aside:
        aside.write_bytes(write(node))


def write_materials(folder: Path, colours: Mapping[str, tuple[int, int, int]]) -> None:
    """Write the colours of classes, by their names, for the OBJ files of a folder."""
    lines = ["# colours of classes, by densecell"]
    for name, colour in colours.items():
        shares = " ".join(f"{part / 255:.4f}" for part in colour)
        lines += [f"newmtl {_word(name)}", f"Kd {shares}", "Ks 0 0 0", "d 1", ""]
    with written_aside(folder / MATERIALS, overwrite=True) as aside:
        aside.write_text("\n".join(lines), encoding="utf-8", newline="\n")


def _ply(node: SceneNode) -> bytes:
    mesh = _mesh(node.surface)
    mesh.visual.vertex_colors = np.tile(
        np.array([*node.colour, 255], np.uint8), (len(mesh.vertices), 1)
    )
    first, kind, rest = mesh.export(file_type="ply").split(b"\n", 2)
    said = f"comment {node.name}\ncomment unit nanometre".encode("ascii", "replace")
    return b"\n".join((first, kind, said, rest))


def _obj(node: SceneNode) -> bytes:
    head = (
        f"# {node.name}\n# unit nanometre\nmtllib {MATERIALS}\n"
        f"o {_word(node.name)}\nusemtl {_word(_class_of(node))}\n"
    )
    found = _mesh(node.surface).export(file_type="obj", header="")
    return (head + found.lstrip()).encode()


def _stl(node: SceneNode) -> bytes:
    head = f"{node.name}, unit nanometre".encode("ascii", "replace")[:STL_HEAD]
    found: bytes = _mesh(node.surface).export(file_type="stl")
    return head.ljust(STL_HEAD) + found[STL_HEAD:]


def _word(name: str) -> str:
    """Name without spaces, which end names in OBJ."""
    return "_".join(name.split())


def _class_of(node: SceneNode) -> str:
    return node.name.rsplit(" ", 1)[0]


def _mesh(surface: Surface, *, unit_nm: float = 1.0) -> Any:
    points, faces = to_xyz(surface, unit_nm=unit_nm)
    return mesh_package("trimesh").Trimesh(points, faces, process=False)


def _material(node: SceneNode) -> Any:
    """Dull material; both sides of translucent ones show, also from inside a cell."""
    opaque = node.opacity >= 1
    return mesh_package("trimesh.visual.material").PBRMaterial(
        name=_class_of(node),
        baseColorFactor=[*node.colour, round(255 * node.opacity)],
        metallicFactor=0.0,
        roughnessFactor=0.8,
        doubleSided=not opaque,
        alphaMode="OPAQUE" if opaque else "BLEND",
    )
