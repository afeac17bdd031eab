"""Which classes make up cells, organelles, and parts of organelles.

::

    cell                    layer `cells`: the class and all that lies in it
    ├── mitochondrion       layer `organelles`
    └── dense granule       layer `organelles`: with its core
        └── core            layer `parts`: organelles inside an organelle

In one layer no two groups share a class, so that a voxel has one object per layer.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.config import ObjectsConfig, SplitConfig
from densecell.errors import ConfigError
from densecell.result import CELLS, LAYERS, PARTS

HOLE = 255  # number of the group of what no object fills


class ClassGroup(NamedTuple):
    """A class whose objects are found, and the classes that lie in it."""

    class_id: int
    family: tuple[int, ...]  # `class_id` first
    above: tuple[int, ...]  # classes that the scheme puts it into, nearest first
    needs_cell: bool  # whether one of them is of role cell
    split: SplitConfig | None


class ObjectLayer(NamedTuple):
    """Groups that fill one array of object ids."""

    name: str
    groups: tuple[ClassGroup, ...]

    def group_table(self) -> NDArray[np.uint8]:
        """Number of the group by class id, from 1, (256,); 0 for none."""
        table = np.zeros(256, np.uint8)
        for number, group in enumerate(self.groups, 1):
            table[list(group.family)] = number
        return table


def layers_of(scheme: ClassScheme, config: ObjectsConfig) -> tuple[ObjectLayer, ...]:
    """Layers of the classes of a scheme; those without a class are left out.

    Raises
    ------
    ConfigError
        If the scheme has neither cells nor organelles, or `whole` names no organelle.
    """
    _check(scheme, config)
    groups: dict[str, list[ClassGroup]] = {name: [] for name in LAYERS}
    for class_id in scheme.ids:
        layer = scheme.layer_of(class_id)
        if layer is not None:
            groups[layer].append(_group(scheme, class_id, layer, config))
    return tuple(ObjectLayer(n, tuple(groups[n])) for n in LAYERS if groups[n])


def of_classes(labels: NDArray[np.uint8], family: Collection[int]) -> NDArray[np.bool_]:
    """Whether each voxel is of one of some classes.

    Examples
    --------
    >>> of_classes(np.array([0, 1, 2, 3, 4, 5], np.uint8), (5, 1, 2))
    array([False,  True,  True, False, False,  True])
    """
    ids = np.unique(np.fromiter(family, np.uint8))
    runs = np.split(ids, np.flatnonzero(np.diff(ids) > 1) + 1)
    found = np.zeros(labels.shape, bool)
    for run in runs:  # one comparison each: what is below wraps around
        found |= labels - run[0] <= run[-1] - run[0]
    return found


def _group(
    scheme: ClassScheme, class_id: int, layer: str, config: ObjectsConfig
) -> ClassGroup:
    above = tuple(scheme.ancestors(class_id))
    split = config.cells if layer == CELLS else config.organelles
    whole = not split.split or scheme.classes[class_id].name in config.whole
    return ClassGroup(
        class_id,
        scheme.family(class_id),
        above,
        needs_cell=any(scheme.classes[i].role == "cell" for i in above),
        split=None if whole or layer == PARTS else split,
    )


def _check(scheme: ClassScheme, config: ObjectsConfig) -> None:
    known = [scheme.classes[i].name for i in scheme.organelle_ids]
    if not known and not scheme.with_role("cell"):
        raise ConfigError(
            f"none of the classes {list(scheme.names)} has the role cell or organelle, "
            "so there is nothing to measure; name a scheme with roles: --classes FILE "
            "(a project.yaml will do)"
        )
    if unknown := [name for name in config.whole if name not in known]:
        raise ConfigError(
            f"whole: {unknown[0]!r} is no organelle of the scheme; organelles: {known}"
        )
