"""What follows from an input: facts and commands, or a refusal in words an officer understands.

    decide(session, input, now, rules) -> Decision | Refused

Every kind of input has one function (`booking`, `observe`, `outcomes`, `presses`); it writes down what the input itself
says. Then `settle` draws every consequence that holds at `now`, until nothing more follows. So a rule such as "a phone
inside is put out" is written once, and holds whichever way the phone came to be known. `WakeUp` has nothing of its own
to say: it is `settle` alone.

An input that changes nothing yields no facts and no commands: repeats and late copies are harmless by construction.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle import booking, door, inputs, observe, outcomes, presses, room_works
from vmrd.lifecycle.commands import Command
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.evolve import planned
from vmrd.lifecycle.facts import Fact, Planned
from vmrd.lifecycle.refusal import Refused
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.settle import settle
from vmrd.lifecycle.words import Instant


@dataclass(frozen=True, slots=True)
class Decision:
    """`session` is the former one with `facts` applied; `wake_at` when to look at the clock next, if ever."""

    session: Session
    facts: tuple[Fact, ...]
    commands: tuple[Command, ...]
    wake_at: Instant | None


def decide(session: Session | None, given: inputs.Input, now: Instant, rules: Rules) -> Decision | Refused:
    """Decide. `session` is None only for `Plan`, which starts one; planning again starts nothing.

    Where the clock was set back, the session's time stands still until the clock has caught up.
    """
    if session is None:
        if not isinstance(given, inputs.Plan):
            return Refused("unknown-session", "There is no such session.")
        first = _planned(given, now)
        draft = Draft(planned(first), now, rules, facts=[first])
    else:
        draft = Draft(session, max(now, _no_earlier_than(session)), rules)
        refused = _handle(draft, given)
        if refused is not None:
            return refused
    settle(draft)
    return Decision(draft.session, tuple(draft.facts), tuple(draft.commands), min(draft.wake) if draft.wake else None)


def _no_earlier_than(session: Session) -> Instant:
    """The newest instant by which rules tell earlier from later: who is held before it and who knocks after it."""
    meeting = session.meeting
    known = (session.lock.requested_at, meeting.started_at if meeting is not None else None, session.empty_at)
    return max((instant for instant in known if instant is not None), default=0)


def wake_at(session: Session, rules: Rules, now: Instant) -> Instant | None:
    """When a settled session next needs a look at the clock; `now` itself if it needs one at once."""
    draft = Draft(session, now, rules)
    settle(draft)
    if draft.facts:
        return now
    return min(draft.wake) if draft.wake else None


def _handle(draft: Draft, given: inputs.Input) -> Refused | None:
    match given:
        case inputs.WakeUp() | inputs.Plan():
            return None
        case inputs.Amend():
            return booking.amend(draft, given)
        case inputs.Cancel():
            return booking.cancel(draft, given)
        case inputs.PrisonerMerged():
            booking.merge(draft, given)
            return None
        case inputs.RoomWorks():
            room_works.noted(draft, given)
            return None
        case (
            inputs.RosterSeen()
            | inputs.LegSeen()
            | inputs.LegGone()
            | inputs.ConferenceSeen()
            | inputs.ConferenceGone()
            | inputs.EmptySeen()
            | inputs.InstanceSeen()
            | inputs.EyesLost()
            | inputs.Unwatched()
            | inputs.EyesBack()
            | inputs.ControlTagged()
            | inputs.ControlTaken()
        ):
            observe.observe(draft, given)
            return None
        case inputs.PhoneAtDoor():
            door.noted(draft, given)
            return None
        case (
            inputs.VmrEnsured()
            | inputs.AliasProbed()
            | inputs.RoomCalled()
            | inputs.VmrDeleted()
            | inputs.CommandDone()
            | inputs.CommandFailed()
        ):
            outcomes.outcome(draft, given)
            return None
        case _:
            return presses.press(draft, given)


def _planned(given: inputs.Plan, now: Instant) -> Planned:
    return Planned(
        session=given.session,
        booking_id=given.booking_id,
        booking_version=given.booking_version,
        segment=given.segment,
        purpose=given.purpose,
        establishment=given.establishment,
        room=given.room,
        room_address=given.room_address,
        control=given.control,
        starts_at=given.starts_at,
        ends_at=given.ends_at,
        prisoner_ref=given.prisoner_ref,
        observation=given.observation,
        alias=given.alias,
        needs_approval=given.needs_approval,
        attendees=given.attendees,
        screen_share_declared=given.screen_share_declared,
        at=now,
        flags=given.flags,
        notice_waived_by=given.notice_waived_by,
        forwarding=given.forwarding,
        booker=given.booker,
    )
