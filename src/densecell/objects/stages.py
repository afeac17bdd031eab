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
from threading import Lock
from typing import NamedTuple

from densecell.config import write_text
from densecell.objects.gather import Found, resolve
from densecell.objects.job import Job
from densecell.objects.join import join_objects
from densecell.objects.npz import save_arrays
from densecell.objects.number import number_objects
from densecell.objects.provisional import FinalIds, Told, final_ids
from densecell.objects.record import RECORD, read_record
from densecell.objects.units import Item, look_at, units_of
from densecell.volume import Volume

LOOK = "look"
ONE = Lock()


def write_objects(job: Job, number: int) -> None:
    """Write the final ids of a block."""
    told = Told(job, number)
    for name, volume in job.final.items():
        ids = final_ids(job, told, name)
        volume.write(told.core, told.read(ids, told.core))
        volume.flush(told.core)
    write_text(job.mark("write", number), "")


STAGES = {"number": number_objects, "join": join_objects, "write": write_objects}


def block_anywhere(out: Path, name: str, stage: str, number: int) -> None:
    """Do a stage of one block in any process that sees the result."""
    job = _loaded(out, name, (out / RECORD).stat().st_mtime_ns)
    STAGES[stage](job, number)


def unit_anywhere(out: Path, number: int) -> None:
    """Look at the objects of one unit in any process that sees the result."""
    with ONE:  # two threads would resolve twice
        known = _resolved(out, (out / RECORD).stat().st_mtime_ns)
    job, unit = known.job, known.units[number]
    seen = look_at(unit, known.found, known.ids, job.record.spacing)
    save_arrays(job.mark(LOOK, number), seen._asdict())


@lru_cache(maxsize=4)
def _loaded(out: Path, name: str, begun: int) -> Job:
    return Job(out, read_record(out), name)


class Known(NamedTuple):
    """What a process knows of all objects."""

    job: Job
    found: Found
    units: list[list[Item]]
    ids: dict[str, Volume]


@lru_cache(maxsize=1)
def _resolved(out: Path, begun: int) -> Known:
    job = Job(out, read_record(out))
    found = resolve(job)
    ids: dict[str, Volume] = {name: FinalIds(job, name) for name in found}
    return Known(job, found, units_of(found), ids)
