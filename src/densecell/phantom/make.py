"""Make synthetic human platelets with exact truth.

.. [1] Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural network
       ensembles, Scientific Reports 11:2561, doi:10.1038/s41598-021-81590-0.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label

from densecell.errors import ConfigError
from densecell.geometry import Shape, Spacing
from densecell.phantom import decoys, organelles
from densecell.phantom.cells import GAPS, make_cells
from densecell.phantom.filling import fill
from densecell.phantom.grid import Grid
from densecell.phantom.look import Look, render
from densecell.phantom.paints import paint_cells
from densecell.phantom.tissue import Tissue

# In the order of filling: large and rare things find a place first.
CONTENTS = (*organelles.ORGANELLES, *decoys.DECOYS)


class Phantom(NamedTuple):
    """A synthetic volume and its truth, all (Z, Y, X).

    `classes` are those of `ClassScheme.platelet()`. `cells` and `organelles` are object
    ids in raster order of each object's first voxel; a cell's id covers its organelles,
    a dense granule's id covers its core.
    """

    intensities: NDArray[np.uint8]
    classes: NDArray[np.uint8]
    cells: NDArray[np.uint32]
    organelles: NDArray[np.uint32]
    spacing_nm: Spacing


def make_phantom(
    shape: Shape,
    *,
    seed: int,
    spacing_nm: Spacing = Spacing(40, 10, 10),  # noqa: B008  (immutable)
    look: Look = Look(),  # noqa: B008  (frozen)
    gaps: float = GAPS,
) -> Phantom:
    """Make a synthetic volume of platelets with exact truth.

    Parameters
    ----------
    shape
        Voxels (z, y, x).
    seed
        The same seed gives the same bytes.
    spacing_nm
        Voxel size (z, y, x); objects keep their size in nanometres.
    look
        Contrast, noise and blur; the truth does not depend on it.
    gaps
        Share of the cells that leave a gap to their neighbours, 0 to 1. With 0.2 about
        half of the cells touch others over a fifth of their surface, with 0.45 a third.
        Another share gives other cells, of the same seed too.

    Raises
    ------
    ConfigError
        If a size, the seed, the spacing or the share makes no sense.
    """
    grid = _checked(shape, seed, spacing_nm, gaps)
    of_cells, of_paint, of_contents, of_image = (
        np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(4)
    )
    cells = make_cells(grid, of_cells, gaps=gaps)
    tissue = Tissue.of(grid, cells, paint_cells(grid, cells, of_paint))
    fill(tissue, CONTENTS, of_contents)
    return Phantom(
        render(tissue.stain, grid, look=look, rng=of_image),
        tissue.classes,
        _numbered(cells.ids),
        _numbered(tissue.organelles),
        grid.spacing_nm,
    )


def _checked(shape: Shape, seed: int, spacing_nm: Spacing, gaps: float) -> Grid:
    if len(shape) != 3 or min(shape) < 1:
        raise ConfigError(
            f"a phantom needs three positive sizes (z y x), got {tuple(shape)}; "
            "for example 24 384 384"
        )
    if seed < 0:
        raise ConfigError(f"a seed must not be negative, got {seed}; choose 0 or more")
    if not 0 <= gaps <= 1:
        raise ConfigError(
            f"the share of cells with gaps must be 0 to 1, got {gaps}; for example "
            f"{GAPS}"
        )
    return Grid(shape, Spacing.checked(spacing_nm))


def _numbered(objects: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Give every connected piece its own id, in raster order of first voxels."""
    numbered: NDArray[np.uint32] = label(objects, connectivity=3)  # type: ignore[no-untyped-call]
    return numbered.astype(np.uint32)
