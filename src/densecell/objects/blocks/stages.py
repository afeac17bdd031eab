"""The stages of a measurement, block by block: each leaves a file that marks its end.

::

    labels -> number -> provisional ids, sums    of one block, numbered for itself
              join   -> pairs                    across the faces of neighbours
              (resolve: which are one, what is dropped, final ids: see `resolve`)
              write  -> labels/cells, labels/organelles
              look   -> surfaces, distances      of a few objects at a time
"""

from functools import lru_cache
from pathlib import Path
from threading import Lock

from densecell.config import write_text
from densecell.objects.blocks.block_file import save_arrays
from densecell.objects.blocks.job import Job
from densecell.objects.blocks.provisional import Told, final_ids
from densecell.objects.blocks.stage_1_label import number_objects
from densecell.objects.blocks.stage_2_match import join_objects
from densecell.objects.blocks.stage_3_merge import resolve
from densecell.objects.record import RECORD, read_record
from densecell.objects.shape.batches import Look

LOOK = "seen"
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


def look_at_unit(job: Job, look: Look, number: int) -> None:
    """Look at the objects of one unit, in any thread."""
    save_arrays(job.mark(LOOK, number), look.at(number))


def unit_anywhere(out: Path, number: int) -> None:
    """Look at the objects of one unit in any process that sees the result."""
    with ONE:  # two threads would resolve twice
        job, look = _resolved(out, (out / RECORD).stat().st_mtime_ns)
    look_at_unit(job, look, number)


@lru_cache(maxsize=4)
def _loaded(out: Path, name: str, begun: int) -> Job:
    return Job(out, read_record(out), name)


@lru_cache(maxsize=1)
def _resolved(out: Path, begun: int) -> tuple[Job, Look]:
    job = Job(out, read_record(out))
    return job, Look(job, resolve(job))
