"""An exception that takes two people, while it waits for the second."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import Instant


@dataclass(frozen=True, slots=True)
class Override:
    """An officer asks that somebody count as identified without the documents. `name_ref`: what they were called then;
    `reason_ref`: what the officer wrote."""

    attendee: str
    practitioner_word: bool
    name_ref: str
    reason_ref: str
    by: str
    at: Instant
