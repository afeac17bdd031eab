"""One piece of work of a measurement, in any process that sees the result."""

from pathlib import Path

from densecell.compute import once_per_process
from densecell.objects.blocks.block_file import save_arrays
from densecell.objects.blocks.job import Job
from densecell.objects.blocks.stage_1_label import label_block
from densecell.objects.blocks.stage_2_match import match_block
from densecell.objects.blocks.stage_3_merge import merge_blocks
from densecell.objects.blocks.stage_4_write import write_objects
from densecell.objects.shape.batches import ShapeBatches
from densecell.result import OBJECTS, read_measurement

BLOCK_STAGES = {"number": label_block, "join": match_block, "write": write_objects}
SHAPES = "seen"  # stage of the batches of objects whose shapes are measured


def block_anywhere(out: Path, name: str, stage: str, number: int) -> None:
    """Do a stage of one block of a labelling."""
    BLOCK_STAGES[stage](_job(out, name), number)


def batch_anywhere(out: Path, number: int) -> None:
    """Measure the shapes of one batch of objects."""
    job, batches = _batches(out)
    measure_batch(job, batches, number)


def measure_batch(job: Job, batches: ShapeBatches, number: int) -> None:
    """Measure the shapes of one batch of objects, in any thread."""
    save_arrays(job.mark(SHAPES, number), batches.measure(number))


@once_per_process(OBJECTS, keep=4)
def _job(out: Path, name: str) -> Job:
    return Job(out, read_measurement(out), name)


@once_per_process(OBJECTS)
def _batches(out: Path) -> tuple[Job, ShapeBatches]:
    job = Job(out, read_measurement(out))
    return job, ShapeBatches(job, merge_blocks(job))
