"""What a user asks a segmentation for."""

from pydantic import BaseModel

from densecell.config import InferenceConfig
from densecell.geometry import Shape


class SegmentRequest(BaseModel, frozen=True):
    """Options of one segmentation; `resolve_run` settles what they leave open."""

    inference: InferenceConfig = InferenceConfig()
    box: tuple[Shape, Shape] | None = None
    keep_members: bool = False
    probabilities: bool = False
    affinities: bool = True  # where the model has learned some
    command: str = ""
    max_memory: int | None = None  # bytes, for all processes on this machine
    processes: int = 1  # that share this memory
    cores: int | None = None  # per process, where another machine computes
