"""Which booked session a meeting is.

By the room and the time, or by the booking's own number where the vmr's name holds it. A meeting that goes on stays its
session's until the next one in that room begins: whoever sits there then is the next booking's, and the former one has
run on into it. Nothing here is certain; a meeting nobody booked is reported as such and never guessed at.
"""

from __future__ import annotations

from collections.abc import Sequence

from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import OVER, Control, Instant
from vmrd.shadow.places import Place

EARLY = 30 * 60_000
"""Milliseconds before its start from which a meeting may be a session's: by hand, rooms are opened early."""
GONE_FOR = 10 * 60_000
"""Milliseconds after its booked end in which a session nobody had opened may still be the one that meets now."""


def session_of(place: Place, sessions: Sequence[Session], now: Instant, bound: str | None) -> Session | None:
    """The session that meets at `place` now. `bound`: the one this meeting was taken for until now."""
    mine = [
        session
        for session in sessions
        if session.control is Control.FULL and session.phase not in OVER and _is_at(place, session)
    ]
    begun = [session for session in mine if session.starts_at <= now and _still(session, now, bound)]
    if begun:
        return max(begun, key=lambda session: session.starts_at)
    kept = next((session for session in mine if session.id == bound), None)
    soon = [session for session in mine if now < session.starts_at <= now + EARLY]
    return kept or min(soon, key=lambda session: session.starts_at, default=None)


def _still(session: Session, now: Instant, bound: str | None) -> bool:
    return session.id == bound or session.meeting is not None or now < session.ends_at + GONE_FOR


def _is_at(place: Place, session: Session) -> bool:
    if place.booking is not None and session.booking_id.partition(":")[2] != place.booking:
        return False
    return (place.establishment or session.establishment) == session.establishment and (
        place.room or session.room
    ) == session.room
