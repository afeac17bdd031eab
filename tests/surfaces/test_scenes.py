from densecell.geometry import Box
from densecell.result import Result
from densecell.surfaces.scenes import MeshObject, objects_of, scenes_of

BOX = Box((0, 0, 0), (1, 1, 1))


def test_a_cell_goes_with_its_organelles_and_their_parts():
    objects = [
        MeshObject("cells", 1, "cell", 1, BOX, 1),
        MeshObject("cells", 2, "cell", 2, BOX, 1),
        MeshObject("organelles", 1, "dense granule", 2, BOX, 1),
        MeshObject("organelles", 2, "mitochondrion", 0, BOX, 1),
        MeshObject("parts", 1, "dense granule core", 2, BOX, 1),
    ]

    stems = [[member.stem for member in scene] for scene in scenes_of(objects)]

    assert stems == [["cell_1"], ["cell_2", "organelle_1", "part_1"], ["organelle_2"]]


def test_objects_and_their_places_come_from_the_tables(measured):
    objects = objects_of(Result(measured))

    assert [(o.stem, o.class_name, o.cell) for o in objects] == [
        ("cell_1", "cell", 1),
        ("cell_2", "cell", 2),
        ("organelle_1", "mitochondrion", 1),
        ("organelle_4", "alpha granule", 1),
        ("organelle_9", "dense granule", 0),
    ]
    assert objects[0].box == Box((1, 4, 4), (10, 37, 37))
    assert objects[0].voxels == (objects[1].voxels)
