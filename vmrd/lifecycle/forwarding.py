"""What a booking says of who passes its link on: kinds of people and how many, never who."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import AttendeeRole


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Whether who booked may pass the link on, and to how many of which role they did or will: kinds, never people."""

    allowed: bool
    to: tuple[tuple[AttendeeRole, int], ...] = ()
