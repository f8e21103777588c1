"""Whether what is seen and pressed can be kept: asked of the store every second, on behalf of every open panel.

A panel believes its line, and a line that still answers would vouch for what nobody can know: without its database vmrd
writes no knock down, so none is shown, and a replica does not hear of what others wrote. While the store takes nothing,
every open line is therefore let go of with a word why (`live.STORE_AWAY`) and no new one is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from vmrd.store.base import Store, StoreError

_EVERY = 1.0
_WITHIN = 4.0
"""Seconds after which an empty step counts as not taken; a disk under load takes its time."""


@dataclass(slots=True)
class Keeping:
    """One per daemon; `run` is its task. `keeps`: whether nothing speaks against it that an
    empty step does not find: a full disk, a listener that is cut off."""

    store: Store
    keeps: Callable[[], bool] = lambda: True
    _gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def away(self) -> bool:
        """Whether the store last took nothing."""
        return self._gone.is_set()

    async def lost(self) -> None:
        """Wait until the store takes nothing."""
        await self._gone.wait()

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.ask()
            await asyncio.sleep(_EVERY)

    async def ask(self) -> None:
        """Ask once. An empty step goes the way of a press, and is refused where that would be."""
        try:
            async with asyncio.timeout(_WITHIN):
                await self.store.write([], lambda tx: None)
        except (StoreError, TimeoutError):
            self._gone.set()
        else:
            if self.keeps():
                self._gone.clear()
            else:
                self._gone.set()
