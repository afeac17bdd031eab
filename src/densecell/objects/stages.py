"""The stages of a measurement, block by block: each leaves a file that marks its end.

::

    labels -> number -> provisional ids, sums    of one block, numbered for itself
              join   -> pairs                    across the faces of neighbours
              (resolve: which are one, what is dropped, final ids: see `resolve`)
              write  -> labels/cells, labels/organelles
              look   -> surfaces, distances      of a few objects, one by one
"""

from functools import lru_cache
from pathlib import Path

from densecell.config import write_text
from densecell.objects.gather import Found, resolve
from densecell.objects.job import Job
from densecell.objects.join import join_objects
from densecell.objects.npz import save_arrays
from densecell.objects.number import number_objects
from densecell.objects.record import RECORD, read_record
from densecell.objects.units import Item, look_at, units_of

LOOK = "look"


def write_objects(job: Job, number: int) -> None:
    """Write the final ids of a block."""
    core = job.record.blocks[number]
    for name, volume in job.final.items():
        table = job.final_table(name, number)
        local = job.provisional[name].read(core)
        volume.write(core, table[local].astype(volume.dtype))
        volume.flush(core)
    write_text(job.mark("write", number), "")


STAGES = {"number": number_objects, "join": join_objects, "write": write_objects}


def block_anywhere(out: Path, name: str, stage: str, number: int) -> None:
    """Do a stage of one block in any process that sees the result."""
    job = _loaded(out, name, (out / RECORD).stat().st_mtime_ns)
    STAGES[stage](job, number)


def unit_anywhere(out: Path, number: int) -> None:
    """Look at the objects of one unit in any process that sees the result."""
    job, found, units = _resolved(out, (out / RECORD).stat().st_mtime_ns)
    seen = look_at(units[number], found, dict(job.final), job.record.spacing)
    save_arrays(job.mark(LOOK, number), seen._asdict())


@lru_cache(maxsize=4)
def _loaded(out: Path, name: str, begun: int) -> Job:
    return Job(out, read_record(out), name)


@lru_cache(maxsize=1)
def _resolved(out: Path, begun: int) -> tuple[Job, Found, list[list[Item]]]:
    job = Job(out, read_record(out))
    found = resolve(job)
    return job, found, units_of(found)
