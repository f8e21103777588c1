"""What happened, newest first, as one officer would tell another. The whole journal is the session record's business.

Facts an officer neither did nor has to know of (alarms set, tokens taken, rosters read again) are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vmrd.clock import as_text
from vmrd.lifecycle import facts as f
from vmrd.lifecycle.facts import Fact
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Kind, KnockState, Phase
from vmrd.store.base import JournalRow, Rx
from vmrd.web.deps import Deps
from vmrd.web.panel.people import caller_name
from vmrd.web.panel.words import KINDS, PHASES, RESULTS, at

SHOWN = 40
"""Entries a page shows."""

_ENDS = {"officer": "End pressed", "time": "Ended by the clock", "no-show": "Ended: nobody came"}
_OUT = {"phone": "a phone caller", "recorder": "a recorder or stream"}
_KNOCK = {
    KnockState.ACKNOWLEDGED: "Knock seen",
    KnockState.ADMITTED: "Knock answered: let in",
    KnockState.REFUSED: "Knock answered: refused",
    KnockState.GONE: "Who knocked has gone",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """`by`: the officer's account name, or None where vmrd acted by rule."""

    at: str
    text: str
    by: str | None


async def timeline_of(deps: Deps, session_id: str) -> tuple[Entry, ...]:
    """The newest entries of a session; empty for an unknown one."""

    def query(rx: Rx) -> tuple[Session | None, list[JournalRow], list[Fact], Mapping[str, str]]:
        return rx.session(session_id), rx.journal(session_id), rx.facts(session_id), rx.personal(session_id)

    session, rows, facts, personal = await deps.store.read(query)
    return timeline(session, list(zip(rows, facts, strict=True)), personal) if session is not None else ()


def timeline(
    session: Session, journal: list[tuple[JournalRow, Fact]], personal: Mapping[str, str]
) -> tuple[Entry, ...]:
    """The newest `SHOWN` entries of this journal."""
    teller = _Teller(session, personal)
    told: list[Entry] = []
    for row, fact in journal:
        text = teller.tell(fact)
        if text is not None:
            by = getattr(fact, "by", None)
            told.append(Entry(as_text(row.at), text, by if isinstance(by, str) else None))
    return tuple(reversed(told[-SHOWN:]))


