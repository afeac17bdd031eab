"""With which settings the meshes of a result are made: `meshes/settings.yaml`."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from densecell.config import MeshConfig, load_settings, save_settings
from densecell.errors import OutputError
from densecell.surfaces.stores import ObjectStores, fingerprint

MESHES, SETTINGS, TABLE = "meshes", "settings.yaml", "meshes.csv"
STAGE, LISTING = "blocks/mesh", "objects.json"
USUAL_ERROR = 0.25  # of a voxel's longest edge


class MeshSettings(BaseModel, frozen=True, extra="forbid"):
    """`meshes/settings.yaml` of a result."""

    format: Literal[1] = 1
    max_error_nm: float
    max_voxels: int
    formats: tuple[Literal["glb", "precomputed", "ply", "obj", "stl"], ...]
    objects: str = Field(description="digest of the object stores' files")


def settle(config: MeshConfig, stores: ObjectStores) -> MeshSettings:
    """Settle what was left open."""
    error = config.max_error_nm
    return MeshSettings(
        max_error_nm=USUAL_ERROR * stores.coarsest_edge_nm if error is None else error,
        max_voxels=config.max_voxels,
        formats=tuple(sorted(config.formats)),
        objects=fingerprint(stores),
    )


def freeze(result: Path, settings: MeshSettings) -> None:
    """Write the settings, or see that those of an earlier start are the same.

    Raises
    ------
    OutputError
        Naming the first that differs, with both values.
    """
    if not (result / MESHES / SETTINGS).exists():
        if (result / MESHES).exists() and any((result / MESHES).iterdir()):
            raise OutputError(
                f"{result / MESHES}: holds something else (no {SETTINGS} in it); move "
                "it away, or pass --overwrite"
            )
        save_settings(settings, result / MESHES / SETTINGS)
        return
    for name, then in read_settings(result):
        now = getattr(settings, name)
        if name == "objects" and now != then:
            raise OutputError(
                f"{result / MESHES}: was made of other objects, they have been "
                "measured anew since; pass --overwrite to mesh these"
            )
        if now != then:
            raise OutputError(
                f"{result / MESHES}: was begun with {name} {then}, now asked for "
                f"{now}; pass --overwrite to start anew"
            )


def read_settings(result: Path) -> MeshSettings:
    """Read the settings of a result's meshes."""
    return load_settings(result / MESHES / SETTINGS, MeshSettings)
