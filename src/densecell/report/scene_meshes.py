"""The meshes of a result, thinned out so that all of them fit into a page."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from densecell.surfaces.extra import imported
from densecell.surfaces.foreign import Triangles
from densecell.surfaces.settings import MESHES, TABLE

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
    """Objects by descending volume, and how many were left out, as too many."""

    shown: list[Solid]
    left_out: int


def load_solids(result: Path) -> Solids:
    """Read the GLB files of a result; none if it has none.

    Raises
    ------
    MissingExtraError
        If trimesh or fast-simplification are not installed.
    """
    rows = _rows(result)
    wanted = sorted(rows, key=lambda row: -float(row["volume_um3"]))[:MOST_OBJECTS]
    total = sum(int(row["triangles"]) for row in wanted)
    share = min(1.0, TRIANGLES / total) if total else 1.0
    known = {(row["class"], int(row["id"])): row for row in wanted}
    solids = []
    for name, number, triangles in _nodes(result, rows):
        row = known.get((name, number))
        if row is not None:
            target = max(FEWEST, int(share * int(row["triangles"])))
            thin = _thinned(triangles, target)
            solids.append(Solid(name, number, int(row["cell"]), thin))
    order = {key: n for n, key in enumerate(known)}
    solids.sort(key=lambda s: order[s.class_name, s.id])
    return Solids(solids, len(rows) - len(wanted))


def _rows(result: Path) -> list[dict[str, str]]:
    """Read the table of meshes, if they are all there."""
    table = result / MESHES / TABLE
    if not table.is_file() or not (result / MESHES / GLB).is_dir():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _nodes(
    result: Path, rows: Sequence[dict[str, str]]
) -> Iterator[tuple[str, int, Triangles]]:
    """Yield class, id and triangles of every node of every file."""
    if not rows:
        return
    trimesh = imported("trimesh")
    for path in sorted((result / MESHES / GLB).glob("*.glb")):
        for node, mesh in trimesh.load(path, process=False).geometry.items():
            name, _, number = node.rpartition(" ")
            points = np.asarray(mesh.vertices, np.float32)
            yield (
                name,
                int(number),
                Triangles(points, np.asarray(mesh.faces, np.uint32)),
            )


def _thinned(triangles: Triangles, target: int) -> Triangles:
    """Collapse edges until at most about `target` triangles are left."""
    if len(triangles.faces) <= target:
        return triangles
    points, faces = imported("fast_simplification").simplify(
        np.ascontiguousarray(triangles.points),
        np.ascontiguousarray(triangles.faces.astype(np.int32)),
        target_count=target,
    )
    used, renumbered = np.unique(faces, return_inverse=True)
    return Triangles(
        points[used].astype(np.float32),
        renumbered.reshape(faces.shape).astype(np.uint32),
    )
