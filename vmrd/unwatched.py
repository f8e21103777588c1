"""Meetings that nobody looks at. A watch that cannot see says so; of a meeting without one, nobody would.

| there is none because                       | told as                                                           |
|---------------------------------------------|-------------------------------------------------------------------|
| there are more than can be looked at        | `Unwatched`, also of one that is about to be opened               |
| its turn to be begun has not come           | `EyesLost`, as its watch would say                                |

It is told once that has lasted for as long as eyes stay fresh, so that another replica has had the time to take it, and
not where somebody took it meanwhile: whoever did begins with a read, and that read must have the last word.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from vmrd.engine import Applied, Engine
from vmrd.lifecycle.inputs import EyesLost, Input, Unwatched
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, Phase
from vmrd.store.base import Fenced, Tx
from vmrd.store.leases import watching

_TOLD_AT_ONCE = 100


@dataclass(slots=True)
class UnwatchedMeetings:
    """One per watcher, which asks it at each look."""

    engine: Engine
    _since: dict[str, float] = field(default_factory=dict)

    def due(self, over: Sequence[Session], waiting: Sequence[Session]) -> list[tuple[str, Input]]:
        """What is to be told by now. `over`: there are too many; `waiting`: their turn will come."""
        now = time.monotonic()
        self._since = {session.id: self._since.get(session.id, now) for session in (*over, *waiting)}
        news: list[tuple[Session, Input]] = [
            (session, Unwatched())
            for session in over
            if not session.unwatched and session.phase in (Phase.READY, *LIVE)
        ]
        news += [(session, EyesLost()) for session in waiting if session.blind_since is None and session.phase in LIVE]
        return [(session.id, given) for session, given in news if self._lasts(session, now)]

    def _lasts(self, session: Session, now: float) -> bool:
        fresh_for = self.engine.rules(session.establishment).eyes_fresh_for / 1_000
        return session.id not in self.engine.faults and now - self._since[session.id] > fresh_for

    async def tell(self, news: Sequence[tuple[str, Input]]) -> None:
        """Have it taken down, unless somebody watches by now."""
        for at in range(0, len(news), _TOLD_AT_ONCE):
            await asyncio.gather(*(self._tell(*each) for each in news[at : at + _TOLD_AT_ONCE]))

    async def _tell(self, session_id: str, given: Input) -> None:
        def free(tx: Tx, _: Applied) -> None:
            tx.require_free(watching(session_id), self.engine.clock.now())

        with suppress(Fenced):
            await self.engine.submit(session_id, given, also=free)
