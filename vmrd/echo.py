"""What other replicas commit, told to our own listeners: panels and doors follow, whoever wrote.

    another replica's commit ──► poke ──► one read of the sessions it names ──► engine.listeners

Nothing of it is counted or sent out here: that is done where it was written. On SQLite there is no other replica, and
nothing is ever heard.

Between a commit and its echo what this replica has in memory is old. `behind` says so for a session whose change was
heard of and is not read yet, and for every session while the listener cannot prove that it misses nothing. Who must not
be wrong (`door`) then asks the store.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Collection, Iterable, Sequence, Set
from dataclasses import dataclass, field
from functools import partial

import structlog

from vmrd.engine import Applied, Engine
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import OVER, Phase
from vmrd.store.base import Rx, SessionFilter, StoreError, Unreadable

log = structlog.get_logger(__name__)

_AGAIN = 1.0
"""Seconds before a store that could not be read is asked again."""
_BLIND_AFTER = 2.0
"""Seconds without a proof that nothing was missed; one comes about every half second."""
_DEAF_AFTER = 8.0
"""Seconds without one after which no panel here can vouch that nobody knocks: as long as eyes stay fresh."""
_NOT_OVER = tuple(phase for phase in Phase if phase not in OVER)


@dataclass(slots=True)
class Echo:
    """One per daemon; `run` is its task. `commands` is told that another may have written some for us to carry out,
    `told` are told what another says. `alone`: there can be no other replica. `known`: the sessions that somebody here
    goes by, and must hear of even if they came to their end unheard."""

    engine: Engine
    commands: Callable[[], None]
    told: Sequence[Callable[[str], None]]
    alone: bool
    known: Callable[[], Collection[str]] = tuple
    now: Callable[[], float] = time.monotonic
    _changed: set[str] = field(default_factory=set)
    _any: bool = False
    _reading: frozenset[str] = frozenset()
    _reading_all: bool = False
    _current_at: float = -math.inf
    _began: float = math.inf
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, sessions: Sequence[str]) -> None:
        """The store's listener; none named: any may have changed."""
        self._changed.update(sessions)
        self._any = self._any or not sessions
        self._woken.set()

    def said(self, line: str) -> None:
        for told in self.told:
            told(line)

    def current(self, moment: float) -> None:
        self._current_at = moment

    def behind(self, session_id: str) -> bool:
        """Whether another replica may have changed this session without our listeners having been told yet."""
        if self.alone:
            return False
        if self._any or self._reading_all or self.now() - self._current_at > _BLIND_AFTER:
            return True
        return session_id in self._changed or session_id in self._reading

    @property
    def deaf(self) -> bool:
        """Whether what other replicas write has not been heard for so long that nobody here may vouch for it."""
        return not self.alone and self.now() - max(self._current_at, self._began) > _DEAF_AFTER

    async def run(self) -> None:
        self._began = self.now()
        self.engine.store.listen(self)
        while True:
            await self._woken.wait()
            self._woken.clear()
            changed, everything = self._changed, self._any
            self._reading, self._reading_all = frozenset(changed), everything
            self._changed, self._any = set(), False
            try:
                look = partial(_all, frozenset(self.known())) if everything else partial(_these, changed)
                found = await self.engine.store.read(look)
            except StoreError as bad:
                log.warning("echo_unread", error=str(bad))
                self._changed, self._any = self._changed | changed, self._any or everything
                await asyncio.sleep(_AGAIN)
                self._woken.set()
                continue
            for session in found:
                for listener in self.engine.listeners:
                    listener(Applied(session))
            self._reading, self._reading_all = frozenset(), False
            self.commands()


def _all(known: Set[str], rx: Rx) -> list[Session]:
    found = rx.sessions(SessionFilter(phases=_NOT_OVER))
    return found + _these(known - {session.id for session in found}, rx)


def _these(ids: Iterable[str], rx: Rx) -> list[Session]:
    found = []
    for session_id in ids:
        try:
            session = rx.session(session_id)
        except Unreadable:
            continue
        if session is not None:
            found.append(session)
    return found
