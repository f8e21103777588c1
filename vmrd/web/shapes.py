"""What all JSON shapes of the API have in common: camelCase outside, snake_case inside, unchanging once made."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-05T10:00:00.000Z"])]
"""An instant: RFC 3339 in UTC."""


def _outside(name: str) -> str:
    """A member's name in JSON; `from_` is one that Python keeps for itself."""
    return to_camel(name.rstrip("_"))


class Shape(BaseModel):
    """A JSON object we send."""

    model_config = ConfigDict(
        alias_generator=_outside,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        frozen=True,
    )


class Asked(BaseModel):
    """A JSON object we are sent. Unknown members are tolerated; what was sent stays out of error texts."""

    model_config = ConfigDict(alias_generator=_outside, frozen=True, hide_input_in_errors=True)
