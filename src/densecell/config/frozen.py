"""What all settings have in common."""

from pydantic import BaseModel


class Frozen(BaseModel, frozen=True, extra="forbid"):
    """Settings that never change once made, and refuse misspelt names."""
