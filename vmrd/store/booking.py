"""What is kept of a booking."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import Instant


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of a booking and the session that runs it."""

    key: str
    session_id: str


@dataclass(frozen=True, slots=True)
class BookingRecord:
    """What is kept of a booking. `digest` is of the meaningful body, to tell a repeat from a conflict."""

    id: str
    source: str
    version: int
    digest: str
    status: str
    establishment: str
    segments: tuple[Segment, ...]
    warnings: tuple[str, ...]
    updated_at: Instant
