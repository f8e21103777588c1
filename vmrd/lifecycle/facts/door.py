"""Facts about callers who never came as far as the meeting."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import Instant


@dataclass(frozen=True, slots=True)
class PhoneTurnedAway:
    """A phone was rejected before it was answered. `name_ref`: its number, all but the last digits hidden."""

    call: str
    name_ref: str
    at: Instant
