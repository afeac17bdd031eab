"""Settings of inference."""

from typing import Literal, Self

from pydantic import Field, model_validator

from densecell.config.frozen import Frozen
from densecell.geometry import Shape


class InferenceConfig(Frozen):
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
