"""The alarm: sleeps until the earliest `wake_at` of any session, then tells those that are due to look at the clock.

There is no timer table and nothing to cancel: `wake_at` is a column written with the session, so a restart, a jump of
the clock or a lost poke loses nothing. A session that fails is moved back by the engine, so it cannot make this loop
spin.
"""

from __future__ import annotations

import asyncio
from functools import partial

from vmrd.engine import Applied, Engine
from vmrd.lifecycle.inputs import WakeUp
from vmrd.lifecycle.words import OVER, Instant, Phase
from vmrd.poke import Poke
from vmrd.store.base import Rx, SessionFilter

_NOT_OVER = tuple(phase for phase in Phase if phase not in OVER)
_AT_ONCE = 200
"""How many due sessions are told side by side; the store takes them into one commit."""


class Alarm:
    """One per daemon; `run` is its task."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._poke = Poke()
        self._sleeps_until: Instant | None = None
        self.ticked = 0.0

    def heard(self, applied: Applied) -> None:
        """A commit: wake early if the session wants to be woken before we would have looked."""
        if applied.wake_at is not None and (self._sleeps_until is None or applied.wake_at < self._sleeps_until):
            self._poke()

    async def reconsider(self) -> None:
        """After a change of the rules every session says anew when it wants to be woken."""
        store = self._engine.store
        ids = await store.read(lambda rx: [each.id for each in rx.sessions(SessionFilter(phases=_NOT_OVER))])
        for at in range(0, len(ids), _AT_ONCE):
            await asyncio.gather(*(self._engine.submit(each, WakeUp()) for each in ids[at : at + _AT_ONCE]))
        self._poke()

    async def run(self) -> None:
        clock = self._engine.clock
        loop = asyncio.get_running_loop()
        while True:
            self.ticked = loop.time()
            now = clock.now()
            due = await self._engine.store.read(partial(_due, now))
            if due:
                await asyncio.gather(*(self._engine.submit(session_id, WakeUp()) for session_id in due))
                continue
            self._sleeps_until = await self._engine.store.read(lambda rx: rx.next_wake())
            until = self._sleeps_until
            await self._poke.wait(clock.patience if until is None else max(clock.seconds_until(until), 0.001))


def _due(now: Instant, rx: Rx) -> list[str]:
    return rx.due(now, _AT_ONCE)
