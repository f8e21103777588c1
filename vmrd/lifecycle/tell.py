"""Which facts a booking system is told of by callback: thin, an event's name, never a person."""

from __future__ import annotations

from collections.abc import Sequence

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.commands import Tell
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Kind, Phase, Where

_PHASES = {
    Phase.READY: "session.ready",
    Phase.INTERRUPTED: "session.interrupted",
    Phase.ENDED: "session.ended",
    Phase.CLOSED: "session.outcome",
    Phase.CANCELLED: "session.cancelled",
    Phase.FAILED: "session.failed",
}
_ALERTS = {"late-open": "session.late_open", "phone-at-door": "session.phone_refused"}


def told(session: Session, facts: Sequence[f.Fact]) -> list[Tell]:
    """One `Tell` per fact worth telling, numbered by its place in the journal so that a repeat is recognised."""
    first = session.version - len(facts) + 1
    events = ((first + index, _event(fact)) for index, fact in enumerate(facts))
    return [Tell(event, seq) for seq, event in events if event is not None]


def _event(fact: f.Fact) -> str | None:
    match fact:
        case f.Planned(needs_approval=needed):
            return "session.needs_approval" if needed else "session.accepted"
        case f.Approved():
            return "session.accepted"
        case f.PhaseChanged(to=Phase.FAILED, reason="not-approved"):
            return "session.declined"
        case f.PhaseChanged(to=to):
            return _PHASES.get(to)
        case f.Reminded():
            return "session.reminder"
        case f.LegObserved(where=Where.WAITING, kind=kind) if kind not in (Kind.OWN, Kind.PHONE, Kind.RECORDER):
            return "session.waiting"
        case f.Opened():
            return "session.opened"
        case f.Locked():
            return "session.locked"
        case f.Knocked():
            return "session.knock"
        case f.KnockEscalated():
            return "session.knock_unanswered"
        case f.RemovalRequested(why="phone"):
            return "session.phone_refused"
        case f.PrisonerCameIn():
            return "session.private"
        case f.Extended():
            return "session.extended"
        case f.AlertRaised(code=code):
            return _ALERTS.get(code)
        case _:
            return None
