"""What it takes to learn where one cell ends and the next begins: `train --cells`."""

from typing import Any

from densecell.config import (
    NetworkConfig,
    ProjectConfig,
    TrainingConfig,
    parse_settings,
)
from densecell.errors import ConfigError
from densecell.geometry import Shape
from densecell.patches import default_affinities

# Pairs of voxels across slices are learned from deep windows only.
USUAL: dict[str, Any] = {"flat_share": 0.5}
# Where voxels are cubes, a border lies along the slices as often as across: the network
# is to see many slices, and windows are deep enough to hold them.
CUBES: dict[str, Any] = {"flat_share": 0.2, "window": (24, 80, 80)}
DILATION: Shape = (2, 4, 8)


def learn_cells(project: ProjectConfig) -> ProjectConfig:
    """Give the project with affinities to learn, and what suits them.

    What its settings say already stays as it is.
    """
    network = project.network.model_dump(exclude_unset=True)
    if not project.network.affinities:
        network["affinities"] = default_affinities(project.grid_nm)
    if project.grid_nm.nearly_cubic and project.network.name == "2d3d-light":
        network.setdefault("dilation", DILATION)
    values = project.model_dump(exclude_unset=True) | {"network": network}
    return suit_pairs(parse_settings(values, ProjectConfig, where="options"))


def suit_pairs(project: ProjectConfig) -> ProjectConfig:
    """Give the project with steps and windows that suit affinities, where it has none.

    For a network that tells of them.
    """
    suited = CUBES if project.grid_nm.nearly_cubic else USUAL
    said = project.training.model_dump(exclude_unset=True)
    training = parse_settings(suited | said, TrainingConfig, where="options")
    return project.model_copy(update={"training": training})


def check_pairs(network: NetworkConfig, training: TrainingConfig) -> None:
    """Refuse affinities that would never be learned.

    Parameters
    ----------
    training
        With windows that are fitted to the volumes.

    Raises
    ------
    ConfigError
        If a window is no longer than one of them.
    """
    for offset in network.affinities:
        if any(abs(o) >= w for o, w in zip(offset, training.window, strict=True)):
            raise ConfigError(
                f"network.affinities: no two voxels of a window of {training.window} "
                f"are {offset} apart (z, y, x), so that this pair would never be "
                "learned; write shorter ones into project.yaml, or a larger "
                "training.window where the volumes have as many slices"
            )
