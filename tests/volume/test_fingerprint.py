import numpy as np

from densecell.volume import ArrayVolume, fingerprint


def test_one_voxel_of_a_small_volume_changes_it():
    voxels = np.zeros((3, 20, 30), np.uint8)
    before = fingerprint(ArrayVolume(voxels))
    voxels[2, 19, 29] = 1

    assert fingerprint(ArrayVolume(voxels)) != before


def test_shape_and_type_are_part_of_it():
    zeros = [
        np.zeros((1, 4, 6), np.uint8),
        np.zeros((1, 6, 4), np.uint8),
        np.zeros((1, 6, 2), np.uint16),
    ]

    assert len({fingerprint(ArrayVolume(array)) for array in zeros}) == 3


def test_of_large_volumes_pieces_are_read_to_their_end():
    voxels = np.zeros((200, 1, 2), np.uint8)
    before = fingerprint(ArrayVolume(voxels))
    voxels[1] = 1  # between the first pieces
    between = fingerprint(ArrayVolume(voxels))
    voxels[199] = 1

    assert before == between
    assert fingerprint(ArrayVolume(voxels)) != before
