"""Class labels to cells and organelles, and to tables of what was measured on them.

::

    open_source -> Source -> measure_objects -> labels/cells, labels/organelles, tables
    split_touching, objects_from_affinities: arrays in, arrays out
"""

from densecell.objects.cut.by_distance import split_touching
from densecell.objects.cut.mutex import objects_from_affinities
from densecell.objects.measure import Step, drop_objects, is_finished, measure_objects
from densecell.objects.source import Source, open_source

__all__ = [
    "Source",
    "Step",
    "drop_objects",
    "is_finished",
    "measure_objects",
    "objects_from_affinities",
    "open_source",
    "split_touching",
]
