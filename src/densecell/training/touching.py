"""Settings to learn where one cell ends and the next begins: `train --cells`."""

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
# Where voxels are cubes, as many borders lie along slices as across them. So windows
# are deep, and the network sees many slices.
CUBES: dict[str, Any] = {"flat_share": 0.2, "window": (24, 80, 80)}
DILATION: Shape = (2, 4, 8)


def learn_cells(project: ProjectConfig) -> ProjectConfig:
    """Project with affinities to learn, and with network and training suited to them.

    Settings that the project names are kept.
    """
    network = project.network.model_dump(exclude_unset=True)
    if not project.network.affinities:
        network["affinities"] = default_affinities(project.grid_nm)
    if project.grid_nm.nearly_cubic and project.network.name == "2d3d-light":
        network.setdefault("dilation", DILATION)
    values = project.model_dump(exclude_unset=True) | {"network": network}
    return suit_pairs(parse_settings(values, ProjectConfig, where="options"))


def suit_pairs(project: ProjectConfig) -> ProjectConfig:
    """Project with training settings suited to affinities, where it names none."""
    suited = CUBES if project.grid_nm.nearly_cubic else USUAL
    named = project.training.model_dump(exclude_unset=True)
    training = parse_settings(suited | named, TrainingConfig, where="options")
    return project.model_copy(update={"training": training})


def check_pairs(network: NetworkConfig, training: TrainingConfig) -> None:
    """Refuse affinities that could never be learned.

    Parameters
    ----------
    network
        Settings with the offsets of affinities.
    training
        Settings with windows that are fitted to the volumes.

    Raises
    ------
    ConfigError
        If an offset does not fit into a window.
    """
    for offset in network.affinities:
        if any(abs(o) >= w for o, w in zip(offset, training.window, strict=True)):
            raise ConfigError(
                f"network.affinities: the pair {offset} (z, y, x) does not fit into a "
                f"window of {training.window}, so it would never be learned; write "
                "shorter pairs into project.yaml, or a larger training.window if the "
                "volumes have as many slices"
            )
