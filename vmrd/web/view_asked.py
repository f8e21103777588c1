"""What was asked of Pexip and does not show yet: the first of three honest states, and the last when it lasts too long.

The second, confirmed, is what the view says anyway: locked, inside, left, ended, each with its time.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmrd.clock import as_text
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant, Kind, LockState, Phase, Where
from vmrd.web.around import Around
from vmrd.web.view_people import who
from vmrd.web.view_shapes import AskedView, AskedWhat

_LOCK: dict[LockState, AskedWhat] = {LockState.LOCKING: "lock", LockState.UNLOCKING: "unlock"}


def asked(session: Session, around: Around) -> tuple[AskedView, ...]:
    """Everything asked and not shown, the lock first."""
    return tuple(
        AskedView(
            what=what,
            participant=leg,
            name=who(session, around, leg) if leg is not None else None,
            at=as_text(since),
            late=around.now >= since + around.rules.unconfirmed_after,
        )
        for what, leg, since in _asked(session)
    )


def _asked(session: Session) -> Iterator[tuple[AskedWhat, str | None, Instant]]:
    lock = session.lock
    if lock.state in _LOCK and lock.requested_at is not None:
        yield _LOCK[lock.state], None, lock.requested_at
    if session.phase is Phase.ENDING and session.ending_at is not None and _somebody_inside(session):
        yield "end", None, session.ending_at
        return
    for name, ask in session.asks.items():
        what, _, leg = name.partition(":")
        if leg not in session.legs:
            continue
        if what == "admit":
            yield "admit", leg, ask.since
        elif what == "remove":
            yield "remove" if session.legs[leg].where is Where.INSIDE else "refuse", leg, ask.since


def _somebody_inside(session: Session) -> bool:
    return any(leg.where is Where.INSIDE and leg.kind is not Kind.OWN for leg in session.legs.values())
