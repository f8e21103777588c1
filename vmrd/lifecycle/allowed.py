"""Which presses would do something now: what an officer's screen offers.

Found by trying each press on the session and looking whether the rules refuse it or it changes nothing; so there is no
second copy of the rules that could say otherwise. Nothing tried here is ever kept or even applied: a press counts by
what it would write down itself, which is why a whole screen costs microseconds.
"""

from __future__ import annotations

from functools import lru_cache

from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.copying import put, replace
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.facts import Fact
from vmrd.lifecycle.presses import press
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Attendee, Session
from vmrd.lifecycle.words import AttendeeRole, Document, Instant, Kind, Where

_BY = "probe"
_SOMEBODY = Attendee("probe", "probe", AttendeeRole.OTHER)
_EVERY_DOCUMENT = tuple(Document)
_OF_THE_SESSION: dict[str, i.Press] = {
    "lock": i.LockRoom(_BY),
    "unlock": i.UnlockRoom(_BY),
    "expect": i.Expect(_SOMEBODY, _BY),
    "call-room": i.CallRoom(_BY),
    "prisoner-in": i.PrisonerIn(_BY, eyes_fresh=True, reason_ref="probe"),
    "prisoner-out": i.PrisonerOut(_BY),
    "pause": i.Pause(_BY),
    "resume": i.Resume(_BY),
    "reminder-given": i.ReminderGiven(_BY),
    "officer-left": i.OfficerLeft(_BY),
    "signalled": i.Signalled(_BY),
    "share-announced": i.ShareAnnounced(_BY),
    "trouble-reported": i.TroubleReported(_BY),
    "end": i.End(_BY),
    "approve": i.Approve(_BY),
    "decline": i.Decline(_BY, "probe"),
    "confirm-outcome": i.ConfirmOutcome(_BY),
    "replace-vmr": i.ReplaceVmr("probe", _BY),
    "note": i.Note("probe", _BY),
}
"""Presses that say the same of every session."""


def actions(session: Session, now: Instant, rules: Rules, room_busy_with: str | None = None) -> tuple[str, ...]:
    """Actions on the session as a whole that would do something now, by their name in the API.

    `room_busy_with`: the live session that still holds this room, if any; only the store knows.
    `prisoner-in` is here also when SECURE is dark: it is then accepted with a reason.
    """
    trial = _Trial(session, now, rules)
    waiting = tuple(leg.id for leg in session.held() if leg.kind is not Kind.OWN)
    tried: dict[str, i.Press] = {
        "open": i.Open(_BY, room_busy_with),
        "refuse-all": i.RefuseAll(waiting, _BY),
        "extend": i.Extend(max(now, session.ends_at) + 1, _BY),
        **_OF_THE_SESSION,
    }
    found = [name for name, given in tried.items() if trial.does_something(given)]
    if any(trial.does_something(i.Waive(ref, _BY)) for ref in session.attendees):
        found.append("waive")
    if any(
        trial.does_something(i.EvidenceReceived(ref, received, _BY))
        for ref in session.attendees
        for received in (True, False)
    ):
        found.append("evidence-received")
    if any(alert.acknowledged_by is None for alert in session.alerts.values()) or any(
        trial.does_something(i.Acknowledge(knock, _BY)) for knock in session.knocks
    ):
        found += ["acknowledge", "deal-with"]
    return tuple(found)


def actions_for_legs(session: Session, now: Instant, rules: Rules) -> dict[str, tuple[str, ...]]:
    """By leg, its actions that would do something now. `check` means: for somebody, with the documents it takes."""
    trial = _Trial(session, now, rules)
    with_somebody = _Trial(
        replace(session, attendees=put(session.attendees, _SOMEBODY.ref, _SOMEBODY)),
        now,
        rules,
    )
    return {
        leg.id: () if leg.where is Where.LEFT else _for_leg(trial, with_somebody, leg.id)
        for leg in session.legs.values()
    }


def _for_leg(trial: _Trial, with_somebody: _Trial, leg: str) -> tuple[str, ...]:
    plain, of_somebody = _of_leg(leg)
    found = [name for name, given in plain if trial.does_something(given)]
    found += [name for name, given in of_somebody if with_somebody.does_something(given)]
    return tuple(found)


@lru_cache(maxsize=4_096)
def _of_leg(leg: str) -> tuple[tuple[tuple[str, i.Press], ...], tuple[tuple[str, i.Press], ...]]:
    """Presses about a leg, and those that are also about somebody. Views of the same meeting try the same ones."""
    return (
        ("admit", i.Admit(leg, _BY)),
        ("refuse", i.Refuse(leg, _BY)),
        ("remove", i.Remove(leg, _BY)),
        ("withdraw-check", i.WithdrawCheck(leg, _BY)),
        ("claim-room", i.ClaimRoom(leg, _BY)),
        ("confirm-override", i.ConfirmOverride(leg, _BY)),
    ), (
        ("check", i.CheckId(leg, _SOMEBODY.ref, _EVERY_DOCUMENT, _BY, practitioner_word=True)),
        ("ask-override", i.AskOverride(leg, _SOMEBODY.ref, True, "probe", _BY)),
    )


class _Trial(Draft):
    """Collects what presses would write down, one after another, and leaves the session as it is."""

    __slots__ = ()

    def fact(self, fact: Fact) -> None:
        self.facts.append(fact)

    def does_something(self, given: i.Press) -> bool:
        done = press(self, given) is None and bool(self.facts or self.commands)
        self.facts.clear()
        self.commands.clear()
        self.wake.clear()
        return done
