"""What officers press. Each either writes down what they asked for, or refuses in a sentence that says what to do.

Pressing twice is pressing once: what already stands is not written again. What is safe is never refused while there is
a meeting: Lock, Refuse, Remove and End always work. What is gated is letting somebody in while the prisoner is there,
and calling the room secure.
"""

from __future__ import annotations

from typing import assert_never

from vmrd.lifecycle import checking
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.commands import AdmitLeg, DisconnectLeg, EnsureEndpointInside
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.presses_prisoner import pause, prisoner_in, prisoner_out, resume
from vmrd.lifecycle.presses_words import not_running, word
from vmrd.lifecycle.refusal import Refused
from vmrd.lifecycle.words import (
    KNOCKING,
    LIVE,
    OVER,
    RUNNING,
    UNWANTED,
    Control,
    Kind,
    KnockState,
    LockState,
    Phase,
    Step,
    Where,
)


def press(draft: Draft, given: i.Press) -> Refused | None:
    """Carry out one press."""
    match given:
        case i.Open():
            return _open(draft, given)
        case i.LockRoom(by=by):
            return _lock(draft, by)
        case i.UnlockRoom(by=by):
            return _unlock(draft, by)
        case i.Admit(leg=leg, by=by):
            return _admit(draft, leg, by)
        case i.Refuse(leg=leg, by=by, reason=reason):
            return _refuse(draft, leg, by, reason)
        case i.RefuseAll(legs=legs, by=by, reason=reason):
            for leg in legs:
                _refuse(draft, leg, by, reason)  # who has gone, or is inside by now, is nobody to refuse
            return None
        case i.Remove(leg=leg, by=by, reason=reason):
            return _remove(draft, leg, by, reason)
        case i.CheckId():
            return checking.check(draft, given)
        case i.WithdrawCheck(leg=leg, by=by):
            return checking.withdraw(draft, leg, by)
        case i.AskOverride():
            return checking.ask_override(draft, given)
        case i.ConfirmOverride(leg=leg, by=by):
            return checking.confirm_override(draft, leg, by)
        case i.ClaimRoom(leg=leg, by=by):
            return _claim_room(draft, leg, by)
        case i.CallRoom():
            return _call_room(draft)
        case i.PrisonerIn():
            return prisoner_in(draft, given)
        case i.PrisonerOut(by=by):
            return prisoner_out(draft, by)
        case i.Pause(by=by):
            return pause(draft, by)
        case i.Resume(by=by):
            return resume(draft, by)
        case i.End():
            return _end(draft, given)
        case i.Extend(until=until, by=by):
            return _extend(draft, until, by)
        case (
            i.Expect()
            | i.Waive()
            | i.EvidenceReceived()
            | i.Acknowledge()
            | i.DealWith()
            | i.ReminderGiven()
            | i.OfficerLeft()
            | i.Signalled()
            | i.ShareAnnounced()
            | i.TroubleReported()
            | i.Approve()
            | i.Decline()
            | i.ConfirmOutcome()
            | i.ReplaceVmr()
            | i.Note()
            | i.Reveal()
        ):
            return word(draft, given)
        case _:
            assert_never(given)


def _open(draft: Draft, given: i.Open) -> Refused | None:
    session = draft.session
    if session.phase is Phase.OPENING or session.phase in (Phase.OPEN, Phase.PRIVATE):
        return None
    if session.control is not Control.FULL:
        return Refused("not-our-room", "This is not our room. The court or the Parole Board opens it.")
    if session.phase in (Phase.PLANNED, Phase.PREPARING):
        return Refused(
            "not-ready", "The meeting room is still being prepared. It will say Ready when it can be opened."
        )
    if session.phase not in (Phase.READY, Phase.INTERRUPTED):
        return Refused("over", "This meeting is over. It cannot be opened again.")
    if session.phase is Phase.READY and draft.now < session.starts_at - draft.rules.open_before:
        minutes = draft.rules.open_before // 60_000
        return Refused("too-early", f"It is too early. You can open from {minutes} minutes before the start.")
    if given.room_busy_with is not None:
        return Refused(
            "room-busy", "Another meeting still holds this room. End that meeting first, then open this one."
        )
    first = Step.LOCKING if draft.rules.opening_locked_first else Step.SWEEPING
    draft.fact(f.OpenRequested(first, given.by, draft.now))
    draft.fact(f.PhaseChanged(Phase.OPENING, None, draft.now))
    draft.end_alert("interrupted")
    return None


def _lock(draft: Draft, by: str) -> Refused | None:
    session = draft.session
    if session.phase not in LIVE:
        return not_running(draft)
    if session.lock.wanted:
        return None
    draft.fact(f.LockRequested(by, draft.now))
    draft.end_ask("lock")  # of an unlock: what is asked now does not wait for that one's next try
    return None


