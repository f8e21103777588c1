"""What the store lets go of by itself, and when. The rows are found and deleted in `purging`.

A class is what is kept for one reason and for one time. Its age counts from the moment it was last needed: a session's
people from its end, a callback from its last try, a session's facts from the last of them. What belongs to a session
that is not over never goes, whatever its times say; nor does what is on hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vmrd.lifecycle.words import Instant


class Kept(StrEnum):
    """The classes, in the order in which they go: rows that point at others before those others."""

    PERSONAL = "personal"
    SALTS = "salts"
    SECRETS = "secrets"
    CLAIMS = "claims"
    RECEIPTS = "receipts"
    SIGN_INS = "sign-ins"
    REFUSALS = "refusals"
    DELIVERIES = "deliveries"
    JOURNAL = "journal"
    """Counted in sessions: the facts of one go together, with its row and its names in Pexip."""


Counts = Mapping[Kept, int]


class HoldReason(StrEnum):
    """Why nothing of a session may go. Codes: what is typed freely names people."""

    COMPLAINT = "complaint"
    INVESTIGATION = "investigation"
    INQUEST = "inquest"
    LITIGATION = "litigation"
    INQUIRY = "inquiry"
    SUBJECT_REQUEST = "subject-request"


@dataclass(frozen=True, slots=True)
class Hold:
    """From `since` on nothing of this session is purged or erased, however old it is."""

    session_id: str
    reason: HoldReason
    since: Instant


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """What was last needed before these instants goes; `now` is when that is decided. `journal`: None keeps it."""

    now: Instant
    personal: Instant
    receipts: Instant
    sign_ins: Instant
    refusals: Instant
    deliveries: Instant
    dead_deliveries: Instant
    journal: Instant | None
