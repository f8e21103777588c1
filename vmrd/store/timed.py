"""A store whose writes are timed as their callers feel them: the wait for its turn, the step, and the commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from vmrd.lifecycle.words import Instant
from vmrd.store.base import Ear, Find, Rx, Store, Tx

T = TypeVar("T")


class TimedStore:
    """Stands before any `Store`; `took` is told the seconds of each write, also of one that failed."""

    def __init__(self, store: Store, took: Callable[[float], None]) -> None:
        self._store = store
        self._took = took

    @property
    def shared(self) -> bool:
        return self._store.shared

    async def write(
        self, sessions: Sequence[str] | Find, step: Callable[[Tx], T], told: Callable[[T], None] | None = None
    ) -> T:
        begun = time.monotonic()
        try:
            return await self._store.write(sessions, step, told)
        finally:
            self._took(time.monotonic() - begun)

    async def read(self, query: Callable[[Rx], T]) -> T:
        return await self._store.read(query)

    async def time(self) -> Instant | None:
        return await self._store.time()

    def listen(self, ear: Ear) -> None:
        self._store.listen(ear)

    async def say(self, line: str) -> None:
        await self._store.say(line)

    async def close(self) -> None:
        await self._store.close()
