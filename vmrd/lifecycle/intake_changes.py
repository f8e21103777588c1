"""What a booking event changes: whether it is new at all, and which sessions to plan, amend and cancel.

| segment wanted, and its session is   | then                                                              |
|--------------------------------------|-------------------------------------------------------------------|
| none, cancelled or failed            | planned, if its time is not over                                  |
| planned … ready                      | amended; for another prisoner, purpose or room owner: replaced    |
| running or ending                    | amended: the rules decide what can still be applied               |
| ended or closed                      | left alone: the meeting was held                                  |
| not wanted any more                  | cancelled: the rules decide whether it can be                     |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from vmrd.lifecycle.intake_words import Segment, Stretch, Wanted
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, OVER, Instant, Phase, SegmentKind


class Standing(StrEnum):
    NEW = "new"
    DUPLICATE = "duplicate"
    STALE = "stale"
    CONFLICT = "conflict"


def standing(known_version: int, known_digest: str, version: int, digest: str, *, read_back: bool = False) -> Standing:
    """How an event stands to what is known of its booking: versions only grow, and one version says one thing.

    `read_back`: we asked the source for the booking, and its version is the time it says it was changed. Such a time
    may stand still while the booking changes, so the later read of one version counts.
    """
    if version > known_version:
        return Standing.NEW
    if version < known_version:
        return Standing.STALE
    if digest == known_digest:
        return Standing.DUPLICATE
    return Standing.NEW if read_back else Standing.CONFLICT


@dataclass(frozen=True, slots=True)
class PlanSegment:
    segment: Segment


@dataclass(frozen=True, slots=True)
class AmendSegment:
    session: str
    segment: Segment


@dataclass(frozen=True, slots=True)
class CancelSegment:
    session: str
    reason: str


Change = PlanSegment | AmendSegment | CancelSegment


@dataclass(frozen=True, slots=True)
class Known:
    """A segment's present session and the number of the prisoner it is for."""

    session: Session
    prisoner: str | None


def running(session: Session) -> bool:
    """Whether its meeting runs: then what was booked is no longer the booking system's alone."""
    return session.phase in LIVE or session.phase is Phase.ENDING


@dataclass(frozen=True, slots=True)
class NotApplied:
    """What a running meeting did not take over, and why: `running`, or `claimed` by the next booking."""

    segment: SegmentKind
    field: str
    reason: Literal["running", "claimed"]


def not_applied(session: Session, segment: Segment, wished: Stretch, had: Stretch) -> list[NotApplied]:
    """What of an amendment `session` did not take over. `had`: as much of the wished time as nobody else has."""
    found = []
    if session.starts_at != wished.start:
        found.append(NotApplied(segment.kind, "startsAt", "running"))
    if session.ends_at != wished.end:
        found.append(NotApplied(segment.kind, "endsAt", "running" if had == wished else "claimed"))
    if session.room != segment.room.key:
        found.append(NotApplied(segment.kind, "room", "running"))
    if any(ref not in {person.ref for person in segment.people} for ref in _booked(session)):
        found.append(NotApplied(segment.kind, "attendees", "running"))
    return found


def _booked(session: Session) -> list[str]:
    return [attendee.ref for attendee in session.attendees.values() if attendee.added_by is None]


def changes(wanted: Wanted, known: Mapping[SegmentKind, Known], now: Instant) -> tuple[list[Change], list[str]]:
    """What is to be done about each segment, and warnings; see the module's table."""
    found: list[Change] = []
    warnings: list[str] = []
    for segment in wanted.segments:
        former = known.get(segment.kind)
        if former is not None and former.session.phase in (Phase.ENDED, Phase.CLOSED):
            continue
        if former is None or former.session.phase in OVER:
            if all(slot.end <= now for slot in segment.slots):
                warnings.append(f"segment_in_the_past: {segment.kind}")
            else:
                found.append(PlanSegment(segment))
            continue
        session = former.session
        same = (former.prisoner, session.purpose, session.control) == (wanted.prisoner, wanted.purpose, segment.control)
        if same or running(session):
            found.append(AmendSegment(session.id, segment))
            if not same:
                warnings.append(f"running_meeting_not_replaced: {segment.kind}")
        else:
            found += [CancelSegment(session.id, "replaced"), PlanSegment(segment)]
    kinds = {segment.kind for segment in wanted.segments}
    for kind, former in known.items():
        if kind not in kinds and former.session.phase not in OVER:
            found.append(CancelSegment(former.session.id, "removed"))
    return found, warnings