class _Teller:
    """Turns facts into words, in order: where somebody came from is known only by what was told before."""

    def __init__(self, session: Session, personal: Mapping[str, str]) -> None:
        self._session = session
        self._personal = personal
        self._where: dict[str, str] = {}
        self._locked = False

    def tell(self, fact: Fact) -> str | None:
        return self._of_people(fact) or self._of_meeting(fact) or self._of_booking(fact)

    def _of_people(self, fact: Fact) -> str | None:
        match fact:
            case f.LegObserved(leg=leg, where=where, kind=kind):
                former, self._where[leg] = self._where.get(leg), where
                moved = former != where and kind not in (Kind.OWN, Kind.ENDPOINT)
                return f"{self._who(leg)} {_MOVED[where]}" if moved and where in _MOVED else None
            case f.LegLeft(leg=leg) if self._kind(leg) not in (Kind.OWN, Kind.ENDPOINT):
                return f"{self._who(leg)} left"
            case f.Checked(leg=leg, attendee=attendee):
                return f"ID of {self._who(leg)} checked: {self._attendee(attendee)}"
            case f.CheckVoided(leg=leg):
                return f"Check of {self._who(leg)} no longer counts"
            case f.Knocked(leg=leg):
                return f"{self._who(leg)} knocked"
            case f.KnockAnswered(state=state):
                return _KNOCK.get(state)
            case f.KnockEscalated():
                return "Nobody answered the knock: alarm raised"
            case f.AdmitRequested(leg=leg):
                return f"Admit pressed for {self._who(leg)}"
            case f.RefusalRequested(leg=leg):
                return f"Refuse pressed for {self._who(leg)}"
            case f.RemovalRequested(leg=leg, why=why) if why != "ending":
                return f"Putting out {_OUT.get(why) or self._who(leg)}"
            case f.Exposed(kind=kind):
                return f"{KINDS[kind]} was inside"
            case f.Expected(attendee=attendee):
                return f"{self._attendee(attendee.ref)} put on the list"
            case f.Waived(attendee=ref):
                return f"May go on without {self._attendee(ref)}"
            case f.EvidenceReceived(attendee=ref):
                return f"Documents of {self._attendee(ref)} came before the meeting"
            case f.EvidenceWithdrawn(attendee=ref):
                return f"Documents of {self._attendee(ref)} did not come after all"
            case _:
                return None

    def _of_meeting(self, fact: Fact) -> str | None:
        match fact:
            case f.OpenRequested():
                return "Open pressed"
            case f.Opened(elsewhere=elsewhere):
                return "Opened with the Host PIN, not by vmrd" if elsewhere else "Open: the prison room is in"
            case f.LockRequested():
                return "Lock asked of Pexip"
            case f.Locked():
                self._locked = True
                return "Locked, confirmed by Pexip"
            case f.UnlockRequested():
                return "Unlock asked of Pexip"
            case f.Unlocked(drift=drift) if self._locked:
                self._locked = False
                return "Unlocked from inside" if drift else "Unlocked, confirmed by Pexip"
            case f.RoomConnected():
                return "Prison room connected"
            case f.RoomLost():
                return "Prison room lost"
            case f.PrisonerCameIn(blocked_by=blocked):
                return "Prisoner in, while not secure" if blocked else "Prisoner in"
            case f.PrisonerWentOut():
                return "Prisoner out"
            case f.Paused():
                return "Paused: officer in the room"
            case f.Resumed():
                return "Went on after the pause"
            case f.BreachBegan():
                return "BREACH began"
            case f.BreachEnded():
                return "BREACH ended"
            case f.WentBlind():
                return "vmrd could not see the meeting"
            case f.SightReturned():
                return "vmrd could see the meeting again"
            case f.MeetingLost():
                return "The meeting was cut off"
            case _:
                return None

    def _of_booking(self, fact: Fact) -> str | None:
        match fact:
            case f.PhaseChanged(to=Phase.READY | Phase.ENDED | Phase.CANCELLED | Phase.FAILED as to):
                return PHASES[to]
            case f.ReminderTicked():
                return "Reminded of the end"
            case f.OfficerLeftTicked():
                return "Officer left the room"
            case f.ShareAnnounced():
                return "Told that a screen will be shared"
            case f.Extended(until=until):
                return f"Extended to {at(as_text(until))}"
            case f.TimeWarned(minutes=minutes):
                return "1 minute left" if minutes == 1 else f"{minutes} minutes left"
            case f.EndRequested(why=why):
                return _ENDS.get(why, "Ended by vmrd")
            case f.PrisonerRenumbered():
                return "Two records of the prisoner became one; this is the number that was kept"
            case f.RoomWorksChanged(works=works):
                return "The room is out of use for works" if works else "The room can be used again"
            case f.Approved():
                return "Booking approved"
            case f.VmrReplaced():
                return "New link and PIN ordered"
            case f.Noted(text_ref=ref):
                return f"Note: {self._personal.get(ref, 'erased')}"
            case f.AlertRaised(code="prisoner-signalled"):
                return "The prisoner signalled"
            case f.AlertRaised(code="guest-trouble"):
                return "A guest rang: cannot connect"
            case f.OutcomeConfirmed(outcome=outcome):
                return f"Outcome: {RESULTS[outcome.result].lower()}"
            case _:
                return None

    def _who(self, leg: str) -> str:
        known = self._session.legs.get(leg)
        name = self._personal.get(known.name_ref) if known is not None else None
        return caller_name(name, known.kind if known is not None else None)

    def _kind(self, leg: str) -> Kind | None:
        known = self._session.legs.get(leg)
        return known.kind if known is not None else None

    def _attendee(self, ref: str) -> str:
        known = self._session.attendees.get(ref)
        name = self._personal.get(known.name_ref) if known is not None else None
        return name or "a protected name"


_MOVED = {"waiting": "is waiting", "inside": "came in"}
