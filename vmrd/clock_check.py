"""Whether the clock stands before what was written already: a machine without its time, or a copy put back.

Meetings are safe either way: a session's time never runs backwards (`lifecycle.decide`), and freshness is no matter of
the clock. But nothing that is due comes, so it has to be said, at every start.
"""

from __future__ import annotations

import structlog

from vmrd.clock import Clock
from vmrd.lifecycle.rules import MINUTE
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant
from vmrd.store.base import Rx, SessionFilter, Store

log = structlog.get_logger(__name__)

_TOLERATED = MINUTE


async def check(store: Store, clock: Clock) -> None:
    """Say so in the log if the clock is behind."""
    written, now = await store.read(_newest), clock.now()
    if written - now > _TOLERATED:
        log.error("clock_behind", seconds=(written - now) // 1_000, what="set the clock: nothing due comes before")


def _newest(rx: Rx) -> Instant:
    """The newest instant that any session which is not over remembers."""
    return max(map(_last_known, rx.sessions(SessionFilter(watched=True))), default=0)


def _last_known(session: Session) -> Instant:
    known = (session.planned_at, session.vmr_created_at, session.opened_at, session.lock.requested_at)
    return max((instant for instant in known if instant is not None), default=0)
