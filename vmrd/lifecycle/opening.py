"""The opening sequence: sweep, start, call the room.

Starting admits everybody who is held, all at once (Pexip, and the trap in which a stranger who came early walks in).
So phones, recorders and streams, and whoever was refused, are put out and seen to be gone *before* the start; people
are the officer's to refuse beforehand, because an unmatched person is never swept. Then the prison room is called, and
with it inside the session is open. Nothing is told to be done before Pexip shows it.

`opening_locked_first` (high security): the unstarted conference is locked before the start so that people stay held and
are admitted one by one. Whether real Pexip holds them was never seen; where it does not, the session falls back to the
default and the journal says so.
"""

from __future__ import annotations

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.commands import EnsureEndpointInside, StartConference
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.session import Opening
from vmrd.lifecycle.words import UNWANTED, Kind, LockState, Phase, Step, Where

_RINGS_FOR = 15_000
"""Milliseconds between looks at a call that rings: a codec takes a while to pick up."""
_CALL_AGAIN = 5_000
"""Milliseconds between calls while none of ours shows: long enough for Pexip's status to show the one before, short
enough for several before Pexip sends everybody home for want of a Host."""


def settle(draft: Draft) -> None:
    """Rules of opening."""
    session = draft.session
    opening = session.opening
    if session.phase is not Phase.OPENING or opening is None:
        draft.end_alert("sweep-slow")
        draft.end_alert("opening-slow")
        draft.end_alert("claim-room")
        draft.end_ask("start")
        return
    match opening.step:
        case Step.LOCKING:
            _lock_first(draft, opening)
        case Step.SWEEPING:
            _sweep(draft, opening)
        case Step.STARTING:
            if session.meeting is not None and session.meeting.started:
                draft.end_ask("start")
                draft.fact(f.OpeningStepped(Step.CALLING))
            else:
                draft.ask(StartConference())
        case Step.CALLING:
            _call(draft)
    if draft.session.phase is Phase.OPENING and draft.reached(opening.asked_at + draft.rules.opening_slow_after):
        draft.alert("opening-slow")


def _lock_first(draft: Draft, opening: Opening) -> None:
    lock = draft.session.lock
    if not lock.wanted:
        draft.fact(f.LockRequested(opening.by, draft.now))
    elif lock.state is LockState.LOCKED:
        draft.fact(f.OpeningStepped(Step.SWEEPING))
    elif draft.reached(opening.asked_at + draft.rules.sweep_slow_after):
        # The lock stays asked for: should it take hold later, those it holds are knocks. Only an officer unlocks.
        draft.fact(f.OpeningFellBack())
        draft.fact(f.OpeningStepped(Step.SWEEPING))


def _sweep(draft: Draft, opening: Opening) -> None:
    session = draft.session
    unwanted = [
        leg
        for leg in session.legs.values()
        if leg.where is not Where.LEFT and (leg.kind in UNWANTED or f"remove:{leg.id}" in session.asks)
    ]
    if not unwanted:
        draft.end_alert("sweep-slow")
        draft.fact(f.OpeningStepped(Step.STARTING))
    elif draft.reached(opening.asked_at + draft.rules.sweep_slow_after):
        draft.alert("sweep-slow")


def _call(draft: Draft) -> None:
    session = draft.session
    if session.endpoint_inside:
        draft.end_ask("room")
        draft.end_alert("claim-room")
        if draft.rules.opening_locked_first and _somebody_came_in(draft):
            draft.fact(f.OpeningFellBack())
        draft.fact(f.Opened(False, draft.now))
        draft.fact(f.PhaseChanged(Phase.PRIVATE if session.prisoner.inside else Phase.OPEN, None, draft.now))
    elif session.room_address is not None:
        call_room(draft, session.room_address)
    else:
        draft.alert("claim-room")


def call_room(draft: Draft, address: str) -> None:
    """Call the prison room, and again until it is inside."""
    leg = draft.session.legs.get(draft.session.endpoint.leg or "")
    rings = leg is not None and leg.where is not Where.LEFT
    draft.ask(EnsureEndpointInside(address), every=_RINGS_FOR if rings else _CALL_AGAIN)


def _somebody_came_in(draft: Draft) -> bool:
    """In a room locked before its start nobody can be inside yet: nobody has been admitted."""
    return any(leg.kind not in (Kind.OWN, *UNWANTED) for leg in draft.session.people_inside())
