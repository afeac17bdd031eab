"""Class labels to cells and organelles, and to tables of measures.

::

    open_source -> Source -> measure_objects -> labels/cells, labels/organelles, tables

    cut/      touching cells and organelles apart
    runs/     blocks of ids as runs along x: what is joined, summed and drawn is runs
    blocks/   objects of a large volume, block by block, in four stages
    shape/    surfaces, distances, moments and contacts of objects
    tables/   cells, organelles, classes, contacts

`split_touching` and `objects_from_affinities` need no result: arrays in, arrays out.
"""

from densecell.objects.cut.by_distance import split_touching
from densecell.objects.cut.mutex import objects_from_affinities
from densecell.objects.layers import layers_of
from densecell.objects.measure import drop_objects, measure_objects
from densecell.objects.naming import named_objects
from densecell.objects.resolve import affinities_of
from densecell.objects.source import Source, open_source

__all__ = [
    "Source",
    "affinities_of",
    "drop_objects",
    "layers_of",
    "measure_objects",
    "named_objects",
    "objects_from_affinities",
    "open_source",
    "split_touching",
]
