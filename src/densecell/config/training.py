"""Settings of training: what is minimised, changed at random, and for how long."""

from typing import Literal, Self

from pydantic import Field, model_validator

from densecell.config.frozen import Frozen
from densecell.geometry import Shape


class ErrorWeights(Frozen):
    """How much an error at a voxel costs (METHOD: Guay et al. 2021, Methods)."""

    floor: float = Field(0.01, ge=0, description="weight of every labelled voxel")
    peak: float = Field(0.882, ge=0, description="height of the border weights")
    sigma_px: float = Field(6.0, gt=0, description="reach of the border, in pixels")
    threshold: float = Field(0.25, ge=0, lt=0.882, description="cut below this")


class LossConfig(Frozen):
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


class AugmentationConfig(Frozen):
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


class TrainingConfig(Frozen):
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


class EnsembleConfig(Frozen):
    """How many members are trained, and how many of them are used."""

    members: int = Field(3, ge=1, le=100, description="networks trained, one seed each")
    best: int = Field(4, ge=1, description="how many of the best are used together")
    seed: int = Field(0, ge=0, description="member i is trained from seed + i")
