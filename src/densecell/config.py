"""Every setting of densecell: one default each, read from YAML, written back resolved.

Free of torch, so that `densecell --help` is instant. Lengths are voxels in (z, y, x)
unless the name ends in `_nm` or `_px`.
"""

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    model_validator,
)

from densecell.address import Url, to_address
from densecell.classes import BUILT_IN, ClassScheme
from densecell.errors import ConfigError
from densecell.geometry import FACES, Box, Shape, Spacing
from densecell.settings import (
    load_settings,
    parse_settings,
    save_settings,
    write_text,
    yaml_text,
)

__all__ = [
    "FORMAT",
    "ORGANELLES",
    "AnnotatedBox",
    "AugmentationConfig",
    "EnsembleConfig",
    "ErrorWeights",
    "InferenceConfig",
    "LossConfig",
    "MeshConfig",
    "NetworkConfig",
    "ObjectsConfig",
    "ProjectConfig",
    "SchemeSetting",
    "SplitConfig",
    "TrainingConfig",
    "VolumeEntry",
    "load_settings",
    "parse_settings",
    "save_settings",
    "write_text",
    "yaml_text",
]

FORMAT: Literal[1] = 1


class _Frozen(BaseModel, frozen=True, extra="forbid"):
    """Settings do not change once made, and do not swallow misspelt names."""


class NetworkConfig(_Frozen):
    """Which network, and how large."""

    name: Literal[
        "2d3d-light",
        "2d3d",
        "2d3d-plain",
        "2d3d-no-pyramid",
        "2d3d-2d",
        "unet2d",
        "unet3d",
        "unet3d-thin",
        "unet3d-thin5",
    ] = Field(
        "2d3d-light",
        description="2d3d-light: learns fast; 2d3d: the paper's best; unet2d: "
        "Ronneberger et al. 2015",
    )
    width: int = Field(16, ge=1, le=256, description="channels of its first scale")
    normalisation: Literal["none", "batch", "channel"] = Field(
        "batch",
        description="none as in the paper; batch folds away after training; channel: "
        "of each voxel",
    )
    initialisation: Literal["glorot", "he"] = Field(
        "glorot", description="of the weights; glorot as in the paper"
    )
    relu_logits: bool = Field(
        False, description="ReLU on the logits as in the paper; can silence a class"
    )
    padding: Literal["same", "valid"] = Field(
        "same", description="unet2d only: valid as published, or same: faster"
    )
    affinities: tuple[Shape, ...] = Field(
        (),
        description="what is learned beside the classes: whether a voxel and the one "
        "at each of these offsets (z, y, x) are of one cell; the faces first",
    )

    @model_validator(mode="after")
    def _affinities_can_be_learned(self) -> Self:
        if not self.affinities:
            return self
        if self.flat:
            raise ValueError(
                f"{self.name} sees one slice at a time and cannot learn which voxels "
                "of neighbouring slices are of one cell; choose 2d3d-light or 2d3d"
            )
        if self.relu_logits:
            raise ValueError("affinities need logits of either sign: no relu_logits")
        if self.affinities[: len(FACES)] != FACES:
            raise ValueError(f"the first affinities must be the faces {FACES}")
        if len(set(self.affinities)) < len(self.affinities):
            raise ValueError(f"each affinity once, got {self.affinities}")
        return self

    @property
    def flat(self) -> bool:
        """Whether it sees one slice, whatever the distance to the next."""
        return self.name in ("2d3d-2d", "unet2d")


class ErrorWeights(_Frozen):
    """How much an error at a voxel costs (METHOD: Guay et al. 2021, Methods)."""

    floor: float = Field(0.01, ge=0, description="weight of every labelled voxel")
    peak: float = Field(0.882, ge=0, description="height of the border weights")
    sigma_px: float = Field(6.0, gt=0, description="reach of the border, in pixels")
    threshold: float = Field(0.25, ge=0, lt=0.882, description="cut below this")


