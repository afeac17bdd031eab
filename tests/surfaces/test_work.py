import numpy as np
import trimesh

from densecell.classes import ClassScheme
from densecell.config import MeshConfig
from densecell.geometry import Box
from densecell.surfaces import mesh_result
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


def test_objects_of_one_class_and_id_are_nodes_of_their_own(measured, write_store):
    lost = np.zeros((11, 40, 300), np.uint32)
    lost[4:7, 15:25, 15:25] = 1  # no organelle under it: it is called a cell
    write_store(measured, "organelles", lost)
    write_store(measured, "classes", lost.astype(np.uint8), ClassScheme.platelet())

    list(mesh_result(measured, MeshConfig(formats=("glb",))))

    scene = trimesh.load_scene(measured / "meshes" / "glb" / "cell_1.glb")
    assert set(scene.graph.nodes_geometry) == {"cell 1", "cell (organelle) 1"}
