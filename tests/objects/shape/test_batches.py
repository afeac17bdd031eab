from collections import Counter

import numpy as np
import pytest

from densecell.objects.blocks.job import Job
from densecell.objects.blocks.merge_rules import cell_of
from densecell.objects.shape import batches
from densecell.objects.shape.batches import ShapeBatches
from densecell.result import LAYERS, read_measurement

SHAPE = (5, 7, 9)


@pytest.fixture
def batched(tmp_path, resolved, plain):
    labels = np.zeros(SHAPE, np.uint8)
    labels[:, :, :3] = labels[:, :, 6:] = 1
    labels[1:3, 2:6:2, 1] = 2
    labels[3, 3:6, 6:8] = 5
    labels[3, 4, 7] = 6
    found, _ = resolved(labels, plain(block=(5, 4, 4)), tmp_path)
    return ShapeBatches(Job(tmp_path, read_measurement(tmp_path)), found), found


def listed(chosen):
    return Counter(
        (LAYERS[layer], int(number))
        for batch in chosen
        for layer, number in zip(batch.layers, batch.numbers, strict=True)
    )


def test_every_object_is_in_one_batch_and_in_one_of_its_cell(batched, monkeypatch):
    monkeypatch.setattr(batches, "TOGETHER", 90)
    shapes, found = batched

    surfaces = [batch for batch in shapes.batches if not batch.cell]
    depths = [batch for batch in shapes.batches if batch.cell]

    everything = {(k, n) for k, o in found.items() for n in range(1, len(o) + 1)}
    assert {layer for layer, _ in everything} == set(LAYERS)
    assert len(surfaces) > 1
    assert listed(surfaces) == Counter(everything)
    assert sorted(batch.cell for batch in depths) == [1, 2]
    assert listed(depths) == Counter(k for k in everything if k[0] != "cells")
    for batch in depths:
        for layer, number in zip(batch.layers, batch.numbers, strict=True):
            assert cell_of(found, LAYERS[layer])[number - 1] == batch.cell
