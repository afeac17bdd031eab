"""Drawn tissue of a few hundred voxels, and what was measured of it."""

import csv

import numpy as np

from densecell.geometry import Box
from densecell.objects import measure_objects
from densecell.volume import open_ome_zarr

UM3 = 40 * 10 * 20 * 1e-9  # of one voxel


def tissue():
    """Draw two cells and what they hold, (6, 16, 18)."""
    labels = np.zeros((6, 16, 18), np.uint8)
    labels[1:5, 1:9, 1:9] = 1
    labels[2:4, 3:6, 3:6] = 5  # a dense granule
    labels[3, 4, 4] = 6  # with a core
    labels[2, 7, 2:5] = 2  # a mitochondrion of 3 voxels
    labels[2, 2, 7] = 0  # a hole of the cell
    labels[0:3, 11:16, 12:18] = 1  # a cell at the border
    labels[1, 13, 14] = 3
    labels[1, 13, 16] = 3  # two alpha granules of one voxel
    labels[5, 15, 0] = 4  # a channel outside every cell
    labels[5, 15, 2] = 6  # a core outside everything
    return labels


def run(source, config):
    return list(measure_objects(source, config))


def table(out, name):
    with (out / "tables" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def objects(out, name):
    volume = open_ome_zarr(out / "segmentation.zarr" / "labels" / name)
    return volume.read(Box.whole(volume.shape))