class LossConfig(_Frozen):
    """What is minimised. Cross entropy is a mean over voxels, not a sum."""

    weighting: Literal["balanced", "paper", "uniform"] = Field(
        "balanced",
        description="what an error costs; balanced: by the rarity of its class; paper: "
        "by class and distance to a border",
    )
    balance: float = Field(
        0.5,
        ge=0,
        le=1,
        description="of `weighting: balanced`: 1 / share of the class to this power",
    )
    relax: bool = Field(
        True, description="let the balance fall to 0 with the steps of the training"
    )
    weights: ErrorWeights = Field(ErrorWeights(), description="of `weighting: paper`")
    dice: float = Field(1.0, ge=0, description="share of the soft Dice loss")
    affinities: float = Field(
        1.0, ge=0, description="share of the loss of affinities, where they are learned"
    )
    auxiliary: float = Field(0.33, ge=0, description="share of the 2D head's loss")
    l2_2d: float = Field(0.0, ge=0, description="L2 on the 2D module")
    l2_3d: float = Field(0.0, ge=0, description="L2 on the 3D module")
    l2_predictors: float = Field(0.0, ge=0, description="L2 on the predictors")


class AugmentationConfig(_Frozen):
    """Random changes to every window; 0 switches one off."""

    flips: bool = Field(True, description="reflections along z, y and x")
    rotations: bool = Field(True, description="quarter turns in plane")
    elastic: float = Field(0.5, ge=0, le=1, description="share of windows deformed")
    elastic_px: float = Field(20.0, ge=0, description="amplitude, in pixels")
    brightness: float = Field(0.12, ge=0, description="shift, share of the range")
    contrast: float = Field(0.20, ge=0, lt=1, description="stretch, plus or minus")
    noise: float = Field(0.1, ge=0, description="largest sigma, in image sigmas")
    blurred: float = Field(0.0, ge=0, le=1, description="share of sections unfocused")
    shifted: float = Field(
        0.0, ge=0, le=1, description="share of sections out of place, with their labels"
    )
    missing: float = Field(0.0, ge=0, le=1, description="share of sections left dark")
    section_contrast: float = Field(
        0.0, ge=0, lt=1, description="stretch and shift of single sections, at most"
    )


class TrainingConfig(_Frozen):
    """How one member is trained."""

    window: Shape = Field((5, 128, 128), description="voxels of one training window")
    batch: int = Field(2, ge=1, description="windows per step")
    minutes: float | None = Field(
        20.0, gt=0, description="per member; becomes a step count after a probe"
    )
    steps: int | None = Field(None, ge=1, description="instead of minutes")
    learning_rate: float = Field(2e-3, gt=0, description="of Adam, at its highest")
    schedule: Literal["constant", "cosine"] = Field(
        "cosine", description="cosine: short warm-up, then down to zero"
    )
    average: float = Field(
        0.998,
        ge=0,
        lt=1,
        description="the weights used are a running mean: share of the old at each "
        "step; 0: those of the last step",
    )
    weight_decay: float = Field(0.0, ge=0, description="decoupled, as of AdamW")
    adjust_logits: bool = Field(
        True,
        description="move each class's logit by what scores best on the eval volumes: "
        "takes back what weights and windows gave to rare classes",
    )
    flat_share: float = Field(
        0.7,
        ge=0,
        lt=1,
        description="share of the steps, at the start, in which networks that can "
        "train their 2D part alone, on single slices",
    )
    vary_depth: bool = Field(
        False, description="windows as deep as drawn, up to twice the window's depth"
    )
    beta1: float = Field(0.9, gt=0, lt=1, description="of Adam; paper 0.968")
    beta2: float = Field(0.999, gt=0, lt=1, description="of Adam; paper 0.992")
    epsilon: float = Field(1e-7, gt=0, description="of Adam")
    rare_share: float = Field(
        0.33, ge=0, le=1, description="share of windows centred on a class drawn evenly"
    )
    contact_share: float = Field(
        0.33,
        ge=0,
        le=1,
        description="share of windows centred where two cells touch, where affinities "
        "are learned",
    )
    validations: int = Field(10, ge=1, description="times the eval volume is scored")
    abandon_below: float | None = Field(
        None,
        description="MIoU(all) that a quarter of the budget must reach; "
        "none: better than one class everywhere by 0.02",
    )
    loss: LossConfig = Field(LossConfig(), description="what is minimised")
    augmentation: AugmentationConfig = Field(
        AugmentationConfig(), description="random changes to every window"
    )

    @model_validator(mode="after")
    def _one_budget(self) -> Self:
        if self.minutes is None and self.steps is None:
            raise ValueError("give a budget: minutes or steps")
        if any(w < 1 for w in self.window):
            raise ValueError(f"window must be positive (z y x), got {self.window}")
        return self


