"""What a session holds so that no other can have it at that time: its room, and its prisoner."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import Instant


@dataclass(frozen=True, slots=True)
class Claim:
    """`kind` is `room` or `prisoner`; half-open `[start, end)`."""

    kind: str
    subject: str
    start: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class Held:
    """A claim that stands, and whose it is; half-open `[start, end)`."""

    session_id: str
    start: Instant
    end: Instant
