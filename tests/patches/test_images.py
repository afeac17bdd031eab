from fractions import Fraction

import pytest

from densecell.errors import SpacingError
from densecell.geometry import Box
from densecell.patches import on_grid, open_image
from densecell.patches.images import grid_of_project
from densecell.volume import ArrayVolume


@pytest.fixture
def project(write_project, tmp_path):
    """Project with voxels of 40 x 10 x 10 nm; images of 6 x 48 x 56 voxels."""
    return write_project(tmp_path)


def test_an_image_of_the_project_s_spacing_is_opened_as_it_is(project, tmp_path):
    entry = project.volumes[0].model_copy(update={"z": (1, 4)})

    found = open_image(entry, tmp_path, project)

    assert found.image.shape == (6, 48, 56)
    assert found.part == found.box == Box((1, 0, 0), (4, 48, 56))
    assert found.grid is None


def test_a_part_lies_on_the_grid_and_in_the_voxels_on_disk(project, tmp_path):
    fine = {"spacing_nm": (40, 5, 5), "y": (8, 24)}
    entry = project.volumes[0].model_copy(update=fine)

    found = open_image(entry, tmp_path, project)

    assert found.grid.ratio == (1, 2, 2)
    assert found.image.shape == (6, 24, 28)
    assert found.box == Box((0, 8, 0), (6, 24, 56))
    assert found.part == Box((0, 4, 0), (6, 12, 28))


def test_a_volume_is_seen_on_the_grid_only_if_its_voxels_differ(project, discs):
    same = ArrayVolume(discs[0], spacing_nm=(40, 10, 10))
    fine = ArrayVolume(discs[0], spacing_nm=(40, 5, 10))

    assert on_grid(same, project) is same
    assert on_grid(fine, project).shape == (6, 24, 56)


def test_a_grid_counts_voxels_of_the_volume_for_each_of_its_own(project):
    grid = grid_of_project((5, 30, 30), (40, 7.5, 10), project, where="a.tif")

    assert grid.ratio == (1, Fraction(4, 3), 1)


def test_a_voxel_size_far_from_the_project_s_is_refused(project):
    with pytest.raises(SpacingError, match=r"a\.tif"):
        grid_of_project((5, 30, 30), (40, 0.1, 0.1), project, where="a.tif")
