"""Labels of any size to cells, organelles and tables; see `stages` for the steps.

Each block leaves a mark on disk; a run that was killed goes on with the blocks that
have none and ends with the same bytes.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from densecell.checksums import drop_checksums, write_checksums
from densecell.claim import claimed, refuse_claimed
from densecell.compute import Cluster, listed, run_blocks, trim_memory
from densecell.config import ObjectsConfig, write_text
from densecell.disk import drop_partial, remove, writing
from densecell.errors import BlocksFailedError, OutputError
from densecell.objects.blocks.block_file import load_arrays
from densecell.objects.blocks.job import ENSEMBLE, FOLDER, Job, objects_path
from densecell.objects.blocks.stage_3_merge import Found, resolve, save_final, total
from densecell.objects.blocks.stages import (
    LOOK,
    block_anywhere,
    look_at_unit,
    unit_anywhere,
)
from densecell.objects.layers import CELLS, LAYERS
from densecell.objects.record import (
    RECORD,
    Record,
    check_same,
    freeze,
    read_record,
    save_record,
)
from densecell.objects.shape.batches import Look, Seen, Unit
from densecell.objects.source import Source
from densecell.objects.tables.classes_table import classes_table
from densecell.objects.tables.members import Cells, ranges_of, values_of
from densecell.objects.tables.objects_tables import (
    Measured,
    cells_table,
    contacts_table,
    organelles_table,
)
from densecell.result.columns import (
    CELLS_TABLE,
    CLASSES_TABLE,
    CONTACTS_TABLE,
    ORGANELLES_TABLE,
)
from densecell.result.tables import write_table
from densecell.volume import Layout, build_pyramid, create_ome_zarr, fingerprint

FINISHED = f"{FOLDER}/finished"
TABLES = "tables"
STEP = "measure"
MOST_UINT32 = np.iinfo(np.uint32).max


class Step(NamedTuple):
    """How far a measurement is."""

    what: str
    done: int
    all: int


def measure_objects(
    source: Source, config: ObjectsConfig, *, cluster: Cluster | None = None
) -> Iterator[Step]:
    """Separate and measure the objects of labels; yield after each piece of work.

    The same call again goes on where it stopped; finished objects are left alone.

    Parameters
    ----------
    source
        Labels, and the folder that all goes to.
    config
        Settings; frozen at the first start.
    cluster
        Workers that see that folder and the labels under the same paths; none: this
        process.

    Raises
    ------
    OutputError
        If the folder holds objects of other labels or settings, or cannot be written.
    BlocksFailedError
        If blocks failed three times each, when all others are finished.
    """
    if is_finished(source.out):
        _begin_or_resume(source, config)
        return
    with claimed(source.out):
        record = _begin_or_resume(source, config)
        with writing(source.out):
            yield from _measured(source.out, record, cluster)


def is_finished(out: Path) -> bool:
    """Tell whether a folder has all objects and tables."""
    return (out / FINISHED).exists()


def drop_objects(out: Path) -> None:
    """Remove objects, tables and what is left of their making."""
    refuse_claimed(out)
    layers = [objects_path(out, layer) for layer in LAYERS]
    # The record last: until then it says what is left, and that it is not finished.
    for path in (out / FOLDER, out / TABLES, *layers, out / RECORD):
        remove(path)
    drop_checksums(out, STEP)


def _begin_or_resume(source: Source, config: ObjectsConfig) -> Record:
    now = freeze(source, config)
    out = source.out
    if (out / RECORD).exists():
        record = read_record(out)
        check_same(record, now, out)
    else:
        _check_free(out)
        record = now
        save_record(record, out)
    if is_finished(out):
        _drop_blocks(out)  # killed at the very end
    else:
        _drop_partial(out)
    return record


def _drop_partial(out: Path) -> None:
    """Remove what a killed process, or a lost worker, was writing."""
    layers = [objects_path(out, layer) for layer in LAYERS]
    for folder in (*layers, out / FOLDER, out / TABLES):
        drop_partial(folder)


def _check_free(out: Path) -> None:
    """Refuse to write over objects and tables that something else has made."""
    for path in (*(objects_path(out, layer) for layer in LAYERS), out / TABLES):
        if path.exists():
            raise OutputError(
                f"{path}: is there, but no {RECORD} says how it was made; pass "
                "--overwrite to replace it"
            )


def _measured(out: Path, record: Record, cluster: Cluster | None) -> Iterator[Step]:
    job = Job(out, record)
    yield from _numbered(job, cluster)
    found = resolve(job)
    save_final(job, found)
    _make_stores(job, found)
    yield from _all_blocks(job, "write", cluster)
    look = Look(job, found)
    yield from _all_units(job, look, cluster)
    values = []
    cells = Cells(found[CELLS].sums.voxels) if CELLS in found else None
    for name in record.members:
        member = Job(out, record, name)
        yield from _numbered(member, cluster)
        values.append(values_of(member, resolve(member), cells))
    if fingerprint(job.labels) != record.fingerprint:
        raise OutputError(
            f"{out}: the labels have changed while they were measured; pass "
            "--overwrite to measure them anew"
        )
    measured = Measured(
        record,
        found,
        _seen(job, look.units, found),
        total(job, "voxels")[: len(record.classes)],
        total(job, "contacts"),
        ranges_of(values),
    )
    write_tables(out / TABLES, measured)
    yield Step("tables", 1, 1)
    for n, layer in enumerate(job.layers, 1):
        build_pyramid(objects_path(out, layer), kind="label")
        trim_memory()
        yield Step("pyramids", n, len(job.layers))
    _drop_partial(out)
    stores = [objects_path(out, layer) for layer in job.layers]
    write_checksums(out, STEP, [out / RECORD, out / TABLES, *stores])
    write_text(out / FINISHED, "")
    _drop_blocks(out)


def _drop_blocks(out: Path) -> None:
    """Drop what only a resume would need."""
    for left in (out / FOLDER).iterdir():
        if left != out / FINISHED:
            remove(left)


def write_tables(folder: Path, measured: Measured) -> None:
    """Write all tables that the classes allow."""
    layers = set(measured.found)
    if CELLS in layers:
        write_table(folder, CELLS_TABLE, cells_table(measured))
    if layers - {CELLS}:
        write_table(folder, ORGANELLES_TABLE, organelles_table(measured))
    write_table(folder, CLASSES_TABLE, classes_table(measured))
    write_table(folder, CONTACTS_TABLE, contacts_table(measured))


def _numbered(job: Job, cluster: Cluster | None) -> Iterator[Step]:
    """Give provisional ids in all blocks, and find what goes on across them."""
    yield from _all_blocks(job, "number", cluster)
    yield from _all_blocks(job, "join", cluster)


def _make_stores(job: Job, found: Found) -> None:
    """Make the arrays of final ids; wider ids where there are very many objects."""
    ready = job.folder / "ready"
    if ready.exists():
        return
    for name, objects in found.items():
        few = len(objects) <= MOST_UINT32
        create_ome_zarr(
            objects_path(job.out, name),
            shape=job.record.shape,
            dtype=np.uint32 if few else np.uint64,
            spacing_nm=job.record.spacing,
            kind="label",
            layout=Layout(chunk=_chunk(job.record), shard=job.record.block),
            overwrite=True,
        )
    write_text(ready, "")


def _chunk(record: Record) -> tuple[int, int, int]:
    """Cut blocks into chunks of at most 16 x 128 x 128 voxels."""
    z, y, x = (
        max(d for d in range(1, most + 1) if b % d == 0)
        for b, most in zip(record.block, (16, 128, 128), strict=True)
    )
    return (z, y, x)


def _all_blocks(job: Job, stage: str, cluster: Cluster | None) -> Iterator[Step]:
    """Do a stage of every block that has no mark yet."""
    blocks = job.record.blocks
    waiting = [n for n in range(len(blocks)) if not job.mark(stage, n).exists()]
    what = {"number": "objects", "join": "borders of blocks", "write": "ids"}[stage]
    if job.name != ENSEMBLE:
        what = f"{what} of {job.name}"
    work = partial(block_anywhere, job.out.absolute(), job.name, stage)
    for done in _each(work, waiting, cluster, job, stage):
        yield Step(what, len(blocks) - len(waiting) + done, len(blocks))


def _all_units(job: Job, look: Look, cluster: Cluster | None) -> Iterator[Step]:
    """Look at every object for itself."""
    count = len(look.units)
    waiting = [n for n in range(count) if not job.mark(LOOK, n).exists()]
    work = (
        partial(look_at_unit, job, look)
        if cluster is None
        else partial(unit_anywhere, job.out.absolute())
    )
    for done in _each(work, waiting, cluster, job, LOOK):
        yield Step("surfaces", count - len(waiting) + done, count)


def _each(
    work: "partial[None]",
    numbers: list[int],
    cluster: Cluster | None,
    job: Job,
    stage: str,
) -> Iterator[int]:
    """Do work for all numbers here or on a cluster; count what is done."""
    if not numbers:
        return
    if cluster is None:
        outcomes = run_blocks(work, numbers, place=job.out)
    else:
        outcomes = run_blocks(
            work,
            numbers,
            place=job.out,
            executor=cluster.executor,
            at_once=cluster.at_once,
        )
    failed, done = [], 0
    for outcome in outcomes:
        if outcome.error is None:
            done += 1
            yield done
        else:
            failed.append(f"{stage} {outcome.number}: {outcome.error}")
    trim_memory()  # what a stage frees would else stay beside what the next one takes
    if failed:
        first = (
            f"{job.out}: {len(failed)} of {len(numbers)} pieces of work failed, the "
            "others are finished; mend the cause and give the same command again:"
        )
        raise BlocksFailedError(listed(first, sorted(failed)))


def _seen(job: Job, units: list[Unit], found: Found) -> dict[str, Seen]:
    """Put what was seen of all objects into the order of their ids."""
    seen = {
        name: Seen(
            np.full(len(objects), np.nan),
            np.zeros(len(objects), bool),
            np.full(len(objects), np.nan),
            np.full(len(objects), np.nan),
        )
        for name, objects in found.items()
    }
    for n, unit in enumerate(units):
        for field, values in load_arrays(job.mark(LOOK, n)).items():
            for k, layer in enumerate(LAYERS):
                here = unit.layers == k
                if here.any():
                    of_layer = seen[layer]._asdict()[field]
                    of_layer[unit.numbers[here] - 1] = values[here]
    return seen
