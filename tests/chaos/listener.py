"""The listener of replicas, as `vmrd.store.postgres.pokes` has it, in the virtual loop.

What it makes of the numbers is the product's own (`vmrd.store.hearing`). A poke may be lost on the way, and is lost
where the database cannot be reached when it comes; what comes keeps its order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from tests.chaos.loop import VirtualLoop, of_host
from vmrd.store.base import Ear, StoreError
from vmrd.store.hearing import Hearing

_LOOK_UP_EVERY = 0.25


@dataclass(slots=True)
class Listener:
    """One per daemon that listens. `head`: asks the database for the number of commits; `reached`: whether it could."""

    loop: VirtualLoop
    host: str
    ear: Ear
    head: Callable[[], Awaitable[int]]
    reached: Callable[[], bool]
    lag: Callable[[], float]
    _hearing: Hearing = field(init=False)
    _arrives: float = 0.0
    _task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._hearing = Hearing(self.ear)
        self._task = self.loop.begin(self.host, self._run())

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def poked(self, number: int, sessions: Sequence[str], *, ours: bool) -> None:
        """A commit's notice sets out to this daemon."""
        self._send(lambda: self._hearing.told(number, sessions, ours=ours))

    def said(self, line: str) -> None:
        """Another's line sets out."""
        self._send(lambda: self.ear.said(line))

    def _send(self, arrive: Callable[[], None]) -> None:
        self._arrives = max(self._arrives, self.loop.time() + self.lag())
        self.loop.call_at(self._arrives, self._arrived, arrive, context=of_host(self.host))

    def _arrived(self, arrive: Callable[[], None]) -> None:
        if self.reached():
            arrive()

    async def _run(self) -> None:
        while True:
            try:
                self._hearing.begin(await self.head())
                while True:
                    began = self.loop.time()
                    head = await self.head()
                    if self._hearing.misses(head):
                        await asyncio.sleep(_LOOK_UP_EVERY)
                    self._hearing.proved(head, began)
                    await asyncio.sleep(_LOOK_UP_EVERY)
            except StoreError:
                await asyncio.sleep(_LOOK_UP_EVERY)
