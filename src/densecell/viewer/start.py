"""Where a view begins: at a whole cell, near enough to see it and its surroundings."""

from typing import Any, NamedTuple

import numpy as np

from densecell.geometry import Spacing
from densecell.result import CELLS, Row, box_of
from densecell.viewer.contents import Contents

PANEL_PX = 500  # about the width of a panel on a common screen
ROOM = 1.6  # of a panel, in widths of the cell
AROUND = 3.0  # what the 3D panel shows, in widths of the cell
TILTED = [-0.36, 0.22, 0.09, 0.9]  # looked at from above and the side


class Start(NamedTuple):
    """Where a view begins.

    Parameters
    ----------
    centre
        Voxel (z, y, x) of the whole volume, corners of voxels at whole numbers.
    across_nm
        Length that fills a panel.
    around_nm
        Length that fills the 3D panel.
    """

    centre: tuple[float, float, float]
    across_nm: float
    around_nm: float

    def as_state(self, spacing_nm: Spacing) -> dict[str, Any]:
        """The part of neuroglancer's state that says so."""
        voxel = min(spacing_nm)  # its unit of zoom
        return {
            "position": [float(n) for n in reversed(self.centre)],
            "crossSectionScale": self.across_nm / PANEL_PX / voxel,
            "projectionScale": self.around_nm / voxel,
            "projectionOrientation": TILTED,
        }


def start_of(contents: Contents) -> Start:
    """Begin at the largest whole cell; else at the largest cell; else in the middle."""
    box, spacing_nm = contents.result.box, contents.result.spacing_nm
    whole_nm = np.multiply(box.shape, spacing_nm)
    rows = contents.tables.get(CELLS, {}).values()
    if not rows:
        z, y, x = np.add(box.start, box.stop) / 2
        return Start((z, y, x), float(whole_nm[1:].max()), float(whole_nm.max()))
    cell = max(rows, key=_rank)
    size_nm = np.multiply(box_of(cell).shape, spacing_nm)
    centre_nm = [float(cell[f"centroid_{axis}_nm"]) for axis in "zyx"]
    z, y, x = centre_nm / np.array(spacing_nm) + box.start
    across = float(size_nm.max())
    around = min(AROUND * across, float(whole_nm.max()))
    return Start((z, y, x), ROOM * across, around)


def _rank(cell: Row) -> tuple[bool, int]:
    return cell["touches_border"].lower() != "true", int(cell["voxels"])
