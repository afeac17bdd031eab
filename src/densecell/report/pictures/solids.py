"""The meshes of a result, thinned out so that all of them fit into a page."""

from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from densecell.errors import VolumeError
from densecell.result import Row, layout, read_table
from densecell.surfaces import Triangles
from densecell.surfaces.extra import mesh_package

GLB = "glb"
TRIANGLES = 260_000  # of all objects together: about 3.5 MB of the page
FEWEST = 60  # triangles that an object keeps, however many objects there are
MOST_OBJECTS = 3000


class Solid(NamedTuple):
    """An object in the scene.

    Parameters
    ----------
    class_name, id, cell
        What it is, and the cell that it lies in, 0 for none.
    triangles
        In micrometres, x first.
    """

    class_name: str
    id: int
    cell: int
    triangles: Triangles


class Solids(NamedTuple):
    """The largest cells with what lies in them, and how many objects were left out."""

    shown: list[Solid]
    left_out: int


def load_solids(result: Path) -> Solids:
    """Read the GLB files of a result; none if it has none.

    Raises
    ------
    MissingExtraError
        If trimesh or fast-simplification are not installed.
    VolumeError
        If a table or file of the meshes is damaged.
    """
    rows = _rows(result)
    cells = {
        int(row["id"]): float(row["volume_um3"])
        for row in rows
        if row["object"] == "cell"
    }
    wanted = sorted(rows, key=lambda row: _rank(row, cells))[:MOST_OBJECTS]
    total = sum(int(row["triangles"]) for row in wanted)
    share = min(1.0, TRIANGLES / total) if total else 1.0
    known = {(row["class"], int(row["id"])): row for row in wanted}
    solids = []
    for name, number, triangles in _nodes(result, {_file(r, cells) for r in wanted}):
        row = known.get((name, number))
        if row is not None:
            target = max(FEWEST, int(share * int(row["triangles"])))
            thin = _thinned(triangles, target)
            solids.append(Solid(name, number, int(row["cell"]), thin))
    order = {key: n for n, key in enumerate(known)}
    solids.sort(key=lambda s: order[s.class_name, s.id])
    return Solids(solids, len(rows) - len(wanted))


def _rows(result: Path) -> list[Row]:
    """Read the table of meshes, if they are all there."""
    if not (result / layout.MESHES / GLB).is_dir():
        return []
    return read_table(result / layout.MESHES, "meshes")


def _rank(row: Row, cells: Mapping[int, float]) -> tuple[float, ...]:
    """Put larger cells first, each before what lies in it."""
    own, cell = float(row["volume_um3"]), int(row["cell"])
    return -cells.get(cell, own), cell, row["object"] != "cell", -own


def _file(row: Row, cells: Mapping[int, float]) -> str:
    """Name the file that holds an object: that of its cell, if it has one."""
    if int(row["cell"]) in cells:
        return f"cell_{row['cell']}.{GLB}"
    return f"{row['object']}_{row['id']}.{GLB}"


def _nodes(result: Path, files: Set[str]) -> Iterator[tuple[str, int, Triangles]]:
    """Yield class, id and triangles of every node of these files that is there."""
    for path in sorted((result / layout.MESHES / GLB).glob("*.glb")):
        if path.name not in files:
            continue
        for node, mesh in _geometry(path).items():
            name, _, number = node.rpartition(" ")
            points = np.asarray(mesh.vertices, np.float32)
            faces = np.asarray(mesh.faces, np.uint32)
            yield name, int(number), Triangles(points, faces)


def _geometry(path: Path) -> dict[str, Any]:
    trimesh = mesh_package("trimesh")
    try:
        found: dict[str, Any] = trimesh.load(path, process=False).geometry
    except Exception as error:  # whatever it stumbles over
        told = str(error) or type(error).__name__
        raise VolumeError(
            f"{path}: cannot be read ({told}); make it again with `densecell mesh "
            "--overwrite`, or remove the folder to do without"
        ) from None
    return found


def _thinned(triangles: Triangles, target: int) -> Triangles:
    """Collapse edges until at most about `target` triangles are left."""
    if len(triangles.faces) <= target:
        return triangles
    points, faces = mesh_package("fast_simplification").simplify(
        np.ascontiguousarray(triangles.points),
        np.ascontiguousarray(triangles.faces.astype(np.int32)),
        target_count=target,
    )
    used, renumbered = np.unique(faces, return_inverse=True)
    return Triangles(
        points[used].astype(np.float32),
        renumbered.reshape(faces.shape).astype(np.uint32),
    )
