import numpy as np
import pytest

from densecell.geometry import Box
from densecell.objects.blocks.job import Job
from densecell.objects.blocks.object_runs import Item, NumberedBlocks
from densecell.objects.runs.drawing import draw, frame_around
from densecell.result import layer_path, read_measurement
from densecell.volume import create_ome_zarr

SHAPE = (5, 7, 9)


@pytest.mark.parametrize("block", [SHAPE, (2, 4, 4)])
def test_runs_from_blocks_are_those_of_the_final_ids(tmp_path, resolved, plain, block):
    labels = np.random.default_rng(1).choice([0, 1, 2, 5, 6], SHAPE)
    found, ids = resolved(labels.astype(np.uint8), plain(block=block), tmp_path)
    job = Job(tmp_path, read_measurement(tmp_path))
    for name in found:
        create_ome_zarr(
            layer_path(tmp_path, name),
            shape=SHAPE,
            dtype=np.uint32,
            spacing_nm=job.measurement.spacing,
            kind="label",
        )
    items = [
        Item(name, n + 1, Box(tuple(low), tuple(high)))
        for name, objects in found.items()
        for n, (low, high) in enumerate(
            zip(objects.sums.low.tolist(), objects.sums.high.tolist(), strict=True)
        )
    ]
    assert {item.layer for item in items} == {"cells", "organelles", "parts"}

    masks = draw(
        [frame_around(item.box, 10**6) for item in items],
        NumberedBlocks(job).runs(items),
    )

    for item, mask in zip(items, masks, strict=True):
        expected = ids[item.layer][item.box.slices] == item.number
        np.testing.assert_array_equal(mask, expected)
