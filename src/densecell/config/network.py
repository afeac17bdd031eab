"""Settings of a network."""

from typing import Literal, Self

from pydantic import Field, PositiveInt, model_validator

from densecell.config.frozen import Frozen
from densecell.geometry import FACES, Shape


class NetworkConfig(Frozen):
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
        description="Network to train, one of those that `densecell networks` lists. "
        "2d3d-light: learns fast. 2d3d: the best of the paper. unet2d: Ronneberger et "
        "al. 2015.",
    )
    width: int = Field(
        16, ge=1, le=256, description="Channels at the network's first scale."
    )
    normalisation: Literal["none", "batch", "channel"] = Field(
        "batch",
        description="Normalise activations. none: as in the paper. batch: over the "
        "batch, merged into the convolutions after training. channel: over the "
        "channels of each voxel.",
    )
    initialisation: Literal["glorot", "he"] = Field(
        "glorot",
        description="Draw the first weights by this rule. glorot: as in the paper.",
    )
    relu_logits: bool = Field(
        False,
        description="Apply ReLU to the logits, as in the paper. Can silence a class "
        "for good.",
    )
    padding: Literal["same", "valid"] = Field(
        "same",
        description="Pad convolutions of unet2d. valid: not at all, as published. "
        "same: faster.",
    )
    dilation: tuple[PositiveInt, PositiveInt, PositiveInt] = Field(
        (1, 1, 1),
        description="Mix slices this far apart at scales 1/4, 1/8 and 1/16. 2d3d-light "
        "only.",
    )
    affinities: tuple[Shape, ...] = Field(
        (),
        description="Also learn whether a voxel and its neighbour at each of these "
        "offsets (z y x) belong to the same cell. The faces come first.",
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
        """Whether the network sees a single slice, never its neighbours."""
        return self.name in ("2d3d-2d", "unet2d")
