"""What densecell does with classes, written with scipy.ndimage and scikit-image.

In memory, one thread, as someone who knows both would: every class labelled on its own,
holes found as pieces of the background, tables by `regionprops_table`, surfaces by
marching cubes of each object's box, distances by its distance transform.
"""

from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage import feature, measure, segmentation

from densecell.geometry import Box, Spacing
from densecell.volume import create_ome_zarr

FAMILIES = {  # of the platelet scheme: every class with what lies in it
    "cells": [(1, 2, 3, 4, 5, 6)],
    "organelles": [(2,), (3,), (4,), (5, 6)],
    "parts": [(6,)],
}
CORNERS = np.ones((3, 3, 3))
PROPERTIES = ("label", "area", "bbox", "centroid", "inertia_tensor_eigvals")
KEPT_TRIANGLES = 0.1
Objects = dict[str, np.ndarray]


def components(classes: np.ndarray, spacing: Spacing, out: Path) -> Objects:
    """Label, fill holes, drop specks and what lies in no cell; write three stores."""
    least = {"cells": 0.02, "organelles": 2e-4, "parts": 0.0}  # um3
    found: Objects = {}
    for name, families in FAMILIES.items():
        ids = np.zeros(classes.shape, np.uint32)
        for family in families:
            own, count = ndimage.label(without_holes(is_of(classes, family)), CORNERS)
            keep = np.bincount(own.ravel()) * spacing.voxel_um3 >= least[name]
            if name != "cells":
                inside = np.zeros(count + 1, bool)
                inside[own[found["cells"] > 0]] = True
                keep &= inside
            keep[0] = False
            table = np.where(keep, np.cumsum(keep) + ids.max(), 0).astype(np.uint32)
            ids += table[own]
        found[name] = ids
        store = create_ome_zarr(
            out / "peer.zarr" / "labels" / name,
            shape=ids.shape,
            dtype=ids.dtype,
            spacing_nm=spacing,
            kind="label",
            overwrite=True,
        )
        store.write(Box.whole(ids.shape), ids)
    return found


def is_of(classes: np.ndarray, family: tuple[int, ...]) -> np.ndarray:
    table = np.zeros(256, bool)
    table[list(family)] = True
    return table[classes]


def without_holes(mask: np.ndarray) -> np.ndarray:
    """Fill what does not reach the border; `binary_fill_holes` takes far longer."""
    pieces, count = ndimage.label(~mask)
    hole = np.ones(count + 1, bool)
    for axis in range(3):
        for end in (0, -1):
            hole[np.unique(pieces.take(end, axis))] = False
    return mask | hole[pieces]


def tables(classes: np.ndarray, found: Objects, spacing: Spacing) -> dict[str, Any]:
    """Measure shapes, surfaces, distances, neighbours, contents and contacts."""
    made: dict[str, Any] = {"contacts": contacts(classes, spacing)}
    cells = found["cells"]
    for name, ids in found.items():
        table = measure.regionprops_table(
            ids, spacing=tuple(spacing), properties=PROPERTIES
        )
        table["surface"] = surfaces(ids, spacing)
        centres = np.stack([table[f"centroid-{k}"] for k in range(3)], axis=1)
        if len(centres) > 1:
            table["neighbour"] = cKDTree(centres).query(centres, k=2)[0][:, 1]
        if name == "cells":
            pairs = cells.ravel().astype(np.int64) * 8 + classes.ravel()
            table["contents"] = np.bincount(pairs)
        else:
            table["distance"] = distances(ids, cells, spacing)
        made[name] = table
    return made


def surfaces(ids: np.ndarray, spacing: Spacing) -> list[float]:
    """Areas of plain marching cubes, whose terraces count in full."""
    areas = []
    for number, box in enumerate(ndimage.find_objects(ids.astype(np.int32)), 1):
        vertices, faces, _, _ = measure.marching_cubes(
            np.pad(ids[box] == number, 1), 0.5, spacing=tuple(spacing)
        )
        areas.append(measure.mesh_surface_area(vertices, faces))
    return areas


def distances(ids: np.ndarray, cells: np.ndarray, spacing: Spacing) -> np.ndarray:
    """Least distance to the membrane of each object in a cell."""
    least = np.full(int(ids.max()) + 1, np.inf)
    for number, box in enumerate(ndimage.find_objects(cells.astype(np.int32)), 1):
        inside = cells[box] == number
        depth = ndimage.distance_transform_edt(inside, sampling=tuple(spacing))
        here = inside & (ids[box] > 0)
        np.minimum.at(least, ids[box][here], depth[here])
    return least


def contacts(classes: np.ndarray, spacing: Spacing) -> np.ndarray:
    """Count the faces between every two classes."""
    areas = np.zeros(64)
    for axis, area in enumerate(np.prod(spacing) / np.array(spacing)):
        moved = np.moveaxis(classes, axis, 0)
        near, far = moved[:-1], moved[1:]
        met = near != far
        pairs = near[met].astype(np.int64) * 8 + far[met]
        areas += area * np.bincount(pairs, minlength=64)
    return areas


def split_cells(classes: np.ndarray, spacing: Spacing) -> np.ndarray:
    """Split touching cells on voxels of 40 nm, as densecell does."""
    mask = classes > 0
    coarse = mask[:, 2::4, 2::4]
    sampling = (spacing.z, 4 * spacing.y, 4 * spacing.x)
    depth = ndimage.distance_transform_edt(coarse, sampling=sampling)
    depth = ndimage.gaussian_filter(depth, [80 / s for s in sampling])
    peaks = feature.peak_local_max(depth, min_distance=5, labels=coarse.astype(int))
    seeds = np.zeros(coarse.shape, np.int32)
    seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    ids = segmentation.watershed(-depth, seeds, mask=coarse)
    fine = ids.repeat(4, axis=1).repeat(4, axis=2)
    return fine[:, : mask.shape[1], : mask.shape[2]] * mask


def meshes(found: Objects, spacing: Spacing, out: Path) -> None:
    """Write a GLB of every object: a tenth of the triangles of its marching cubes."""
    import fast_simplification
    import trimesh

    out.mkdir()
    for name, ids in found.items():
        for number, box in enumerate(ndimage.find_objects(ids.astype(np.int32)), 1):
            vertices, faces, _, _ = measure.marching_cubes(
                np.pad(ids[box] == number, 1), 0.5, spacing=tuple(spacing)
            )
            if len(faces) > 100:
                vertices, faces = fast_simplification.simplify(
                    vertices, faces, target_reduction=1 - KEPT_TRIANGLES
                )
            origin = np.multiply([part.start - 1 for part in box], spacing)
            mesh = trimesh.Trimesh((vertices + origin)[:, ::-1], faces, process=False)
            (out / f"{name}_{number}.glb").write_bytes(mesh.export(file_type="glb"))
