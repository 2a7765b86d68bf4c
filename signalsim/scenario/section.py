"""What all sections of scenario.toml have in common."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """Knows its fields and no others, and takes no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def optional(low: float, high: float, meaning: str, unit: str) -> Any:
    """A field that overrides a number, and None where nothing is said."""
    return Annotated[float | None, Field(ge=low, le=high, description=f"{meaning}; unit: {unit}")], None
