"""What all settings have in common."""

from pydantic import BaseModel


class Frozen(BaseModel, frozen=True, extra="forbid"):
    """Settings do not change once made, and do not swallow misspelt names."""
