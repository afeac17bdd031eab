"""Meshes as files for other programs: GLB scenes, and PLY, OBJ and STL.

GLB is in micrometres: a cell is then a few units wide, which viewers are made for;
in nanometres it would lie behind their far plane, in metres before their near plane.
The others have no unit of their own and are in nanometres, as tables are.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from densecell.disk import written_aside
from densecell.surfaces.extra import imported
from densecell.surfaces.foreign import to_xyz
from densecell.surfaces.surface import Surface

GLB_UNIT_NM = 1000.0
TRANSLUCENT = 0.3  # opacity of what holds other objects


class Part(NamedTuple):
    """A surface in a scene.

    Parameters
    ----------
    name
        Of its node, for example `mitochondrion 12`.
    colour
        Red, green, blue, 0 to 255.
    opacity
        From 0 to 1.
    """

    name: str
    surface: Surface
    colour: tuple[int, int, int]
    opacity: float = 1.0


def write_glb(path: Path, parts: Sequence[Part]) -> None:
    """Write a scene of named, coloured nodes, in micrometres, x first.

    Equal parts give equal bytes.

    Raises
    ------
    MissingExtraError
        If trimesh is not installed.
    """
    trimesh = imported("trimesh")
    scene = trimesh.Scene()
    scene.metadata["unit"] = "micrometre"
    for part in parts:
        mesh = _mesh(part.surface, unit_nm=GLB_UNIT_NM)
        mesh.visual = trimesh.visual.TextureVisuals(material=_material(part))
        scene.add_geometry(mesh, node_name=part.name, geom_name=part.name)
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
    return imported("trimesh").Trimesh(points, faces, process=False)


def _material(part: Part) -> Any:
    """Make a dull material; both sides show, for whoever looks from inside a cell."""
    opaque = part.opacity >= 1
    return imported("trimesh.visual.material").PBRMaterial(
        name=part.name.rsplit(" ", 1)[0],
        baseColorFactor=[*part.colour, round(255 * part.opacity)],
        metallicFactor=0.0,
        roughnessFactor=0.8,
        doubleSided=not opaque,
        alphaMode="OPAQUE" if opaque else "BLEND",
    )
