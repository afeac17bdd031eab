"""What is meshed together: a cell with its organelles, or an organelle without a cell.

Where objects lie and what they are stands in the tables that `densecell measure` wrote.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from densecell.compute import Stage, once_per_process
from densecell.config import write_text
from densecell.geometry import Box
from densecell.result import CELLS, Result, box_of, layout, read_mesh_settings
from densecell.surfaces.files import TRANSLUCENT, SceneNode, write_glb, write_mesh
from densecell.surfaces.levels import levels_of
from densecell.surfaces.precomputed import write_precomputed
from densecell.surfaces.simplify import simplify
from densecell.surfaces.surface import Surface

HALF_SEEN = 0.6  # opacity of organelles that hold others


class MeshObject(NamedTuple):
    """A row of the tables: an object to be meshed.

    Parameters
    ----------
    layer
        Store that it is in: cells, organelles or parts.
    id
        Its id there.
    class_name
        Name of its class.
    cell
        Id of the cell that holds it, 0 for none; a cell's own id.
    box
        Box around it, in voxels.
    voxels
        Number of its voxels.
    """

    layer: str
    id: int
    class_name: str
    cell: int
    box: Box
    voxels: int

    @property
    def kind(self) -> str:
        """What it is called in tables: `cell`, `organelle` or `part`."""
        return self.layer.removesuffix("s")

    @property
    def stem(self) -> str:
        """Name of its files, without a suffix: `cell_7`."""
        return f"{self.kind}_{self.id}"


MeshScene = tuple[MeshObject, ...]  # the cell first, if there is one


def objects_of(result: Result) -> list[MeshObject]:
    """All objects of a result, by layer and ascending id."""
    return [
        MeshObject(
            layer,
            number,
            row["class"],
            int(row["cell_id"]),
            box_of(row),
            int(row["voxels"]),
        )
        for layer in result.objects
        for number, row in sorted(result.rows(layer).items())
    ]


def scenes_of(objects: Sequence[MeshObject]) -> list[MeshScene]:
    """Group organelles by their cells, ascending; then those without a cell, alone."""
    cells = {o.id: [o] for o in objects if o.layer == CELLS}
    alone = []
    for inner in (o for o in objects if o.layer != CELLS):
        if inner.cell in cells:
            cells[inner.cell].append(inner)
        else:
            alone.append([inner])
    return [tuple(scene) for scene in [*cells.values(), *alone]]


def stage_of(result: Path, scenes: Sequence[MeshScene]) -> Stage:
    """Stage of meshing the scenes of a result; marks hold rows of the table."""
    return Stage(result / layout.MESH_STAGE, len(scenes))


def mesh_scene(path: Path, number: int) -> None:
    """Mesh, write and mark one scene, in any process that sees the result."""
    _mesher(path)(number)


class Mesher:
    """Meshes the scenes of a result by their numbers; settings are on disk."""

    def __init__(self, path: Path) -> None:
        result = Result(path)
        self._folder = path / layout.MESHES
        self._settings = read_mesh_settings(path)
        self._levels = levels_of(result)
        self._scenes = scenes_of(objects_of(result))
        self._stage = stage_of(path, self._scenes)
        classes = result.scheme.classes.values()
        self._classes = {known.name: known for known in classes}
        self._holders = {known.parent for known in classes}

    def __call__(self, number: int) -> None:
        """Mesh, write and mark one scene; its objects one after the other."""
        rows: list[dict[str, Any]] = []
        nodes: list[SceneNode] = []
        for member in self._scenes[number]:
            surface, row = self._mesh(member)
            node = self._node(member, surface)
            self._write(member, node)
            rows.append(row)
            nodes.append(node)
        if "glb" in self._settings.formats:
            stem = self._scenes[number][0].stem
            write_glb(self._folder / "glb" / f"{stem}.glb", nodes)
        write_text(self._stage.mark(number), json.dumps(rows))

    def _mesh(self, member: MeshObject) -> tuple[Surface, dict[str, Any]]:
        settings = self._settings
        full, level = self._levels[member.layer].surface(
            member.id, member.box, max_voxels=settings.max_voxels
        )
        surface = simplify(full, max_error_nm=settings.max_error_nm)
        row = {
            "object": member.kind,
            "id": member.id,
            "class": member.class_name,
            "cell": member.cell,
            "voxels": member.voxels,
            "level": level,
            "triangles_before": len(full.faces),
            "triangles": len(surface.faces),
            "area_um2": f"{full.area_um2:.6g}",
            "volume_um3": f"{full.volume_um3:.6g}",
            "reliable": full.reliable,
        }
        return surface, row

    def _write(self, member: MeshObject, node: SceneNode) -> None:
        """Write the formats of one file per object."""
        for name in self._settings.formats:
            if name == "precomputed":
                write_precomputed(
                    self._folder / name / member.layer, member.id, node.surface
                )
            elif name != "glb":
                write_mesh(self._folder / name / f"{member.stem}.{name}", node)

    def _node(self, member: MeshObject, surface: Surface) -> SceneNode:
        name = member.class_name
        opacity = HALF_SEEN if name in self._holders else 1.0
        return SceneNode(
            f"{name} {member.id}",
            surface,
            self._classes[name].colour,
            TRANSLUCENT if member.layer == CELLS else opacity,
        )


@once_per_process(layout.MESH_SETTINGS)
def _mesher(path: Path) -> Mesher:
    return Mesher(path)
