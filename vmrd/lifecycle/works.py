"""Works in a prison's video rooms: surveys, installation, construction, maintenance, and who agreed to them.

"Governors and Directors are asked to consent" (the note on site access): a window takes its rooms out of use only once
it is agreed. Before that, and after a refusal, it is only known about. A window that was withdrawn stays on record, so
that a late message about it is known to be late.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vmrd.lifecycle.words import Instant

FOREVER: Instant = 253_370_764_800_000
"""The end of a window nobody has set an end to: the year 9999."""


class WorksKind(StrEnum):
    SCOPING_SURVEY = "scoping_survey"
    TECHNICAL_SURVEY = "technical_survey"
    ENABLING_SURVEY = "enabling_survey"
    INSTALLATION = "installation"
    CONSTRUCTION = "construction"
    MAINTENANCE = "maintenance"


class Consent(StrEnum):
    REQUESTED = "requested"
    AGREED = "agreed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Works:
    """A window as a session remembers it, whose room it has while it is booked; `[start, end)`."""

    window: str
    start: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class Told:
    """That the establishment's single point of contact was told, when and by whom."""

    at: Instant
    by: str


@dataclass(frozen=True, slots=True)
class Source:
    """The booking system a window came from: its own id there, the version and a digest of what was said last."""

    id: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Window:
    """A window of works; `[start, end)`. `supplier` and `visit_lead` name organisations, never people."""

    id: str
    establishment: str
    kind: WorksKind
    rooms: tuple[str, ...]
    start: Instant
    end: Instant
    consent: Consent
    supplier: str | None = None
    visit_lead: str | None = None
    note: str | None = None
    spoc_told: Told | None = None
    source: Source | None = None
    withdrawn: bool = False

    @property
    def blocks(self) -> bool:
        """Whether the rooms are out of use."""
        return self.consent is Consent.AGREED and not self.withdrawn

    def has(self, room: str, start: Instant, end: Instant) -> bool:
        """Whether this window keeps the room from being used at any instant of `[start, end)`."""
        return self.blocks and room in self.rooms and self.start < end and self.end > start

    def met(self) -> Works:
        """As a session remembers it."""
        return Works(self.id, self.start, self.end)
