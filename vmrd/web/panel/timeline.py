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
from vmrd.web.panel.speech import Words, later, ngettext
from vmrd.web.panel.speech import gettext as _
from vmrd.web.panel.words import KINDS, PHASES, RESULTS, at

SHOWN = 40
"""Entries a page shows."""

_ENDS = Words(
    {"officer": later("End pressed"), "time": later("Ended by the clock"), "no-show": later("Ended: nobody came")}
)
_OUT = Words({"phone": later("a phone caller"), "recorder": later("a recorder or stream")})
_KNOCK = Words(
    {
        KnockState.ACKNOWLEDGED: later("Knock seen"),
        KnockState.ADMITTED: later("Knock answered: let in"),
        KnockState.REFUSED: later("Knock answered: refused"),
        KnockState.GONE: later("Who knocked has gone"),
    }
)


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
    session: Session, journal: list[tuple[JournalRow, Fact]], personal: Mapping[str, str], most: int = SHOWN
) -> tuple[Entry, ...]:
    """The newest entries of this journal, `most` of them."""
    teller = _Teller(session, personal)
    told: list[Entry] = []
    for row, fact in journal:
        text = teller.tell(fact)
        if text is not None:
            by = getattr(fact, "by", None)
            told.append(Entry(as_text(row.at), text, by if isinstance(by, str) else None))
    return tuple(reversed(told[-most:]))


