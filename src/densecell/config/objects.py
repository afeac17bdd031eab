"""Settings of cells, organelles and their surfaces."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from densecell.config.frozen import Frozen
from densecell.geometry import Shape


class SplitConfig(Frozen):
    """How objects that touch are told apart, and which are too small; for cells."""

    split: bool = Field(True, description="false: all that touches is one object")
    neck: float = Field(
        0.92,
        gt=0,
        le=1,
        description="cut where less wide than this; 1: a round rod across; lower cuts "
        "less",
    )
    smoothing_nm: float = Field(
        80.0, ge=0, description="sigma that evens out the distances to the surface"
    )
    voxel_nm: float = Field(
        40.0, gt=0, description="finer voxels are taken together up to this size"
    )
    halo_nm: float = Field(
        2000.0, gt=0, description="seen around a block; at least half a cell"
    )
    min_volume_um3: float = Field(0.02, ge=0, description="smaller ones are dropped")


class CutConfig(Frozen):
    """How cells are cut where their affinities were learned."""

    sure: float = Field(
        0.6,
        gt=0,
        lt=1,
        description="pieces are of one cell from this mean affinity on; higher cuts "
        "more",
    )
    reach_nm: float = Field(
        1000.0,
        gt=0,
        description="pairs that are farther apart are left out; thin cells, as in "
        "brain, want less: 120",
    )
    min_piece_um3: float = Field(
        1e-3, ge=0, description="smaller cells join the neighbour they belong to most"
    )
    voxel_nm: float = Field(
        12.0, gt=0, description="finer voxels are taken together up to this size"
    )
    halo_nm: float = Field(400.0, gt=0, description="seen around a block")


ORGANELLES = {
    "neck": 0.7,
    "smoothing_nm": 20.0,
    "voxel_nm": 20.0,
    "halo_nm": 400.0,
    "min_volume_um3": 2e-4,
}


def _over_organelles(value: object) -> object:
    """Put settings over the defaults of organelles, not over those of cells."""
    return ORGANELLES | dict(value) if isinstance(value, Mapping) else value


class ObjectsConfig(Frozen):
    """How labels become cells and organelles."""

    cells: SplitConfig = Field(SplitConfig(), description="classes of role cell")
    cells_by: Literal["auto", "affinities", "distances"] = Field(
        "auto",
        description="how cells that touch are told apart; auto: by affinities where "
        "the result has them",
    )
    affinities: CutConfig = Field(CutConfig(), description="of `cells_by: affinities`")
    organelles: Annotated[SplitConfig, BeforeValidator(_over_organelles)] = Field(
        SplitConfig(**ORGANELLES), description="classes of role organelle"
    )
    whole: tuple[str, ...] = Field(
        (), description="names of organelles that are never split, such as networks"
    )
    fill_holes: bool = Field(True, description="what one object encloses becomes it")
    block: Shape | None = Field(
        None,
        description="voxels computed at once; none: 64 x 512 x 512, or "
        "64 x 256 x 256 where cells are cut by affinities",
    )


class MeshConfig(Frozen):
    """How objects become meshes."""

    max_error_nm: float | None = Field(
        None,
        ge=0,
        description="how far a vertex may lie from the simplified surface; 0: not "
        "simplified; none: a quarter of a voxel's longest edge",
    )
    max_voxels: int = Field(
        30_000_000,
        ge=1000,
        description="of an object's bounding box: larger ones are taken from a "
        "coarser level",
    )
    formats: tuple[Literal["glb", "precomputed", "ply", "obj", "stl"], ...] = Field(
        ("glb", "precomputed"),
        min_length=1,
        description="glb: one scene per cell; precomputed: for neuroglancer; ply, "
        "obj, stl: one file per object",
    )

    @model_validator(mode="after")
    def _each_format_once(self) -> Self:
        if len(set(self.formats)) < len(self.formats):
            raise ValueError(f"each format once, got {', '.join(self.formats)}")
        return self
