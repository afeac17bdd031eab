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
from densecell.phantom.imaging import Imaging, render
from densecell.phantom.lattice import Lattice
from densecell.phantom.paints import paint_cells
from densecell.phantom.tissue import Tissue, fill

# In the order of filling: large and rare structures get their places first.
CONTENTS = (*organelles.ORGANELLES, *decoys.DECOYS)


class Phantom(NamedTuple):
    """A synthetic volume and its truth, all (Z, Y, X).

    `classes` holds ids of `ClassScheme.platelet()`. `cells` and `organelles` hold
    object ids, in raster order of each object's first voxel. The organelles of a cell
    have its id in `cells`; the core of a dense granule has the granule's id in
    `organelles`.
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
    imaging: Imaging = Imaging(),  # noqa: B008  (frozen)
    gaps: float = GAPS,
) -> Phantom:
    """Make a synthetic volume of platelets with exact truth.

    Parameters
    ----------
    shape
        Voxels (z, y, x).
    seed
        The same seed makes the same bytes.
    spacing_nm
        Voxel size (z, y, x). Objects keep their size in nanometres.
    imaging
        Settings of the microscope; the truth does not depend on them.
    gaps
        Share of the cells that leave a gap to their neighbours, 0 to 1. About half of
        the cells touch others over a fifth of their surface at 0.2, a third at 0.45.
        Another share makes other cells, even from the same seed.

    Raises
    ------
    ConfigError
        If `shape`, `seed`, `spacing_nm` or `gaps` is out of range.
    """
    lattice = _checked(shape, seed, spacing_nm, gaps)
    of_cells, of_paint, of_contents, of_image = (
        np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(4)
    )
    cells = make_cells(lattice, of_cells, gaps=gaps)
    tissue = Tissue.of(lattice, cells, paint_cells(lattice, cells, of_paint))
    fill(tissue, CONTENTS, of_contents)
    return Phantom(
        render(tissue.stain, lattice, imaging=imaging, rng=of_image),
        tissue.classes,
        _numbered(cells.ids),
        _numbered(tissue.organelles),
        lattice.spacing_nm,
    )


def _checked(shape: Shape, seed: int, spacing_nm: Spacing, gaps: float) -> Lattice:
    if len(shape) != 3 or min(shape) < 1:
        raise ConfigError(
            f"a phantom needs three positive sizes (z y x), got {tuple(shape)}; "
            "for example 24 384 384"
        )
    if seed < 0:
        raise ConfigError(f"a seed must not be negative, got {seed}; choose 0 or more")
    if not 0 <= gaps <= 1:
        raise ConfigError(
            f"the share of cells that leave gaps must be 0 to 1, got {gaps}; "
            f"for example {GAPS}"
        )
    return Lattice(shape, Spacing.checked(spacing_nm))


def _numbered(objects: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Renumber connected pieces 1..N, in raster order of their first voxels."""
    numbered: NDArray[np.uint32] = label(objects, connectivity=3)  # type: ignore[no-untyped-call]
    return numbered.astype(np.uint32)
