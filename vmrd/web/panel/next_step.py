"""The one thing to do next in a session: its words, and the press or the part of the page it means.

The order is that of an officer's duty: whoever is at the door, then what is unsafe, then the next step of the
guidance's procedure. Only presses the rules would take now are offered, so nothing here can be refused on sight.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import LockState, Phase, Role, Step
from vmrd.web.panel.people import Roster, ringing, roster
from vmrd.web.panel.speech import gettext as _
from vmrd.web.panel.words import at, nobody
from vmrd.web.view_shapes import SessionView


@dataclass(frozen=True, slots=True)
class Next:
    """`press`: an action that needs nothing said. `part`: the id of the part of the session's page to look at.

    Neither: there is only to wait. `urgent` is what somebody must do now.
    """

    words: str
    press: str | None = None
    part: str | None = None
    urgent: bool = False


def next_step(view: SessionView) -> Next:
    """The next step of this session."""
    if view.shadow:
        return Next(_("Work as you do without vmrd"))
    if ringing(view):
        return Next(_("Answer the knock"), part="waiting", urgent=True)
    if view.dark_because == "breach":
        if view.phase is Phase.INTERRUPTED:
            return Next(_("Take the prisoner out, then open it again or end it"), press="prisoner-out", urgent=True)
        if view.phase is Phase.ENDING:
            return Next(_("It is ending: take the prisoner out"), press="prisoner-out", urgent=True)
        if "lock" in view.allowed:
            return Next(_("Lock now"), press="lock", urgent=True)
        return Next(_("Take the prisoner out, or put right what is wrong"), part="light", urgent=True)
    if view.dark_because == "blind":
        return Next(_("Watch the room yourself"), part="light", urgent=True)
    match view.phase:
        case Phase.PLANNED | Phase.PREPARING:
            return _before_ready(view)
        case Phase.READY:
            return _before_opening(view)
        case Phase.OPENING:
            calling = view.opening is not None and view.opening.step is Step.CALLING  # before that, vmrd is at it
            return (_room(view) if calling else None) or Next(_("Wait: it is opening"))
        case Phase.OPEN:
            return _before_the_prisoner(view)
        case Phase.PRIVATE:
            return _with_the_prisoner(view)
        case Phase.INTERRUPTED:
            return Next(_("Open it again, or end it"), part="open", urgent=True)
        case Phase.ENDING:
            return Next(_("Wait: it is ending"))
        case Phase.ENDED | Phase.CLOSED | Phase.CANCELLED | Phase.FAILED:
            return _afterwards(view)


def _before_ready(view: SessionView) -> Next:
    if view.needs_approval:
        return Next(_("Approve the booking"), press="approve")
    if _alerted(view, "vmr-late"):
        return Next(_("The link is not ready: ask a supervisor for a new one"), part="more", urgent=True)
    return Next(_("Nothing yet"))


def _before_opening(view: SessionView) -> Next:
    if view.needs_approval and "approve" in view.allowed:
        return Next(_("Approve the booking"), press="approve")
    if "open" in view.allowed:
        return Next(_("Open"), part="open")
    if "prisoner-in" in view.allowed:
        return Next(_("Tick when the prisoner is in"), press="prisoner-in")
    return Next(_("Nothing yet: starts at {time}").format(time=at(view.starts_at)))


def _room(view: SessionView) -> Next | None:
    if view.endpoint.state == "inside":
        return None
    if view.endpoint.state == "calling":
        return Next(_("Wait: calling the prison room"))
    if "call-room" in view.allowed:
        return Next(_("Call the prison room"), press="call-room")
    return Next(_("Join from the prison room, then press This is our room"), part="inside")


def _before_the_prisoner(view: SessionView) -> Next:
    missing_room = _room(view)
    if missing_room is not None:
        return missing_room
    people = roster(view)
    intruder = _came_in_with_the_pin(view, people)
    if intruder is not None:
        return Next(_("Put out {name}, who has the Host PIN").format(name=intruder), part="inside", urgent=True)
    if _alerted(view, "everyone-left"):
        return Next(_("Everyone has gone: end the meeting"), part="end")
    if people.to_check:
        return Next(_("Check the ID of {name}").format(name=people.to_check[0].name), part="inside")
    if "lock" in view.allowed:
        return Next(_("Lock"), press="lock")
    if view.lock.state is LockState.LOCKING:
        return Next(_("Wait: locking"))
    if view.secure:
        return Next(_("While it is secure, bring in the prisoner"), press="prisoner-in")
    required = next((each for each in view.expected if each.required and not each.checked and not each.waived_by), None)
    if required is not None:
        return Next(_("Wait for {name}").format(name=required.name or nobody()), part="missing")
    return Next(_("See why it is not secure"), part="light")


def _with_the_prisoner(view: SessionView) -> Next:
    if view.paused_by is not None:
        return Next(_("Go on when the officer is out"), press="resume")
    if _alerted(view, "everyone-left"):
        return Next(_("Everyone has gone: take the prisoner out"), press="prisoner-out")
    if _alerted(view, "overrun"):
        return Next(_("Time is over: take the prisoner out"), press="prisoner-out", urgent=True)
    if "officer-left" in view.allowed:
        return Next(_("Leave the room, then tick it"), press="officer-left")
    if "reminder-given" in view.allowed:
        return Next(_("Remind them when it must end, then tick it"), press="reminder-given")
    return Next(_("Nothing: the meeting is private"))


def _afterwards(view: SessionView) -> Next:
    if "confirm-outcome" in view.allowed:
        return Next(_("Confirm how it went"), part="outcome")
    if view.phase is Phase.ENDED and view.outcome is None:
        return Next(_("Wait: the link is being closed"))
    return Next(_("Nothing more"))


def _came_in_with_the_pin(view: SessionView, people: Roster) -> str | None:
    """The name of somebody inside as Host who is neither checked nor the prison room."""
    hosts = {leg.id for leg in view.participants if leg.role is Role.HOST and leg.check is None}
    hosts.discard(view.endpoint.participant or "")
    return next((person.name for person in people.inside if person.id in hosts), None)


def _alerted(view: SessionView, code: str) -> bool:
    return any(alert.code == code for alert in view.alerts)
