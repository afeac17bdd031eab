"""Labels of any size to cells, organelles and tables, in resumable stages.

::

    labels -> number -> provisional ids, sums    of one block, numbered for itself
              join   -> pairs                    across the faces of neighbours
              (merge: which are one, what is dropped, final ids; in one process)
              write  -> labels/cells, labels/organelles
              seen   -> surfaces, distances      of a few objects at a time
              (tables, pyramids)

Each block leaves a mark on disk. A killed run continues with the blocks that have none
and ends with the same bytes.
"""

from collections.abc import Callable, Generator, Iterator
from functools import cache, partial
from pathlib import Path

from densecell.checksums import drop_checksums, write_checksums
from densecell.claim import claimed, refuse_claimed
from densecell.compute import Cluster, Progress, Stage, begin_or_resume, trim_memory
from densecell.compute.blocks import Work
from densecell.config import ObjectsConfig, write_text
from densecell.disk import drop_partial, remove, writing
from densecell.errors import OutputError
from densecell.objects.blocks.block_file import load_arrays
from densecell.objects.blocks.job import OF_ENSEMBLE, Job
from densecell.objects.blocks.merge_rules import LayerObjects
from densecell.objects.blocks.stage_3_merge import (
    merge_blocks,
    save_final,
    total_contacts,
    total_voxels,
)
from densecell.objects.blocks.stage_4_write import make_stores
from densecell.objects.naming import name_stores, show_store
from densecell.objects.resolve import check_same_measurement, resolve_measurement
from densecell.objects.shape.batches import (
    ShapeBatches,
    ShapeMeasures,
    gather_measures,
)
from densecell.objects.source import Source
from densecell.objects.tables.cells_and_organelles import cells_table, organelles_table
from densecell.objects.tables.classes_and_contacts import classes_table, contacts_table
from densecell.objects.tables.members import (
    ranges_of,
    values_of_ensemble,
    values_of_member,
)
from densecell.objects.tables.table_input import MemberRange, TableInput
from densecell.objects.work import (
    SHAPES,
    batch_anywhere,
    block_anywhere,
    measure_batch,
)
from densecell.result import (
    CELLS,
    LAYERS,
    OBJECTS,
    Measurement,
    is_measured,
    layer_path,
    write_table,
)
from densecell.result.columns import (
    CELLS_TABLE,
    CLASSES_TABLE,
    CONTACTS_TABLE,
    ORGANELLES_TABLE,
)
from densecell.result.layout import MEASURE_STAGE, MEASURED, TABLES, set_edits_aside
from densecell.volume import build_pyramid, fingerprint

CHECKSUMS = "measure"  # name of the file of checksums


def measure_objects(
    source: Source,
    config: ObjectsConfig,
    *,
    cluster: Cluster | None = None,
    overwrite: bool = False,
) -> Iterator[Progress]:
    """Separate and measure the objects of labels; yield after each piece of work.

    The same call again continues where it stopped; finished objects are left alone.

    Parameters
    ----------
    source
        Labels, and the folder that all goes to.
    config
        Settings; frozen at the first start.
    cluster
        Workers that see that folder and the labels under the same paths; none: this
        process.
    overwrite
        Remove the objects that are there first. Settings that cannot be resolved leave
        them.

    Raises
    ------
    OutputError
        If the folder holds objects of other labels or settings, or cannot be written.
    BlocksFailedError
        If blocks failed three times each, when all others are finished.
    """
    resolve = cache(partial(resolve_measurement, source, config))
    if overwrite:
        resolve()  # a mistake must not cost the old objects
        drop_objects(source.out)
    if is_measured(source.out):
        _begin_or_resume(source, config, resolve)
        return
    with claimed(source.out):
        measurement = _begin_or_resume(source, config, resolve)
        with writing(source.out):
            yield from _measured(source.out, measurement, cluster)


def drop_objects(out: Path) -> None:
    """Remove objects, tables and what is left of their making."""
    refuse_claimed(out)
    set_edits_aside(out)
    # The settings last: until then they say what is left, and that it is unfinished.
    for path in (out / MEASURE_STAGE, out / TABLES, *_stores(out), out / OBJECTS):
        remove(path)
    drop_checksums(out, CHECKSUMS)


def _begin_or_resume(
    source: Source, config: ObjectsConfig, resolve: Callable[[], Measurement]
) -> Measurement:
    def resolve_and_check() -> Measurement:
        now = resolve()
        _check_free(source.out)
        return now

    measurement = begin_or_resume(
        source.out / OBJECTS,
        Measurement,
        resolve=resolve_and_check,
        check=lambda then: check_same_measurement(then, source, config),
    )
    if is_measured(source.out):
        _drop_blocks(source.out)  # killed at the very end
    else:
        _drop_partial(source.out)
    return measurement


def _stores(out: Path) -> list[Path]:
    return [layer_path(out, layer) for layer in LAYERS]


def _drop_partial(out: Path) -> None:
    """Remove what a killed process, or a lost worker, was writing."""
    for folder in (*_stores(out), out / MEASURE_STAGE, out / TABLES):
        drop_partial(folder)


