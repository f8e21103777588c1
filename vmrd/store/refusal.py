"""What a known booking system sent and may not send: kept for an auditor, without a word of what the event said.

One row stands for all of a kind within a minute, and rows are kept for `KEPT`: a sender in a loop, or one that tries
what it may not, cannot fill the disk. They belong to no session and have no place in the sealed journal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vmrd.lifecycle.words import Instant

PER = 60_000
"""Milliseconds that one row stands for."""
KEPT = 90 * 24 * 60 * 60 * 1_000
"""Milliseconds after which a row goes."""


class Bound(StrEnum):
    """What the event was outside of: the sender's own bookings, its event types, its establishments."""

    SYSTEM = "system"
    EVENT_TYPE = "event_type"
    ESTABLISHMENT = "establishment"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`sender` and `establishment` are names of our own configuration; an establishment that is not in it is None."""

    sender: str
    event_type: str
    establishment: str | None
    bound: Bound


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One kind of refusal in one minute: how often, and when first and last."""

    refusal: Refusal
    times: int
    first_at: Instant
    last_at: Instant
