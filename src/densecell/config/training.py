"""Settings of training: loss, random changes, budget."""

from typing import Literal, Self

from pydantic import Field, model_validator

from densecell.config.frozen import Extent, Frozen


class ErrorWeights(Frozen):
    """What an error at a voxel costs (Guay et al. 2021, Methods)."""

    floor: float = Field(0.01, ge=0, description="Weight of every labelled voxel.")
    peak: float = Field(0.882, ge=0, description="Highest weight added at a border.")
    sigma_px: float = Field(
        6.0, gt=0, description="Width of the weights at a border, in pixels."
    )
    threshold: float = Field(
        0.25,
        ge=0,
        lt=0.882,
        description="Subtract this from all weights and set those below 0 to 0.",
    )


class LossConfig(Frozen):
    """What training minimises. Cross entropy is a mean over voxels, not a sum."""

    weighting: Literal["balanced", "paper", "uniform"] = Field(
        "balanced",
        description="Weigh errors. balanced: by the rarity of the class. paper: by "
        "class and distance to a border. uniform: all alike.",
    )
    balance: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Weigh a class by 1 / its share of voxels, to this power. For "
        "weighting: balanced.",
    )
    relax: bool = Field(
        True, description="Lower the balance to 0 over the course of the training."
    )
    weights: ErrorWeights = Field(
        ErrorWeights(), description="Weights of voxels. For weighting: paper."
    )
    dice: float = Field(1.0, ge=0, description="Weight of the soft Dice loss.")
    affinities: float = Field(
        1.0,
        ge=0,
        description="Weight of the loss of affinities, where they are learned.",
    )
    auxiliary: float = Field(
        0.33, ge=0, description="Weight of the loss of the network's 2D head."
    )
    l2_2d: float = Field(
        0.0, ge=0, description="Weight of the L2 penalty on the 2D module."
    )
    l2_3d: float = Field(
        0.0, ge=0, description="Weight of the L2 penalty on the 3D module."
    )
    l2_predictors: float = Field(
        0.0, ge=0, description="Weight of the L2 penalty on the last layers."
    )


class AugmentationConfig(Frozen):
    """Random changes to every training window; 0 switches a change off."""

    flips: bool = Field(True, description="Reflect along z, y and x.")
    rotations: bool = Field(True, description="Rotate by quarter turns in plane.")
    elastic: float = Field(
        0.5, ge=0, le=1, description="Deform this share of the windows elastically."
    )
    elastic_px: float = Field(
        20.0, ge=0, description="Deform by this many pixels at most."
    )
    brightness: float = Field(
        0.12,
        ge=0,
        description="Shift grey values by this share of their range at most.",
    )
    contrast: float = Field(
        0.20, ge=0, lt=1, description="Stretch grey values by this share at most."
    )
    noise: float = Field(
        0.1,
        ge=0,
        description="Add noise of this sigma at most, in standard deviations of the "
        "image.",
    )
    blurred: float = Field(
        0.0, ge=0, le=1, description="Blur this share of the sections."
    )
    shifted: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Move this share of the sections, together with their labels.",
    )
    missing: float = Field(
        0.0, ge=0, le=1, description="Black out this share of the sections."
    )
    section_contrast: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Stretch and shift grey values of each section by this share at "
        "most.",
    )


class TrainingConfig(Frozen):
    """How each network of an ensemble is trained."""

    window: Extent = Field(
        (5, 128, 128), description="Voxels (z y x) of one training window."
    )
    batch: int = Field(2, ge=1, le=100_000, description="Windows per step.")
    minutes: float | None = Field(
        20.0,
        gt=0,
        description="Train each network for this many minutes on this machine. A short "
        "probe turns them into steps.",
    )
    steps: int | None = Field(
        None,
        ge=1,
        description="Train each network for this many steps, instead of minutes.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="Compute in this precision. auto: bfloat16 where a short trial "
        "shows that it is faster here.",
    )
    starter: bool = Field(
        True,
        description="Begin with the weights of the starter network, if this package "
        "holds one that fits. Otherwise begin with random weights.",
    )
    learning_rate: float = Field(
        2e-3, gt=0, le=100, description="Highest learning rate."
    )
    schedule: Literal["constant", "cosine"] = Field(
        "cosine",
        description="Change the learning rate over time. cosine: short warm-up, then "
        "down to zero. constant: not at all.",
    )
    average: float = Field(
        0.998,
        ge=0,
        lt=1,
        description="Use a running mean of the weights, which keeps this share of its "
        "old value at each step. 0: use the weights of the last step.",
    )
    weight_decay: float = Field(
        0.0, ge=0, description="Weight decay, decoupled as in AdamW."
    )
    adjust_logits: bool = Field(
        True,
        description="Shift each class's logit by what scores best on the eval volumes. "
        "Corrects for training on more of the rare classes than there is.",
    )
    flat_share: float = Field(
        0.7,
        ge=0,
        lt=1,
        description="Train only the 2D part, on single slices, for this share of the "
        "steps at the start. For networks that can.",
    )
    vary_depth: bool = Field(
        False,
        description="Draw the depth of windows at random, up to twice that of window.",
    )
    beta1: float = Field(0.9, gt=0, lt=1, description="Beta 1 of Adam. Paper: 0.968.")
    beta2: float = Field(0.999, gt=0, lt=1, description="Beta 2 of Adam. Paper: 0.992.")
    epsilon: float = Field(1e-7, gt=0, description="Epsilon of Adam.")
    rare_share: float = Field(
        0.33,
        ge=0,
        le=1,
        description="Centre this share of the windows on a class drawn at random, rare "
        "ones as often as others.",
    )
    contact_share: float = Field(
        0.33,
        ge=0,
        le=1,
        description="Centre this share of the windows where two cells touch. Only "
        "where affinities are learned.",
    )
    validations: int = Field(
        10, ge=1, le=100_000, description="Score the eval volumes this many times."
    )
    abandon_below: float | None = Field(
        None,
        description="Abandon a network whose MIoU(all) is below this after a quarter "
        "of its budget. Default: 0.02 above that of one class everywhere.",
    )
    loss: LossConfig = Field(LossConfig(), description="What training minimises.")
    augmentation: AugmentationConfig = Field(
        AugmentationConfig(), description="Random changes to every window."
    )

    @model_validator(mode="after")
    def _one_budget(self) -> Self:
        if self.minutes is None and self.steps is None:
            raise ValueError("give a budget: minutes or steps")
        return self


class EnsembleConfig(Frozen):
    """How many networks are trained, and how many of them are used."""

    members: int = Field(
        3, ge=1, le=100, description="Train this many networks, each from its own seed."
    )
    best: int = Field(
        4, ge=1, description="Use this many of the best networks together."
    )
    seed: int = Field(
        0, ge=0, description="Train network number i from this seed plus i."
    )
