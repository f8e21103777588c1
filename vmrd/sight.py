"""What a replica sees, told to the others: a meeting is read by the one that watches it, and shown on any panel.

    read committed here ──► every quarter of a second, one line ──► the others' `Eyes`
    somebody's press needs a read now, and the meeting is watched elsewhere ──► "look" ──► a read there ──► its line

A line says for each session when the read began, by the clock that all replicas share; who hears it counts its age from
there. So a line that comes late is as old as it is, one that is lost darkens, and a watch that ends is told at once.
On SQLite nobody hears and nothing is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from vmrd.eyes import Eyes
from vmrd.store.base import Store, StoreError

log = structlog.get_logger(__name__)

_EVERY = 0.25
_SEEN, _LOOK = "seen", "look"
_IN_A_LINE = 100


@dataclass(slots=True)
class SharedSight:
    """One per daemon; `run` is its task, `said` the store's listener."""

    store: Store
    eyes: Eyes
    _asked: set[str] = field(default_factory=set)
    _wanted: dict[str, None] = field(default_factory=dict)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(self, session_id: str) -> None:
        """Have whoever watches this session read it now."""
        self._wanted[session_id] = None
        self._woken.set()

    def said(self, line: str) -> None:
        """Another replica's line."""
        what, *about = line.split()
        if what == _LOOK:
            self._asked.update(session_id for session_id in about if self.eyes.watched(session_id))
            self._woken.set()
        elif what == _SEEN:
            for each in about:
                session_id, _, at = each.partition("=")
                self.eyes.saw_elsewhere(session_id, int(at))

    async def run(self) -> None:
        async with asyncio.TaskGroup() as reads:
            while True:
                asked, self._asked = self._asked, set()
                for session_id in asked:
                    reads.create_task(self._read(session_id))
                wanted, self._wanted = list(self._wanted), {}
                news = [f"{session_id}={at}" for session_id, at in self.eyes.news().items()]
                try:
                    for line in (*_lines(_LOOK, wanted), *_lines(_SEEN, news)):
                        await self.store.say(line)
                except StoreError as bad:  # what was not told is dark there, until the next read
                    log.warning("sight_not_told", error=str(bad))
                try:
                    async with asyncio.timeout(_EVERY):
                        await self._woken.wait()
                except TimeoutError:
                    pass
                self._woken.clear()

    async def _read(self, session_id: str) -> None:
        try:
            await self.eyes.read_now(session_id)
        except StoreError as bad:
            log.warning("sight_not_read", session=session_id, error=str(bad))
        self._woken.set()


def _lines(what: str, about: Sequence[str]) -> list[str]:
    return [" ".join((what, *about[n : n + _IN_A_LINE])) for n in range(0, len(about), _IN_A_LINE)]
