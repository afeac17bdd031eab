"""Corrections of objects by hand, as data: applied, kept in a journal, undone.

::

    merge, split, ...  -> ids of voxels -> rows -> tables -> transaction -> edits.jsonl
                          (stores)         (touched_rows)    (derived)

A correction reads and writes only the files that its objects lie in. The files that it
replaces are kept in `edits/`, so that `undo` brings back every byte.
"""

from densecell.edits.apply import delete, grow_into, merge, reclassify, split, undo
from densecell.edits.journal import Edit, edits_in_words, read_journal, standing
from densecell.edits.replay import Replayed, replay

__all__ = [
    "Edit",
    "Replayed",
    "delete",
    "edits_in_words",
    "grow_into",
    "merge",
    "read_journal",
    "reclassify",
    "replay",
    "split",
    "standing",
    "undo",
]
