"""A store whose writes are timed as their callers feel them: the wait for its turn, the step, and the commit.

It also remembers that something was refused for good (`KeepsNothing`). A database whose disk is full still answers and
commits what is empty, so that only a write that has something to keep finds out; whoever says that all is well asks
`keeps`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from vmrd.lifecycle.words import Instant
from vmrd.store.base import Ear, Find, Rx, Store, Tx
from vmrd.store.errors import KeepsNothing

T = TypeVar("T")

_DOUBTED_FOR = 15.0
"""Seconds after such a refusal in which nobody believes that the next one would be kept; while meetings run, leases are
renewed every five."""


class TimedStore:
    """Stands before any `Store`; `took` is told the seconds of each write, also of one that failed."""

    def __init__(self, store: Store, took: Callable[[float], None]) -> None:
        self._store = store
        self._took = took
        self._refused_at = -math.inf

    @property
    def keeps(self) -> bool:
        """Whether nothing was refused lately because the database keeps nothing."""
        return time.monotonic() - self._refused_at >= _DOUBTED_FOR

    @property
    def shared(self) -> bool:
        return self._store.shared

    async def write(
        self, sessions: Sequence[str] | Find, step: Callable[[Tx], T], told: Callable[[T], None] | None = None
    ) -> T:
        begun = time.monotonic()
        try:
            return await self._store.write(sessions, step, told)
        except KeepsNothing:
            self._refused_at = time.monotonic()
            raise
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
