"""A store that can be lost and found again, as a database server can: while it is lost, nothing is read or written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from vmrd.lifecycle.words import Instant
from vmrd.store.base import Ear, Find, Rx, Store, StoreError, Tx

T = TypeVar("T")


@dataclass(slots=True)
class Losable:
    """Stands before any `Store`."""

    store: Store
    lost: bool = False

    def _require(self) -> None:
        if self.lost:
            raise StoreError("the database went away, and does not answer yet")

    async def write(
        self, sessions: Sequence[str] | Find, step: Callable[[Tx], T], told: Callable[[T], None] | None = None
    ) -> T:
        self._require()
        return await self.store.write(sessions, step, told)

    async def read(self, query: Callable[[Rx], T]) -> T:
        self._require()
        return await self.store.read(query)

    async def time(self) -> Instant | None:
        return await self.store.time()

    def listen(self, ear: Ear) -> None:
        self.store.listen(ear)

    async def say(self, line: str) -> None:
        await self.store.say(line)

    async def close(self) -> None:
        await self.store.close()
