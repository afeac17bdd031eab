"""What all settings have in common."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

LARGEST = 1e12  # of any number in a setting; far beyond all that is meant
LONGEST_EDGE = 10_000_000  # voxels
MOST_THREADS = 1024

Edge = Annotated[int, Field(ge=1, le=LONGEST_EDGE)]
Width = Annotated[int, Field(ge=0, le=LONGEST_EDGE)]
Extent = tuple[Edge, Edge, Edge]  # voxels (z, y, x)
Margin = tuple[Width, Width, Width]  # voxels (z, y, x), none of them negative
Span = tuple[Width, Width]  # from, to


class Frozen(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """Settings that never change once made, and refuse misspelt names.

    A number is finite and at most `LARGEST`; a field's own bounds are closer.
    """

    @model_validator(mode="after")
    def _no_number_is_absurd(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            for number in value if isinstance(value, tuple) else (value,):
                if isinstance(number, int | float) and abs(number) > LARGEST:
                    raise ValueError(f"{name} must be at most {LARGEST:g}")
        return self
