"""Fill a tissue with things of one kind until they have their share of the volume."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from densecell.phantom.tissue import Thing, Tissue


class Recipe(NamedTuple):
    """How to make one kind of thing, and how much of it.

    Parameters
    ----------
    draw
        Draws one of them.
    share
        Of all voxels of the volume.
    depth_nm
        Least depth of its middle inside a cell; below 0, least distance from cells.
    """

    draw: Callable[[np.random.Generator], Thing]
    share: float
    depth_nm: float


def fill(
    tissue: Tissue, recipe: Recipe, *, first_number: int = 0, rng: np.random.Generator
) -> int:
    """Add things until the share is reached or no place is found.

    At least one is added, if it finds a place, so that even a small volume has some
    of each kind.

    Returns
    -------
    How many were added; organelles are numbered from `first_number` on, which is 0 for
    things that are none.
    """
    wanted = recipe.share * tissue.grid.voxels
    voxels = last = count = 0
    tries = 20_000 + tissue.grid.voxels // 500
    for at_nm in tissue.sites(recipe.depth_nm, rng, tries=tries):
        if voxels + last / 2 >= wanted:  # half: so that the mean is right
            break
        number = first_number + count if first_number else 0
        added = tissue.add(recipe.draw(rng), at_nm, number=number, rng=rng)
        if added:
            voxels, last, count = voxels + added, added, count + 1
    return count
