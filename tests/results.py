"""Small results for tests, written without any computing."""

import numpy as np
from scipy import ndimage

from densecell.config import ObjectsConfig, write_text
from densecell.geometry import Box
from densecell.result import (
    FrozenInference,
    FrozenModel,
    FrozenVolume,
    Measurement,
    Run,
    layout,
    save_measurement,
    save_run,
)
from densecell.result.columns import SCHEMAS
from densecell.result.tables import write_table
from densecell.volume import build_pyramid, create_ome_zarr

INFERENCE = FrozenInference(
    tile=(4, 32, 32),
    margin=(1, 8, 8),
    block=(4, 32, 32),
    engine="torch",
    precision="float32",
    threads=1,
)


def write_run(result, scheme, shape, spacing_nm, *, box=None, **volume):
    """Write the `run.yaml` of a segmentation of a volume of `shape`."""
    about = {"path": "/data/image.tif", "dtype": "uint8"}
    about |= {"statistics": (120.0, 20.0, 0.0, 255.0)} | volume
    run = Run(
        command="densecell segment",
        volume=FrozenVolume(shape=shape, spacing_nm=spacing_nm, **about),
        model=FrozenModel(path="/models/net", members={}, spacing_nm=spacing_nm),
        classes=scheme,
        box=None if box is None else tuple(box),
        inference=INFERENCE,
        versions={},
    )
    save_run(run, result)


def write_measurement(result, scheme, shape, spacing_nm, *, finished=True, **changes):
    """Write the `objects.yaml` of a measurement, and whether it is finished."""
    values = {"labels": layout.CLASSES, "confidence": None, "members": {}} | changes
    measurement = Measurement(
        fingerprint="",
        shape=shape,
        spacing_nm=spacing_nm,
        classes=scheme,
        objects=ObjectsConfig(),
        block=shape,
        versions={},
        **values,
    )
    save_measurement(measurement, result)
    if finished:
        write_text(result / layout.MEASURED, "")


def write_layer(result, name, array, spacing_nm, *, scheme=None):
    """Write labels, or an image such as `confidence`, into the store of a result."""
    kind = "label" if name.startswith("labels/") else "image"
    path = result / layout.STORE / name
    volume = create_ome_zarr(
        path,
        shape=array.shape,
        dtype=array.dtype,
        spacing_nm=spacing_nm,
        kind=kind,
        scheme=scheme,
        overwrite=True,
    )
    volume.write(Box.whole(array.shape), array)
    build_pyramid(path, kind=kind)


def write_objects(result, layer, objects, spacing_nm, classes, *, cells=None):
    """Write a layer of objects and its table, as `densecell measure` does.

    `classes` is the class of all objects, or of each id; `cells` holds the ids of cells
    that organelles may lie in.
    """
    write_layer(result, f"labels/{layer}", objects, spacing_nm)
    boxes = enumerate(ndimage.find_objects(objects.astype(np.int32)), 1)
    rows = []
    for number, box in ((n, box) for n, box in boxes if box is not None):
        there = objects[box] == number
        kind = classes if isinstance(classes, str) else classes[number]
        cell = 0 if cells is None else int(cells[box][there].max())
        row = {"cell_id": number if layer == layout.CELLS else cell, "class": kind}
        row |= {"voxels": int(there.sum()), "volume_um3": 1.0, "touches_border": False}
        for axis, part in zip("zyx", box, strict=True):
            row[f"box_{axis}_start_voxels"] = part.start
            row[f"box_{axis}_stop_voxels"] = part.stop
            row[f"centroid_{axis}_nm"] = 0.0
        if layer != layout.CELLS:
            row |= {"layer": layer, "organelle_id": number, "inside_organelle_id": 0}
        rows.append(row | {"surface_reliable": True})
    name = layer if layer == layout.CELLS else layout.ORGANELLES
    columns = (
        {column: [row[column] for row in rows] for column in rows[0]} if rows else {}
    )
    write_table(result / layout.TABLES, SCHEMAS[name], columns)
