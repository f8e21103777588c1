"""The part of the configuration that lets vmrd watch and do nothing; see `config` and docs/shadow.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from vmrd.config_senders import Part

GROUPS = frozenset({"establishment", "room", "booking"})
"""What a pattern may find out by itself, as named groups."""


class MatchConfig(Part):
    """Which of the platform's meetings are a prison room's, by the name or an alias of the vmr another system made.

    Exactly one pattern, a regular expression for the whole text. It says where the meeting is held by `establishment`
    and `room`, or by groups of these names in the pattern; a group `booking` holds the booking system's own number, for
    vmrs that are made for one booking each.
    """

    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=300,
        description="Pattern of the vmr's name",
        examples=["MDI (?P<room>.+)"],
    )
    alias: str | None = Field(
        default=None, min_length=1, max_length=300, description="Pattern of its alias instead", examples=["mdi[0-9]+"]
    )
    establishment: str | None = Field(default=None, description="Where it is held", examples=["MDI"])
    room: str | None = Field(default=None, description="In which room", examples=["video-link-1"])

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if (self.name is None) == (self.alias is None):
            raise ValueError("give name or alias, one of them: a regular expression for the whole of it")
        try:
            found = self.pattern.groupindex.keys()
        except re.error:
            raise ValueError("is no regular expression: test it with Python's re.fullmatch") from None
        if found - GROUPS:
            raise ValueError(f"has a group of another name than {', '.join(sorted(GROUPS))}")
        known = found | {key for key in ("establishment", "room") if getattr(self, key) is not None}
        if "booking" not in known and not {"establishment", "room"} <= known:
            raise ValueError("does not say where: give establishment and room, or name groups of the pattern so")
        return self

    @property
    def pattern(self) -> re.Pattern[str]:
        """The one pattern. Letters count alike in either case, as for Pexip."""
        return re.compile(self.name if self.name is not None else self.alias or "", re.IGNORECASE)


class ShadowConfig(Part):
    """Watching a live platform and doing nothing there; see docs/shadow.md."""

    enabled: bool = Field(default=False, description="Watch and send nothing, for as long as this database is used")
    match: tuple[MatchConfig, ...] = Field(
        default=(), description="Which of the platform's meetings are a prison room's"
    )
    poll_every: float = Field(default=10.0, ge=0.1, le=120, description="Seconds between reads of Pexip's status")
    status_lag: float = Field(
        default=5.0, ge=0, le=60, description="Seconds for which an event is believed against Pexip's status"
    )
    record: Path | None = Field(
        default=None,
        description="File of what vmrd would have done; beside the database if not given",
        examples=["/var/lib/vmrd/vmrd.db.shadow"],
    )

    @model_validator(mode="after")
    def _something_is_watched(self) -> Self:
        if self.enabled and not self.match:
            raise ValueError("enabled, and no [[shadow.match]] says which meetings are a prison room's")
        return self
