from densecell.geometry import Box
from densecell.surfaces.catalogue import Listed
from densecell.surfaces.work import pieces_of

BOX = Box((0, 0, 0), (1, 1, 1))


def listed(number, class_id, cell):
    return Listed(number, class_id, cell, BOX, 1)


def test_a_cell_goes_with_its_organelles_and_their_parts():
    listing = {
        "cells": [listed(1, 1, 1), listed(2, 1, 2)],
        "organelles": [listed(1, 5, 2), listed(2, 2, 0)],
        "parts": [listed(1, 6, 2)],
    }

    stems = [[m.stem for m in piece.members] for piece in pieces_of(listing)]

    assert stems == [["cell_1"], ["cell_2", "organelle_1", "part_1"], ["organelle_2"]]