class EnsembleConfig(_Frozen):
    """How many members are trained, and how many of them are used."""

    members: int = Field(3, ge=1, le=100, description="networks trained, one seed each")
    best: int = Field(4, ge=1, description="how many of the best are used together")
    seed: int = Field(0, ge=0, description="member i is trained from seed + i")


class InferenceConfig(_Frozen):
    """How a volume is cut into tiles, and what computes them."""

    tile: Shape | None = Field(
        None, description="voxels one network call returns; none: by the network"
    )
    margin: Shape | None = Field(
        None, description="context around what is kept; none: by the network"
    )
    engine: Literal["auto", "torch", "openvino"] = Field(
        "auto", description="auto: openvino on a CPU, torch on a GPU"
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="auto: bfloat16 where the processor has it natively"
    )
    threads: int | None = Field(None, ge=1, description="per network call")
    exact: bool = Field(
        False, description="a margin as wide as the network sees: no seams, dear"
    )
    tta: bool = Field(
        False, description="mean over the four in-plane reflections: four times as dear"
    )
    skip_flat: float | None = Field(
        None,
        gt=0,
        description="a tile whose 8 x 8 means differ by less than this many standard "
        "deviations of the volume is background, unseen by any network",
    )
    adapt: bool = Field(
        False,
        description="map grey values and noise of the volume to those learned from",
    )
    resample: bool = Field(
        True, description="show volumes of other voxel size on the model's grid"
    )

    @model_validator(mode="after")
    def _one_margin(self) -> Self:
        if self.exact and self.margin is not None:
            raise ValueError("exact chooses the margin: give one or the other")
        return self


class SplitConfig(_Frozen):
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


class CutConfig(_Frozen):
    """How cells are cut where their affinities were learned."""

    sure: float = Field(
        0.7,
        gt=0,
        lt=1,
        description="pieces are of one cell from this mean affinity on; higher cuts "
        "more",
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


class ObjectsConfig(_Frozen):
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
        None, description="voxels computed at once; none: 64 x 512 x 512"
    )


class MeshConfig(_Frozen):
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


class AnnotatedBox(_Frozen):
    """A part of a volume that was annotated, perhaps for some classes only."""

    box: tuple[Shape, Shape] = Field(description="start and stop, voxels (z, y, x)")
    classes: tuple[str, ...] | None = Field(
        None,
        description="those annotated there; of the rest it is known that it is "
        "none of them. None: all classes",
    )

    @model_validator(mode="after")
    def _holds_voxels(self) -> Self:
        if min(Box(*self.box).shape) < 1 or min(self.box[0]) < 0:
            raise ValueError(f"box must be [start, stop) with voxels, got {self.box}")
        return self


def _address(value: object) -> object:
    return to_address(value) if isinstance(value, str) else value


def _written(address: PurePath | Url) -> str:
    """Write paths with slashes: those of Windows are read everywhere then."""
    return address.as_posix() if isinstance(address, PurePath) else str(address)


