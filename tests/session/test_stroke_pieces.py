"""Pieces of one stroke are undone and done again at once."""

import numpy as np

from densecell.classes import ClassScheme
from densecell.geometry import Box, Spacing
from densecell.session.paint import PaintStore


def test_pieces_of_a_stroke_are_one_step_of_undo(tmp_path):
    store = PaintStore(
        tmp_path,
        "stack",
        shape=(3, 40, 50),
        spacing_nm=Spacing(40.0, 8.0, 8.0),
        scheme=ClassScheme.platelet(),
    )
    for column, stroke in ((2, "a"), (9, "b"), (20, "b")):
        box = Box((1, 5, column), (2, 8, column + 4))
        note = {"tool": "brush", "stroke": stroke}
        store.paint("paint", box, np.ones(box.shape, bool), 3, note=note)

    undone = store.undo()

    assert undone is not None
    assert store.labels["paint"].painted == {3: 12}
    assert undone.step == 1
    store.redo()
    assert store.labels["paint"].painted == {3: 36}
