"""What other replicas commit, told to our own listeners: panels and doors follow, whoever wrote.

    another replica's commit ──► poke ──► one read of the sessions it names ──► engine.listeners

Nothing of it is counted or sent out here: that is done where it was written. On SQLite there is no other replica, and
nothing is ever heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from vmrd.engine import Applied, Engine
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import OVER, Phase
from vmrd.store.base import Rx, SessionFilter, StoreError, Unreadable

log = structlog.get_logger(__name__)

_AGAIN = 1.0
"""Seconds before a store that could not be read is asked again."""
_NOT_OVER = tuple(phase for phase in Phase if phase not in OVER)


@dataclass(slots=True)
class Echo:
    """One per daemon; `run` is its task. `commands` is told that another may have written some for us to carry out,
    `said` what another says."""

    engine: Engine
    commands: Callable[[], None]
    said: Callable[[str], None]
    _changed: set[str] = field(default_factory=set)
    _any: bool = False
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, sessions: Sequence[str]) -> None:
        """The store's listener; none named: any may have changed."""
        self._changed.update(sessions)
        self._any = self._any or not sessions
        self._woken.set()

    async def run(self) -> None:
        self.engine.store.listen(self.heard, self.said)
        while True:
            await self._woken.wait()
            self._woken.clear()
            changed, everything = self._changed, self._any
            self._changed, self._any = set(), False
            try:
                found = await self.engine.store.read(_all if everything else lambda rx, ids=changed: _these(rx, ids))  # type: ignore[misc]
            except StoreError as bad:
                log.warning("echo_unread", error=str(bad))
                self._changed, self._any = self._changed | changed, self._any or everything
                await asyncio.sleep(_AGAIN)
                self._woken.set()
                continue
            for session in found:
                for listener in self.engine.listeners:
                    listener(Applied(session))
            self.commands()


def _all(rx: Rx) -> list[Session]:
    return rx.sessions(SessionFilter(phases=_NOT_OVER))


def _these(rx: Rx, ids: set[str]) -> list[Session]:
    found = []
    for session_id in ids:
        try:
            session = rx.session(session_id)
        except Unreadable:
            continue
        if session is not None:
            found.append(session)
    return found
