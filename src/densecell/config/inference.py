"""Settings of inference."""

from typing import Literal, Self

from pydantic import Field, model_validator

from densecell.config.frozen import MOST_THREADS, Extent, Frozen, Margin


class InferenceConfig(Frozen):
    """How a volume is cut into tiles, and what computes them."""

    tile: Extent | None = Field(
        None,
        description="Voxels (z y x) that one network call returns. Default: what suits "
        "the network and the memory.",
    )
    margin: Margin | None = Field(
        None,
        description="Voxels (z y x) on each side of a tile that are computed as "
        "context but not kept. Default: what suits the network.",
    )
    engine: Literal["auto", "torch", "openvino"] = Field(
        "auto", description="Compute with this engine. auto: the fastest one here."
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="Compute with numbers of this precision. auto: bfloat16 where the "
        "processor has it natively, else float32.",
    )
    threads: int | None = Field(
        None,
        ge=1,
        le=MOST_THREADS,
        description="Use this many threads in one network call. Default: all usable "
        "cores, shared among the processes.",
    )
    exact: bool = Field(
        False,
        description="Use margins as wide as the network sees: no seams between tiles, "
        "but slow.",
    )
    tta: bool = Field(
        False,
        description="Average over the four in-plane reflections: takes four times as "
        "long.",
    )
    skip_flat: float | None = Field(
        None,
        gt=0,
        description="Label tiles of empty resin as background without any network: "
        "tiles whose 8 x 8 means differ by less than this many standard deviations of "
        "the volume. Try 0.7.",
    )
    adapt: bool = Field(
        False,
        description="Match grey values and noise of the volume to those that the model "
        "learned from. For other subjects and microscopes.",
    )
    resample: bool = Field(
        True,
        description="Resample a volume whose voxel size differs from the model's. "
        "Otherwise its objects look larger or smaller than those that the model "
        "learned.",
    )

    @model_validator(mode="after")
    def _one_margin(self) -> Self:
        if self.exact and self.margin is not None:
            raise ValueError("exact chooses the margin: give one or the other")
        return self
