"""Labels that a project has from elsewhere: shown under the paint, never changed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.classes import IGNORE
from densecell.config import ProjectConfig
from densecell.datasets.labelled import LabelledBox, labelled_boxes
from densecell.geometry import Box, Shape, per_axis
from densecell.session.picture import tile_box
from densecell.session.plane import NORMAL, SlicePlane
from densecell.session.project import is_own
from densecell.volume import Volume

MOST_VOXELS = 2**22  # under a tile; of coarser ones only the paint is shown


def labels_underneath(
    project: ProjectConfig, folder: Path, image: Volume
) -> list[LabelledBox]:
    """Labels of an image that no session painted."""
    others = tuple(entry for entry in project.volumes if not is_own(entry))
    if not others:
        return []
    return labelled_boxes(project.model_copy(update={"volumes": others}), folder, image)


def underneath_tile(
    boxes: Sequence[LabelledBox],
    plane: SlicePlane,
    level: tuple[Shape, Shape],
    row: int,
    column: int,
) -> NDArray[Any] | None:
    """Labels of a tile, 255 where there are none; None if there are none at all."""
    shape, factors = level
    coarse = tile_box(plane, shape, factors, row, column)
    if coarse is None or not boxes:
        return None
    normal = NORMAL[plane.axis]
    steps = per_axis(lambda f, n: 1 if n == normal else f, factors, (0, 1, 2))
    flat = list(coarse.start), list(coarse.stop)
    flat[0][normal], flat[1][normal] = plane.at, plane.at + 1
    start, stop = ((a[0], a[1], a[2]) for a in flat)
    fine = Box(start, stop).refined(steps)
    if fine.voxels > MOST_VOXELS:
        return None
    found = np.full(fine.shape, IGNORE, np.uint8)
    for labelled in boxes:
        common = labelled.box.intersection(fine)
        if not common.voxels:
            continue
        ids = labelled.labels.read(common).astype(np.uint8)
        ids[ids == labelled.ignore] = IGNORE
        found[common.relative_to(fine.start).slices] = ids
    small = found[:: steps[0], :: steps[1], :: steps[2]]
    return None if (small == IGNORE).all() else plane.flat(small)
