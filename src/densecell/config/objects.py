"""Settings of cells, organelles and their surfaces."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from densecell.config.frozen import Extent, Frozen


class SplitConfig(Frozen):
    """How touching objects are cut apart by their shape, and which are too small."""

    split: bool = Field(
        True,
        description="Cut touching objects apart. Without it, all that touches is one "
        "object.",
    )
    neck: float = Field(
        0.92,
        gt=0,
        le=1,
        description="Cut objects at necks narrower than this share of their width. "
        "Lower values cut less; 1 even cuts a round rod.",
    )
    smoothing_nm: float = Field(
        80.0,
        ge=0,
        description="Smooth the distances to the surface by this sigma, in nm, before "
        "looking for necks.",
    )
    voxel_nm: float = Field(
        40.0,
        gt=0,
        description="Merge finer voxels up to this size, in nm, before cutting.",
    )
    halo_nm: float = Field(
        2000.0,
        gt=0,
        description="Read this far around a block, in nm. At least half an object.",
    )
    min_volume_um3: float = Field(
        0.02, ge=0, description="Drop objects smaller than this volume, in um3."
    )


class CutConfig(Frozen):
    """How touching cells are cut apart by learned affinities."""

    sure: float = Field(
        0.6,
        gt=0,
        lt=1,
        description="Join two pieces of a cell if their mean affinity is at least "
        "this. Higher values cut more.",
    )
    reach_nm: float = Field(
        1000.0,
        gt=0,
        description="Ignore pairs of voxels farther apart than this, in nm. Thin "
        "cells, as in brain, need less: 120.",
    )
    min_piece_um3: float = Field(
        1e-3,
        ge=0,
        description="Join cells smaller than this volume, in um3, to the neighbour "
        "with the highest affinity.",
    )
    voxel_nm: float = Field(
        12.0,
        gt=0,
        description="Merge finer voxels up to this size, in nm, before cutting.",
    )
    halo_nm: float = Field(
        400.0, gt=0, description="Read this far around a block, in nm."
    )


ORGANELLES = {
    "neck": 0.5,
    "smoothing_nm": 20.0,
    "voxel_nm": 20.0,
    "halo_nm": 400.0,
    "min_volume_um3": 4e-4,
}


def _over_organelles(value: object) -> object:
    """Fill what is missing from the defaults of organelles, not from those of cells."""
    return ORGANELLES | dict(value) if isinstance(value, Mapping) else value


class ObjectsConfig(Frozen):
    """How labels become cells and organelles."""

    cells: SplitConfig = Field(
        SplitConfig(), description="How to split classes of role cell."
    )
    cells_by: Literal["auto", "affinities", "distances"] = Field(
        "auto",
        description="Cut touching cells apart by learned affinities or by distances to "
        "their surface. auto: by affinities where the result has them.",
    )
    affinities: CutConfig = Field(
        CutConfig(), description="How to cut cells by affinities."
    )
    organelles: Annotated[SplitConfig, BeforeValidator(_over_organelles)] = Field(
        SplitConfig(**ORGANELLES),
        description="How to split classes of role organelle.",
    )
    whole: tuple[str, ...] = Field(
        (),
        description="Never split this organelle, for example a network of tubules.",
    )
    one_class: bool = Field(
        True,
        description="Give each organelle one class: unsure splinters of another class "
        "join the body that they lie on, and its voxels vote.",
    )
    fill_holes: bool = Field(
        True, description="Fill holes that one object encloses completely."
    )
    block: Extent | None = Field(
        None,
        description="Compute this many voxels (z y x) at once. Default: 64 512 512, or "
        "64 256 256 where cells are cut by affinities.",
    )


class MeshConfig(Frozen):
    """How objects become meshes."""

    max_error_nm: float | None = Field(
        None,
        ge=0,
        description="Simplify surfaces by moving them at most this far, in nm. 0: keep "
        "every triangle. Default: a quarter of a voxel's longest edge.",
    )
    max_voxels: int = Field(
        30_000_000,
        ge=1000,
        description="Mesh objects with more voxels than this in their bounding box "
        "from a coarser level.",
    )
    formats: tuple[Literal["glb", "precomputed", "ply", "obj", "stl"], ...] = Field(
        ("glb", "precomputed"),
        min_length=1,
        description="Write this format. glb: one scene per cell. precomputed: for "
        "neuroglancer. ply, obj, stl: one file per object.",
    )

    @model_validator(mode="after")
    def _each_format_once(self) -> Self:
        if len(set(self.formats)) < len(self.formats):
            raise ValueError(f"each format once, got {', '.join(self.formats)}")
        return self
