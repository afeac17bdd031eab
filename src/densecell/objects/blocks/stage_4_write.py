"""Fourth stage: write the final ids of every block into the stores of the layers."""

import numpy as np

from densecell.config import write_text
from densecell.geometry import Shape, per_axis
from densecell.objects.blocks.job import Job
from densecell.objects.blocks.merge_rules import LayerObjects
from densecell.result import Measurement, layer_path
from densecell.volume import Layout, create_ome_zarr

MOST_UINT32 = np.iinfo(np.uint32).max
MOST_CHUNK: Shape = (16, 128, 128)  # voxels at most


def make_stores(job: Job, found: LayerObjects) -> None:
    """Make the arrays of final ids; wider ids where there are very many objects."""
    ready = job.folder / "ready"
    if ready.exists():
        return
    measurement = job.measurement
    for name, objects in found.items():
        few = len(objects) <= MOST_UINT32
        create_ome_zarr(
            layer_path(job.out, name),
            shape=measurement.shape,
            dtype=np.uint32 if few else np.uint64,
            spacing_nm=measurement.spacing,
            kind="label",
            layout=Layout(chunk=_chunk(measurement), shard=measurement.block),
            overwrite=True,
        )
    write_text(ready, "")


def write_objects(job: Job, number: int) -> None:
    """Write the final ids of a block."""
    block = job.ids(number)
    for name, volume in job.final.items():
        ids = job.final_ids(block, number, name)
        volume.write(block.core, block.spread(ids, block.core))
        volume.flush(block.core)
    write_text(job.mark("write", number), "")


def _chunk(measurement: Measurement) -> Shape:
    """Largest chunks that blocks are cut into evenly."""
    return per_axis(
        lambda size, most: max(d for d in range(1, most + 1) if size % d == 0),
        measurement.block,
        MOST_CHUNK,
    )
