"""What officers were seen to do, said to the core as the press it would have been.

In shadow nobody presses, and yet the core needs some presses to judge what follows: a lock that nobody wanted is not
one to hold. So a change that only an officer makes is taken for their press, under a name of its own. ID checks, the
prisoner coming and going, and ticks show nowhere on the platform: they are left out, and the report says so.

| seen                                                 | said to the core                                     |
|------------------------------------------------------|------------------------------------------------------|
| a booking that waits for approval is being held      | approved                                             |
| the room's own address is inside                     | claimed as the prison room                           |
| locked                                               | lock pressed                                         |
| unlocked, after that                                 | nothing: vmrd cannot tell a slip from an intention   |
| a meeting that had ended runs again                  | opened                                               |
| ended, and the booked end is past, or for a while    | End pressed                                          |
"""

from __future__ import annotations

from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, RUNNING, UNWANTED, Instant, Kind, LockState, Phase

HAND = "seen in shadow"
"""By whom, in the journal, what officers were seen to do."""
AWAY = 10 * 60_000
"""Milliseconds after which a meeting that ended before its time is over, and not only interrupted."""


def seen_done(session: Session, now: Instant, gone_since: Instant | None) -> i.Press | None:
    """The next press that what Pexip shows amounts to. `gone_since`: since when its meeting was not seen any more."""
    runs = session.meeting is not None and session.meeting.started
    if session.needs_approval and session.phase is Phase.PLANNED and session.meeting is not None:
        return i.Approve(HAND)
    if session.phase is Phase.INTERRUPTED:
        if runs:
            return i.Open(HAND)
        away = gone_since is not None and now >= gone_since + AWAY
        return i.End(HAND) if away or now >= session.ends_at else None
    if session.phase in RUNNING and not session.endpoint_inside:
        room = next(
            (leg for leg in session.inside() if leg.from_room and leg.kind not in (*UNWANTED, Kind.OWN)),
            None,
        )
        if room is not None:
            return i.ClaimRoom(room.id, HAND)
    if session.phase in LIVE and session.lock.state is LockState.LOCKED and not session.lock.wanted:
        return i.LockRoom(HAND)
    return None