AddressSetting = Annotated[
    Path | Url, BeforeValidator(_address), PlainSerializer(_written, when_used="json")
]


class VolumeEntry(_Frozen):
    """An image with labels, and what it is for."""

    image: AddressSetting = Field(
        description="intensities, relative to the project file, or at https://, s3://; "
        "#channel=1 at the end chooses a channel"
    )
    labels: AddressSetting = Field(description="class ids, of the same shape")
    objects: AddressSetting | None = Field(
        None, description="an id per cell and voxel, 0 for none; to learn affinities"
    )
    spacing_nm: tuple[float, float, float] = Field(description="voxel size z, y, x")
    role: Literal["train", "eval"] = Field("train", description="train, or choose on")
    z: tuple[int, int] | None = Field(None, description="slices from, to (half-open)")
    y: tuple[int, int] | None = Field(None, description="rows from, to (half-open)")
    x: tuple[int, int] | None = Field(None, description="columns from, to (half-open)")
    boxes: tuple[AnnotatedBox, ...] = Field(
        (), description="parts that were annotated, the rest being unknown; empty: all"
    )

    @model_validator(mode="after")
    def _ranges_and_spacing_are_sane(self) -> Self:
        Spacing.checked(self.spacing_nm)
        for axis in "zyx":
            span = getattr(self, axis)
            if span is not None and not 0 <= span[0] < span[1]:
                raise ValueError(
                    f"{axis} must be [from, to) with from < to, got {span}"
                )
        return self

    def box(self, shape: Shape) -> Box:
        """Give the part of a volume of `shape` that this entry stands for."""
        spans = [
            s or (0, n) for s, n in zip((self.z, self.y, self.x), shape, strict=True)
        ]
        if any(b > n for (_, b), n in zip(spans, shape, strict=True)):
            raise ConfigError(
                f"{self.image}: the project asks for z, y, x {spans}, but the volume "
                f"has {shape} voxels; correct the ranges in project.yaml"
            )
        (z0, z1), (y0, y1), (x0, x1) = spans
        return Box((z0, y0, x0), (z1, y1, x1))


def _scheme(value: object) -> object:
    if isinstance(value, str):
        if value not in BUILT_IN:
            raise ValueError(
                f"no class scheme {value!r}; built in: {', '.join(BUILT_IN)}"
            )
        return ClassScheme.named(value)
    if isinstance(value, Mapping) and "classes" not in value:
        return {"classes": value}
    return value


SchemeSetting = Annotated[
    ClassScheme,
    BeforeValidator(_scheme),
    PlainSerializer(ClassScheme.as_settings),
]


class ProjectConfig(_Frozen):
    """`project.yaml`: the classes, the volumes, and what differs from the defaults."""

    format: Literal[1] = FORMAT
    classes: SchemeSetting = Field(description="a built-in scheme's name, or classes")
    volumes: tuple[VolumeEntry, ...] = Field(
        min_length=1, description="images with labels, to learn from and to choose on"
    )
    spacing_nm: tuple[float, float, float] | None = Field(
        None,
        description="voxel size z, y, x that networks learn from; volumes of another "
        "are resampled. None: that of the first volume with role train",
    )
    network: NetworkConfig = Field(NetworkConfig(), description="what is trained")
    training: TrainingConfig = Field(TrainingConfig(), description="how")
    ensemble: EnsembleConfig = Field(EnsembleConfig(), description="how many of them")

    @model_validator(mode="after")
    def _spacing_is_sane(self) -> Self:
        if self.spacing_nm is not None:
            Spacing.checked(self.spacing_nm)
        return self

    @property
    def grid_nm(self) -> Spacing:
        """Voxel size of the grid that networks learn from."""
        stated = [v.spacing_nm for v in self.volumes if v.role == "train"]
        stated += [v.spacing_nm for v in self.volumes]  # for projects without one
        return Spacing.checked(self.spacing_nm or stated[0])
