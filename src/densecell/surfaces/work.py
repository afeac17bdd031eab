"""What one process needs to mesh the cells of a result, in any of its threads.

A piece of work is a cell with its organelles, or an organelle outside every cell.
"""

import json
from collections.abc import Sequence, Set
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from densecell.classes import CellClass, ClassScheme
from densecell.config import write_text
from densecell.geometry import Box
from densecell.surfaces.catalogue import Listed
from densecell.surfaces.files import TRANSLUCENT, SceneNode, write_glb, write_mesh
from densecell.surfaces.precomputed import write_precomputed
from densecell.surfaces.settings import (
    LISTING,
    MESHES,
    SETTINGS,
    STAGE,
    read_settings,
)
from densecell.surfaces.simplify import simplify
from densecell.surfaces.stores import Kind, ObjectStores, open_object_stores
from densecell.surfaces.surface import Surface

HALF_SEEN = 0.6  # opacity of organelles that hold others
UNKNOWN = CellClass(name="object", colour=(128, 128, 128))
Listing = dict[Kind, list[Listed]]


class Member(NamedTuple):
    """An object, and the store it is in."""

    kind: Kind
    listed: Listed

    @property
    def stem(self) -> str:
        """Name of its files, without a suffix: `cell_7`."""
        return f"{self.kind.removesuffix('s')}_{self.listed.id}"


class Piece(NamedTuple):
    """What goes into one scene: the cell first, if there is one."""

    members: tuple[Member, ...]


def pieces_of(listing: Listing) -> list[Piece]:
    """Group organelles by their cells, ascending; then those of no cell, alone."""
    cells = {c.id: [Member("cells", c)] for c in listing.get("cells", [])}
    alone = []
    inner: tuple[Kind, ...] = ("organelles", "parts")
    for member in (Member(kind, o) for kind in inner for o in listing.get(kind, [])):
        if member.listed.cell in cells:
            cells[member.listed.cell].append(member)
        else:
            alone.append([member])
    return [Piece(tuple(members)) for members in [*cells.values(), *alone]]


class Mesher:
    """Meshes the pieces of a result by their numbers; settings are on disk."""

    def __init__(self, result: Path, stores: ObjectStores) -> None:
        self._folder, self._stores = result / MESHES, stores
        self._settings = read_settings(result)
        self._pieces = pieces_of(read_listing(result))
        self._result = result

    def __call__(self, number: int) -> None:
        """Mesh, write and mark one piece; its objects one after the other."""
        rows: list[dict[str, Any]] = []
        scene: dict[str, SceneNode] = {}  # by names, which must differ
        for member in self._pieces[number].members:
            surface, row = self._mesh(member)
            self._write(member, surface)
            rows.append(row)
            if "glb" in self._settings.formats:
                part = self._part(member, surface, taken=scene.keys())
                scene[part.name] = part
        if scene:
            stem = self._pieces[number].members[0].stem
            write_glb(self._folder / "glb" / f"{stem}.glb", list(scene.values()))
        write_text(mark(self._result, number), json.dumps(rows))

    def _mesh(self, member: Member) -> tuple[Surface, dict[str, Any]]:
        listed, settings = member.listed, self._settings
        full, level = self._stores.objects[member.kind].surface(
            listed.id, listed.box, max_voxels=settings.max_voxels
        )
        surface = simplify(full, max_error_nm=settings.max_error_nm)
        row = {
            "object": member.kind.removesuffix("s"),
            "id": listed.id,
            "class": class_of(self._stores.scheme, listed.class_id).name,
            "cell": listed.cell,
            "voxels": listed.voxels,
            "level": level,
            "triangles_before": len(full.faces),
            "triangles": len(surface.faces),
            "area_um2": f"{full.area_um2:.6g}",
            "volume_um3": f"{full.volume_um3:.6g}",
            "reliable": full.reliable,
        }
        return surface, row

    def _write(self, member: Member, surface: Surface) -> None:
        """Write the formats of one file per object."""
        for name in self._settings.formats:
            if name == "precomputed":
                folder = self._folder / name / member.kind
                write_precomputed(folder, member.listed.id, surface)
            elif name != "glb":
                write_mesh(self._folder / name / f"{member.stem}.{name}", surface)

    def _part(self, member: Member, surface: Surface, *, taken: Set[str]) -> SceneNode:
        scheme = self._stores.scheme
        known = class_of(scheme, member.listed.class_id)
        holds = any(c.parent == known.name for c in scheme.classes.values())
        opacity = HALF_SEEN if holds else 1.0
        name = f"{known.name} {member.listed.id}"
        if name in taken:  # by an object of another kind
            kind = member.kind.removesuffix("s")
            name = f"{known.name} ({kind}) {member.listed.id}"
        return SceneNode(
            name,
            surface,
            known.colour,
            TRANSLUCENT if member.kind == "cells" else opacity,
        )


def mesh_anywhere(result: Path, number: int) -> None:
    """Mesh a piece in any process that sees the result; opens the stores once."""
    begun_as = (result / MESHES / SETTINGS).read_text(encoding="utf-8")
    _mesher(result, begun_as)(number)


def mark(result: Path, number: int) -> Path:
    """Give the file that says that a piece is finished."""
    return result / STAGE / f"{number:06d}.json"


def class_of(scheme: ClassScheme, class_id: int) -> CellClass:
    """Give a class of the scheme, or a grey one for what is none."""
    return scheme.classes.get(class_id, UNKNOWN)


def save_listing(result: Path, listing: Listing) -> None:
    """Keep where the objects are: a resume does not look for them again."""
    write_text(result / STAGE / LISTING, json.dumps(listing))


def read_listing(result: Path) -> Listing:
    """Read what `save_listing` wrote."""
    found = json.loads((result / STAGE / LISTING).read_text(encoding="utf-8"))
    return {kind: [_listed(*row) for row in rows] for kind, rows in found.items()}


def _listed(
    number: int, class_id: int, cell: int, box: Sequence[Sequence[int]], voxels: int
) -> Listed:
    (z0, y0, x0), (z1, y1, x1) = box
    return Listed(number, class_id, cell, Box((z0, y0, x0), (z1, y1, x1)), voxels)


@lru_cache(maxsize=1)
def _mesher(result: Path, begun_as: str) -> Mesher:
    return Mesher(result, open_object_stores(result))