class _Teller:
    """Turns facts into words, in order: where somebody came from is known only by what was told before."""

    def __init__(self, session: Session, personal: Mapping[str, str]) -> None:
        self._session = session
        self._personal = personal
        self._where: dict[str, str] = {}
        self._locked = False

    def tell(self, fact: Fact) -> str | None:
        told = self._of_people(fact) or self._of_meeting(fact) or self._of_booking(fact)
        match fact:
            case (
                f.RefusalRequested(reason=str(ref))
                | f.RemovalRequested(reason=str(ref))
                | f.PrisonerCameIn(reason_ref=str(ref))
                | f.EndRequested(reason_ref=str(ref))
            ) if told is not None:
                return f"{told}: {self._personal.get(ref, _('erased'))}"
            case _:
                return told

    def _of_people(self, fact: Fact) -> str | None:
        match fact:
            case f.LegObserved(leg=leg, where=where, kind=kind):
                former, self._where[leg] = self._where.get(leg), where
                moved = former != where and kind not in (Kind.OWN, Kind.ENDPOINT)
                return _MOVED[where].format(who=self._who(leg)) if moved and where in _MOVED else None
            case f.LegLeft(leg=leg) if self._kind(leg) not in (Kind.OWN, Kind.ENDPOINT):
                return _("{who} left").format(who=self._who(leg))
            case f.Checked(leg=leg, attendee=attendee):
                return _("ID of {who} checked: {name}").format(who=self._who(leg), name=self._attendee(attendee))
            case f.OverrideAsked(leg=leg, attendee=attendee):
                return _("Asked to count {who} as {name} without documents").format(
                    who=self._who(leg), name=self._attendee(attendee)
                )
            case f.Overridden(leg=leg, asked_by=asker, reason_ref=ref):
                return _("{who} counts without documents, as {officer} asked: {reason}").format(
                    who=self._who(leg), officer=asker, reason=self._personal.get(ref, _("erased"))
                )
            case f.OverrideLapsed(leg=leg):
                return _("What was asked for {who} was not confirmed").format(who=self._who(leg))
            case f.CheckVoided(leg=leg):
                return _("Check of {who} no longer counts").format(who=self._who(leg))
            case f.Knocked(leg=leg):
                return _("{who} knocked").format(who=self._who(leg))
            case f.KnockAnswered(state=state):
                return _KNOCK.get(state)
            case f.KnockEscalated():
                return _("Nobody answered the knock: alarm raised")
            case f.DealingBegan(what=what):
                return _("Dealing with {what}").format(what=self._what(what))
            case f.DealingLapsed(what=what):
                return _("Nobody has dealt with {what} yet").format(what=self._what(what))
            case f.AdmitRequested(leg=leg):
                return _("Admit pressed for {who}").format(who=self._who(leg))
            case f.RefusalRequested(leg=leg):
                return _("Refuse pressed for {who}").format(who=self._who(leg))
            case f.RemovalRequested(leg=leg, why=why) if why != "ending":
                return _("Putting out {who}").format(who=_OUT.get(why) or self._who(leg))
            case f.Exposed(kind=kind):
                return _("{kind} was inside").format(kind=KINDS[kind])
            case f.PhoneTurnedAway(name_ref=ref):
                return _("Turned away at the door: {who}").format(who=caller_name(self._personal.get(ref), Kind.PHONE))
            case f.Expected(attendee=attendee):
                return _("{name} put on the list").format(name=self._attendee(attendee.ref))
            case f.Waived(attendee=ref):
                return _("May go on without {name}").format(name=self._attendee(ref))
            case f.EvidenceReceived(attendee=ref):
                return _("Documents of {name} came before the meeting").format(name=self._attendee(ref))
            case f.EvidenceWithdrawn(attendee=ref):
                return _("Documents of {name} did not come after all").format(name=self._attendee(ref))
            case _:
                return None

    def _of_meeting(self, fact: Fact) -> str | None:
        match fact:
            case f.OpenRequested():
                return _("Open pressed")
            case f.Opened(elsewhere=elsewhere):
                return _("Opened with the Host PIN, not by vmrd") if elsewhere else _("Open: the prison room is in")
            case f.LockRequested():
                return _("Lock asked of Pexip")
            case f.Locked():
                self._locked = True
                return _("Locked, confirmed by Pexip")
            case f.UnlockRequested():
                return _("Unlock asked of Pexip")
            case f.Unlocked(drift=drift) if self._locked:
                self._locked = False
                return _("Unlocked from inside") if drift else _("Unlocked, confirmed by Pexip")
            case f.RoomConnected():
                return _("Prison room connected")
            case f.RoomLost():
                return _("Prison room lost")
            case f.PrisonerCameIn(blocked_by=blocked):
                return _("Prisoner in, while not secure") if blocked else _("Prisoner in")
            case f.PrisonerWentOut():
                return _("Prisoner out")
            case f.Paused():
                return _("Paused: officer in the room")
            case f.Resumed():
                return _("Went on after the pause")
            case f.BreachBegan():
                return _("BREACH began")
            case f.BreachEnded():
                return _("BREACH ended")
            case f.WentBlind(unwatched=True):
                return _("vmrd did not watch the meeting: it had more than it can look at")
            case f.WentBlind():
                return _("vmrd could not see the meeting")
            case f.SightReturned():
                return _("vmrd could see the meeting again")
            case f.MeetingLost():
                return _("The meeting was cut off")
            case _:
                return None

    def _of_booking(self, fact: Fact) -> str | None:
        match fact:
            case f.PhaseChanged(to=Phase.READY | Phase.ENDED | Phase.CANCELLED | Phase.FAILED as to):
                return PHASES[to]
            case f.ReminderTicked():
                return _("Reminded of the end")
            case f.OfficerLeftTicked():
                return _("Officer left the room")
            case f.ShareAnnounced():
                return _("Told that a screen will be shared")
            case f.Extended(until=until):
                return _("Extended to {time}").format(time=at(as_text(until)))
            case f.TimeWarned(minutes=minutes):
                return ngettext("{minutes} minute left", "{minutes} minutes left", minutes).format(minutes=minutes)
            case f.EndRequested(why=why):
                return _ENDS.get(why, _("Ended by vmrd"))
            case f.PrisonerRenumbered():
                return _("Two records of the prisoner became one; this is the number that was kept")
            case f.RoomWorksChanged(works=works):
                return _("The room is out of use for works") if works else _("The room can be used again")
            case f.Approved():
                return _("Booking approved")
            case f.Declined(reason_ref=ref):
                return _("Booking declined: {reason}").format(reason=self._personal.get(ref, _("erased")))
            case f.VmrReplaced():
                return _("New link and PIN ordered")
            case f.Noted(text_ref=ref):
                return _("Note: {text}").format(text=self._personal.get(ref, _("erased")))
            case f.AlertRaised(code="prisoner-signalled"):
                return _("The prisoner signalled")
            case f.AlertRaised(code="guest-trouble"):
                return _("A guest rang: cannot connect")
            case f.OutcomeConfirmed(outcome=outcome):
                return _("Outcome: {outcome}").format(outcome=RESULTS[outcome.result].lower())
            case _:
                return None

    def _who(self, leg: str) -> str:
        known = self._session.legs.get(leg)
        name = self._personal.get(known.name_ref) if known is not None else None
        return caller_name(name, known.kind if known is not None else None)

    def _what(self, what: str) -> str:
        knock = self._session.knocks.get(what)
        return _("the knock of {who}").format(who=self._who(knock.leg)) if knock is not None else _("an alert")

    def _kind(self, leg: str) -> Kind | None:
        known = self._session.legs.get(leg)
        return known.kind if known is not None else None

    def _attendee(self, ref: str) -> str:
        known = self._session.attendees.get(ref)
        name = self._personal.get(known.name_ref) if known is not None else None
        return name or _("a protected name")


_MOVED = Words({"waiting": later("{who} is waiting"), "inside": later("{who} came in")})
