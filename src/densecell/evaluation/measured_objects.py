"""Score the objects of a measured result against true objects."""

import math
import re
from collections.abc import Mapping
from typing import get_args

from densecell.address import Address
from densecell.classes import ClassScheme, Layer
from densecell.compute import ReportProgress
from densecell.errors import VolumeError
from densecell.evaluation.blockwise import truth_box
from densecell.evaluation.object_counts import ObjectCounts, Sides, count_objects
from densecell.evaluation.object_scores import (
    COMPONENTS,
    LayerScores,
    ObjectScores,
    TruthSource,
    measured_as,
    score_layer,
)
from densecell.evaluation.object_truth import (
    COMPONENT_VOXELS,
    Placed,
    open_true_ids,
    true_components,
)
from densecell.geometry import Box
from densecell.result import Result, is_result
from densecell.volume import Volume

_LAYERS: tuple[Layer, ...] = get_args(Layer)
OPTIONS = {"cells": "--objects", "organelles": "--organelles"}  # of `evaluate`


def open_measured(path: Address) -> Result | None:
    """Open a result whose objects are all there; None for anything else."""
    result = Result(path) if is_result(path) else None
    return result if result and result.is_measured and result.objects else None


def open_ids(
    result: Result, truth: Volume, given: Mapping[Layer, Address | str]
) -> dict[Layer, Placed]:
    """Open the true ids that were given, and see that they fit.

    Raises
    ------
    VolumeError
        If the result is not measured, has no such objects, or the ids are fractions or
        of other voxels than the truth.
    """
    result.require_measured()
    scheme, placed = _scheme(result), _placed(result, truth)
    found: dict[Layer, Placed] = {}
    for layer, path in given.items():
        if not scheme.heads(layer):
            raise VolumeError(
                f"{path}: {result.path} has no {layer} to compare with. None of its "
                f"classes ({', '.join(scheme.names)}) makes any; leave out "
                f"{OPTIONS[layer]}"
            )
        found[layer] = open_true_ids(path, placed, covered=result.box)
    return found


def score_objects(
    result: Result,
    truth: Volume,
    ids: Mapping[Layer, Placed],
    *,
    box: Box,
    where_labelled: bool = False,
    progress: ReportProgress | None = None,
) -> ObjectScores:
    """Score cells, organelles and their parts.

    Parameters
    ----------
    result
        A measured result.
    truth
        True class ids of the whole volume, or of what the result covers; all of them
        are in the scheme.
    ids
        True object ids of each layer; see `open_ids`. For other layers connected
        components of the true classes stand in; where the box is too large for that,
        the layer is left out, and a note says so.
    box
        What is scored, in voxels of the whole volume; see `blockwise.scored_box`.
    where_labelled
        Count only voxels with truth > 0.
    progress
        Called with the voxels that are counted, and all of them.

    Notes
    -----
    Memory grows with the number of objects; components need up to 2 GB more.
    """
    scheme, placed = _scheme(result), _placed(result, truth)
    wanted = [layer for layer in _LAYERS if scheme.heads(layer)]
    others = [layer for layer in wanted if layer not in ids]
    fits = box.voxels <= COMPONENT_VOXELS
    made = true_components(placed, scheme, others if fits else [], box=box)
    sides = {
        layer: Sides({**made, **ids}[layer], _found(result, layer))
        for layer in wanted
        if fits or layer in ids
    }
    counts = count_objects(
        sides,
        placed,
        Placed(result.classes, result.box.start),
        scheme,
        box=box,
        where_labelled=where_labelled,
        progress=progress,
    )
    notes = [] if fits else [_too_large(layer, truth, box) for layer in others]
    scores: dict[str, LayerScores] = {}
    for layer, of_layer in counts.items():
        true = _truth(result, layer, ids.get(layer))
        scores[layer], more = _scored(result, layer, of_layer, true)
        notes += more
    return ObjectScores(
        measurement=measured_as(result), layers=scores, notes=tuple(notes)
    )


def _scored(
    result: Result, layer: Layer, counts: ObjectCounts, truth: TruthSource
) -> tuple[LayerScores, list[str]]:
    return score_layer(
        counts,
        truth,
        _found_classes(result, layer),
        _scheme(result),
        layer,
        voxel_um3=math.prod(result.spacing_nm) * 1e-9,
    )


def _scheme(result: Result) -> ClassScheme:
    assert result.measurement is not None  # `open_ids` and `require_measured`
    return result.measurement.classes


def _placed(result: Result, truth: Volume) -> Placed:
    return Placed(truth, truth_box(truth.shape, result.box).start)


def _found(result: Result, layer: Layer) -> Placed:
    if layer not in result.objects:
        raise VolumeError(
            f"{result.path}: its {layer} cannot be read; `densecell measure --overwrite"
            "` finds them again"
        )
    return Placed(result.objects[layer], result.box.start)


def _found_classes(result: Result, layer: Layer) -> dict[int, int]:
    """Class id of each object, from the tables."""
    by_name = {c.name: i for i, c in _scheme(result).classes.items()}
    rows = result.rows(layer).items()
    return {i: by_name[row["class"]] for i, row in rows if row["class"] in by_name}


def _truth(result: Result, layer: Layer, ids: Placed | None) -> TruthSource:
    """What stands for the true objects of a layer.

    Components are dropped by the size below which `densecell measure` drops objects.
    """
    if ids is not None:
        return TruthSource(short_name(ids.volume.path), False, 0.0)
    assert result.measurement is not None
    config = result.measurement.objects
    smallest = {
        "cells": config.cells.min_volume_um3,
        "organelles": config.organelles.min_volume_um3,
    }
    return TruthSource(COMPONENTS, True, smallest.get(layer, 0.0))


def _too_large(layer: Layer, truth: Volume, box: Box) -> str:
    option = OPTIONS.get(layer)
    words = (
        f"{layer}: not scored. Without true ids connected components stand in, for at "
        f"most {COMPONENT_VOXELS:,} voxels; here are {box.voxels:,}."
    )
    if option is None:
        return f"{words} Score a part with --box"
    return (
        f"{words} Make ids first: densecell measure {truth.path} --out FOLDER "
        f"--no-split, then add {option} FOLDER/segmentation.zarr/labels/{layer}"
    )


def short_name(path: Address) -> str:
    """File name of labels; inside a store, from the store's name on.

    Examples
    --------
    >>> from pathlib import Path
    >>> short_name(Path("/data/a.zarr/labels/cells")), short_name(Path("/data/a.tif"))
    ('a.zarr/labels/cells', 'a.tif')
    """
    parts = re.split(r"[\\/]", str(path))
    stores = [n for n, p in enumerate(parts) if p.endswith((".zarr", ".h5", ".hdf5"))]
    return "/".join(parts[stores[-1] :] if stores else parts[-1:])