def _unlock(draft: Draft, by: str) -> Refused | None:
    session = draft.session
    if session.phase not in RUNNING:
        return not_running(draft)
    if session.prisoner.inside:
        return Refused("prisoner-in", "Take the prisoner out first. Unlocking lets in everyone who is waiting.")
    if not session.lock.wanted and session.lock.state in (LockState.UNLOCKED, LockState.UNLOCKING):
        return None
    draft.fact(f.UnlockRequested(by, draft.now))
    draft.end_ask("lock")
    return None


def _admit(draft: Draft, leg_id: str, by: str) -> Refused | None:
    session = draft.session
    leg = session.legs.get(leg_id)
    if session.phase not in RUNNING:
        return not_running(draft)
    if leg is None or leg.where is Where.LEFT:
        return Refused("left", "They are no longer waiting.")
    if leg.where is Where.INSIDE:
        return None
    if session.prisoner.inside:
        return Refused("prisoner-in", "Take the prisoner out first, then admit them and check their ID.")
    if leg.where is not Where.WAITING:
        return Refused("still-connecting", "They are still connecting. Wait until they show as waiting.")
    if leg.kind in UNWANTED:
        return Refused("cannot-be-checked", "A phone caller or recorder cannot be checked and cannot be let in.")
    if session.meeting is None or not session.meeting.started:
        return Refused("not-started", "Open the meeting first. Everyone who is waiting comes in when it opens.")
    if f"admit:{leg_id}" not in session.asks:
        draft.fact(f.AdmitRequested(leg_id, by))
        draft.ask(AdmitLeg(leg_id))
    return None


def _refuse(draft: Draft, leg_id: str, by: str, reason: str | None) -> Refused | None:
    leg = draft.session.legs.get(leg_id)
    if leg is None:
        return Refused("unknown-participant", "That person is not in this meeting's waiting room.")
    if leg.where is Where.LEFT or f"remove:{leg_id}" in draft.session.asks:
        return None
    if leg.where is Where.INSIDE:
        return Refused("inside", "They are already inside. Use Remove.")
    draft.end_ask(f"admit:{leg_id}")
    draft.fact(f.RefusalRequested(leg_id, by, reason))
    _put_out(draft, leg_id, "refused", by)
    for knock in list(draft.session.knocks.values()):
        if knock.leg == leg_id and knock.state in KNOCKING:
            draft.fact(f.KnockAnswered(knock.id, KnockState.REFUSED, by, draft.now))
    return None


def _remove(draft: Draft, leg_id: str, by: str, reason: str | None) -> Refused | None:
    session = draft.session
    leg = session.legs.get(leg_id)
    if leg is None:
        return Refused("unknown-participant", "That person is not in this meeting.")
    if leg.where is Where.LEFT or f"remove:{leg_id}" in session.asks:
        return None
    if leg_id == session.own_leg:
        return Refused("own", "That is vmrd's own connection. Without it nobody watches the door.")
    if leg_id == session.endpoint.leg and session.prisoner.inside:
        return Refused("prisoner-in", "That is the prison room itself. Take the prisoner out first, or press End.")
    _put_out(draft, leg_id, "removed", by, reason)
    return None


def _claim_room(draft: Draft, leg_id: str, by: str) -> Refused | None:
    session = draft.session
    leg = session.legs.get(leg_id)
    if leg is None or leg.where is not Where.INSIDE:
        return Refused("not-inside", "Only somebody who is in the meeting can be the prison room.")
    if session.endpoint.leg == leg_id:
        return None
    if session.endpoint_inside:
        return Refused("room-known", "The prison room is already connected. Remove that connection first.")
    if leg.kind in UNWANTED or leg.kind is Kind.OWN:
        return Refused("cannot-be-room", "A phone caller, a recorder or vmrd itself cannot be the prison room.")
    draft.fact(f.RoomConnected(leg_id, by))
    return None


def _call_room(draft: Draft) -> Refused | None:
    session = draft.session
    if session.phase not in RUNNING:
        return not_running(draft)
    if session.room_address is None:
        return Refused(
            "no-address", "This room has no address to call. Join from the room, then press This is our room."
        )
    if session.endpoint_inside or "room" in session.asks:
        return None
    draft.ask(EnsureEndpointInside(session.room_address))
    return None


def _end(draft: Draft, given: i.End) -> Refused | None:
    session = draft.session
    if session.phase is Phase.ENDING or session.phase in OVER:
        return None
    if session.phase in (Phase.PLANNED, Phase.PREPARING):
        return Refused("not-running", "There is nothing to end yet. The booking system can cancel the booking.")
    draft.fact(f.EndRequested(given.by, "officer", given.reason_ref, draft.now))
    draft.fact(f.PhaseChanged(Phase.ENDING, "officer", draft.now))
    return None


def _extend(draft: Draft, until: int, by: str) -> Refused | None:
    session = draft.session
    if session.phase in OVER or session.phase is Phase.ENDING:
        return not_running(draft)
    if until <= session.ends_at:
        return None
    draft.fact(f.Extended(until, by))
    return None


def _put_out(draft: Draft, leg_id: str, why: str, by: str | None, reason: str | None = None) -> None:
    draft.fact(f.RemovalRequested(leg_id, why, by, reason))
    draft.ask(DisconnectLeg(leg_id))