def _drop_blocks(out: Path) -> None:
    """Remove what only a resume would need."""
    for left in (out / MEASURE_STAGE).iterdir():
        if left != out / MEASURED:
            remove(left)


def _check_free(out: Path) -> None:
    """Refuse to write over objects and tables that something else has made."""
    for path in (*_stores(out), out / TABLES):
        if path.exists():
            raise OutputError(
                f"{path}: is there, but no {OBJECTS} says how it was made; pass "
                "--overwrite to replace it"
            )


def _measured(
    out: Path, measurement: Measurement, cluster: Cluster | None
) -> Iterator[Progress]:
    job = Job(out, measurement)
    yield from _numbered(job, cluster)
    found = merge_blocks(job)
    save_final(job, found)
    make_stores(job, found)
    yield from _all_blocks(job, "write", cluster)
    shapes = yield from _all_shapes(job, found, cluster)
    ranges = yield from _ranges(job, found, cluster)
    if fingerprint(job.labels) != measurement.fingerprint:
        raise OutputError(
            f"{out}: the labels have changed while they were measured; pass "
            "--overwrite to measure them anew"
        )
    layers = tuple(job.layers.values())
    voxels, contacts = total_voxels(job), total_contacts(job)
    write_tables(
        out / TABLES,
        TableInput(measurement, layers, found, shapes, voxels, contacts, ranges),
    )
    yield Progress("tables", 1, 1)
    name_stores(out, job.layers)
    stores = [layer_path(out, layer) for layer in job.layers]
    for n, store in enumerate(stores, 1):
        build_pyramid(store, kind="label")
        trim_memory()
        yield Progress("pyramids", n, len(stores))
    show_store(out, job.layers)
    _drop_partial(out)
    write_checksums(out, CHECKSUMS, [out / OBJECTS, out / TABLES, *stores])
    write_text(out / MEASURED, "")
    _drop_blocks(out)


def write_tables(folder: Path, m: TableInput) -> None:
    """Write all tables that the classes allow."""
    layers = set(m.found)
    if CELLS in layers:
        write_table(folder, CELLS_TABLE, cells_table(m))
    if layers - {CELLS}:
        write_table(folder, ORGANELLES_TABLE, organelles_table(m))
    write_table(folder, CLASSES_TABLE, classes_table(m))
    write_table(folder, CONTACTS_TABLE, contacts_table(m))


def _numbered(job: Job, cluster: Cluster | None) -> Iterator[Progress]:
    """Assign provisional ids in all blocks, and match them across blocks."""
    yield from _all_blocks(job, "number", cluster)
    yield from _all_blocks(job, "join", cluster)


def _all_blocks(job: Job, stage: str, cluster: Cluster | None) -> Iterator[Progress]:
    """Do a stage of every block that has no mark yet."""
    name = {"number": "objects", "join": "borders of blocks", "write": "ids"}[stage]
    if job.name != OF_ENSEMBLE:
        name = f"{name} of {job.name}"
    work = partial(block_anywhere, job.out.absolute(), job.name, stage)
    yield from _run(job.stage(stage), work, name, job.out, cluster)


def _all_shapes(
    job: Job, found: LayerObjects, cluster: Cluster | None
) -> Generator[Progress, None, dict[str, ShapeMeasures]]:
    """Measure the shapes of all objects, batch by batch."""
    shapes = ShapeBatches(job, found)
    stage = job.stage(SHAPES, len(shapes.batches))
    work = (
        partial(measure_batch, job, shapes)
        if cluster is None
        else partial(batch_anywhere, job.out.absolute())
    )
    yield from _run(stage, work, "surfaces", job.out, cluster)
    files = (load_arrays(stage.mark(n)) for n in range(stage.count))
    return gather_measures(shapes.batches, files, found)


def _ranges(
    job: Job, found: LayerObjects, cluster: Cluster | None
) -> Generator[Progress, None, dict[tuple[str, int], MemberRange]]:
    """Measure all members, and how far they differ."""
    cell_voxels = found[CELLS].sums.voxels if CELLS in found else None
    values = [values_of_ensemble(job, found)] if job.measurement.members else []
    for name in job.measurement.members:
        member = Job(job.out, job.measurement, name)
        yield from _numbered(member, cluster)
        values.append(values_of_member(member, merge_blocks(member), cell_voxels))
    return ranges_of(values)


def _run(
    stage: Stage, work: Work, name: str, place: Path, cluster: Cluster | None
) -> Iterator[Progress]:
    """Do all waiting work of a stage; yield after each piece."""
    waiting = len(stage.waiting())
    finished = stage.count - waiting
    run = stage.run(
        work,
        place=place,
        cluster=cluster,
        describe=lambda n: f"{stage.folder.name} {n}",
    )
    for done, _ in enumerate(run, finished + 1):
        yield Progress(name, done, stage.count)
    if waiting:
        trim_memory()  # or memory freed here stays beside what the next stage takes
