"""What it takes to learn where one cell ends and the next begins: `train --cells`."""

from typing import Any

from densecell.config import ProjectConfig, parse_settings
from densecell.patches import default_affinities

# Pairs of voxels across slices are learned from deep windows only.
USUAL: dict[str, Any] = {"flat_share": 0.5}
# Where voxels are cubes, a border may lie along the slices as well as across: windows
# are as deep as they are wide for a network, which looks as far that way.
CUBES: dict[str, Any] = {"flat_share": 0.2, "window": (24, 80, 80)}
DILATION = (2, 4, 8)


def learn_cells(project: ProjectConfig) -> ProjectConfig:
    """Give the project with affinities to learn, and a recipe that suits them.

    What its settings say already stays as it is.
    """
    cubes = project.grid_nm.nearly_cubic
    network = project.network.model_dump(exclude_unset=True)
    if not project.network.affinities:
        network["affinities"] = default_affinities(project.grid_nm)
    if cubes and project.network.name == "2d3d-light":
        network.setdefault("dilation", DILATION)
    training = CUBES if cubes else USUAL
    training = training | project.training.model_dump(exclude_unset=True)
    values = project.model_dump(exclude_unset=True)
    values |= {"network": network, "training": training}
    return parse_settings(values, ProjectConfig, where="options")
