"""All objects of a result to meshes, piece by piece, resumable after any kill.

::

    stores -> list_objects -> pieces: a cell and its organelles
                              piece -> surface_of -> simplify -> files -> mark
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from densecell.checksums import drop_checksums, write_checksums
from densecell.claim import claimed, refuse_claimed
from densecell.compute import Cluster, Outcome, listed, run_blocks
from densecell.config import MeshConfig, write_text
from densecell.disk import drop_partial, remove, writing
from densecell.errors import BlocksFailedError, OutputError
from densecell.evaluation.measured import refuse_half_measured
from densecell.result.tables import csv_text
from densecell.surfaces.catalogue import Told, list_objects
from densecell.surfaces.extra import imported
from densecell.surfaces.precomputed import write_precomputed_info
from densecell.surfaces.settings import (
    LISTING,
    MESHES,
    STAGE,
    TABLE,
    freeze,
    read_settings,
    settle,
)
from densecell.surfaces.stores import (
    KINDS,
    ObjectStores,
    fingerprint,
    open_object_stores,
)
from densecell.surfaces.work import (
    Listing,
    Mesher,
    class_of,
    mark,
    mesh_anywhere,
    pieces_of,
    read_listing,
    save_listing,
)

STEP, FINISHED = "mesh", "finished"


class Step(NamedTuple):
    """How far the meshing is: objects done, objects in all."""

    done: int
    total: int


def mesh_result(
    result: Path,
    config: MeshConfig,
    *,
    stores: ObjectStores | None = None,
    cluster: Cluster | None = None,
) -> Iterator[Step]:
    """Write the meshes of a measured result into `meshes/`; yield as pieces end.

    The same call again goes on where it stopped; finished meshes are left alone.

    Parameters
    ----------
    result
        Folder with `segmentation.zarr/labels/cells`, `organelles`, `parts`, or some;
        what `densecell measure` has begun there must be finished.
    config
        What is asked for; what it leaves open is settled and kept at the first start.
    stores
        What `find_objects` gave, if it was called before.
    cluster
        Workers that see `result` under the same path; none: two threads here.

    Raises
    ------
    VolumeError
        If there are no objects, or not all yet.
    OutputError
        If the meshes there were begun with other settings or of other objects.
    BlocksFailedError
        If objects failed three times each, when all others are finished.
    MissingExtraError
        If the extra `mesh` is not installed.

    Notes
    -----
    Takes about 25 bytes for each voxel of an object's bounding box, of two objects at a
    time; the rest does not grow with the volume.
    """
    if stores is None:
        stores = find_objects(result, config)
    if is_meshed(result):
        yield from _meshed(result, stores, cluster)
        return
    with claimed(result):
        _drop_partial(result)
        with writing(result):
            yield from _meshed(result, stores, cluster)


def _meshed(
    result: Path, stores: ObjectStores, cluster: Cluster | None
) -> Iterator[Step]:
    pieces = pieces_of(read_listing(result))
    total = sum(len(piece.members) for piece in pieces)
    open_ = [n for n in range(len(pieces)) if not mark(result, n).exists()]
    done = total - sum(len(pieces[n].members) for n in open_)
    yield Step(done, total)
    failed = []
    for outcome in _outcomes(result, stores, open_, cluster):
        if outcome.error is not None:
            failed.append(outcome)
            continue
        done += len(pieces[outcome.number].members)
        yield Step(done, total)
    if failed:
        names = {f.number: pieces[f.number].members[0].stem for f in failed}
        raise BlocksFailedError(_named(failed, names, result))
    if not is_meshed(result):
        _finish(result, stores, len(pieces))


def _drop_partial(result: Path) -> None:
    """Remove what a killed process, or a lost worker, was writing."""
    for folder in (result / MESHES, result / STAGE):
        drop_partial(folder)


def find_objects(
    result: Path, config: MeshConfig, *, told: Told | None = None
) -> ObjectStores:
    """Look for the objects of a result, in one pass over each store; keep the list.

    `mesh_result` does it too; whoever does it before can tell how far it is.

    Parameters
    ----------
    result, config
        As of `mesh_result`, which also names the errors.
    told
        Is called with the voxels looked at and those of all.
    """
    _require_extra()
    refuse_half_measured(result)
    stores = open_object_stores(result)
    freeze(result, settle(config, stores))
    if not (result / STAGE / LISTING).exists():
        save_listing(result, _listing(stores, told))
    return stores


def is_meshed(result: Path) -> bool:
    """Tell whether all meshes of a result are there."""
    return (result / STAGE / FINISHED).exists()


def drop_meshes(result: Path) -> None:
    """Remove the meshes of a result, to start anew; first see that this can succeed."""
    _require_extra()
    refuse_half_measured(result)
    open_object_stores(result)
    refuse_claimed(result)
    try:
        remove(result / MESHES)
        remove(result / STAGE)
        drop_checksums(result, STEP)
    except OSError as error:
        raise OutputError(
            f"{result / MESHES}: cannot be removed ({error.strerror or error})"
        ) from None


def _require_extra() -> None:
    """See that all packages of the extra `mesh` are there."""
    for package in ("trimesh", "fast_simplification"):
        imported(package)


def _listing(stores: ObjectStores, told: Told | None) -> Listing:
    listing: Listing = {}
    for kind, levels in stores.objects.items():
        are_cells = kind == "cells"
        cells = None if are_cells else stores.objects.get("cells")
        role, depth = KINDS[kind]
        listing[kind] = list_objects(
            levels.finest,
            stores.labels,
            stores.scheme,
            role=role,
            depth=depth,
            cells=cells and cells.finest,
            own_cell=are_cells,
            told=told,
        )
    return listing


def _outcomes(
    result: Path, stores: ObjectStores, numbers: list[int], cluster: Cluster | None
) -> Iterator[Outcome]:
    """Mesh pieces here or on a cluster."""
    if cluster is None:
        return run_blocks(Mesher(result, stores), numbers, place=result)
    return run_blocks(
        partial(mesh_anywhere, result.absolute()),
        numbers,
        place=result,
        executor=cluster.executor,
        at_once=cluster.at_once,
    )


def _named(failed: list[Outcome], names: dict[int, str], result: Path) -> str:
    """List what failed, with what happened to each."""
    lines = [f"{names[f.number]}: {f.error}" for f in sorted(failed)]
    first = (
        f"{result}: {len(failed)} cells or organelles could not be meshed, the others "
        "are finished; mend the cause and give the same command again:"
    )
    return listed(first, lines)


def _finish(result: Path, stores: ObjectStores, pieces: int) -> None:
    """Write what needs all pieces: the table, and neuroglancer's info files."""
    if fingerprint(stores) != read_settings(result).objects:
        raise OutputError(
            f"{result}: its objects have changed while they were meshed; pass "
            "--overwrite to mesh them anew"
        )
    _drop_partial(result)
    rows: list[dict[str, Any]] = []
    for number in range(pieces):
        rows += json.loads(mark(result, number).read_text(encoding="utf-8"))
    if "precomputed" in read_settings(result).formats:
        for kind, listed in read_listing(result).items():
            names = {o.id: class_of(stores.scheme, o.class_id).name for o in listed}
            write_precomputed_info(result / MESHES / "precomputed" / kind, names)
    rows.sort(key=lambda row: (row["object"], row["id"]))
    text = csv_text(rows[0], (row.values() for row in rows)) if rows else ""
    write_text(result / MESHES / TABLE, text)
    write_checksums(result, STEP, [result / MESHES])
    write_text(result / STAGE / FINISHED, "")
