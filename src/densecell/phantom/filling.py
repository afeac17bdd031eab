"""Fill a tissue with things of one kind until they have their share of the volume."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from densecell.phantom.tissue import Thing, Tissue

_PATIENCE = 4000  # misfits in a row after which a kind counts as having no more room


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


def fill(tissue: Tissue, recipes: Iterable[Recipe], rng: np.random.Generator) -> None:
    """Add things of each kind, one kind after another, where there is room.

    A kind ends when its share is reached or no more place is found. At least one of
    each is tried for, so that even a small volume has some. Organelles are numbered
    from 1 on.
    """
    number = 1
    for recipe in recipes:
        number = _fill_kind(tissue, recipe, number, rng.spawn(1)[0])


def _fill_kind(
    tissue: Tissue, recipe: Recipe, number: int, rng: np.random.Generator
) -> int:
    """Add one kind and give the next free organelle number."""
    wanted = recipe.share * tissue.grid.voxels
    voxels = last = misfits = 0
    for at_nm in tissue.sites(recipe.depth_nm, rng):
        if voxels + last / 2 >= wanted or misfits >= _PATIENCE:
            break  # half of the last one: so that the share is right on average
        added = tissue.add(recipe.draw(rng), at_nm, number=number, rng=rng)
        misfits = 0 if added else misfits + 1
        if added:
            voxels, last, number = voxels + added, added, number + 1
    return number
