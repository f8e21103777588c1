"""How fresh our eyes are, per session: in memory and on monotonic time only, never stored.

A session's eyes are fresh for `Rules.eyes_fresh_for` after the *beginning* of a read of its running conference whose
result has been committed. A restart, a lost stream or a stopped watcher therefore darkens every light by itself, and
each panel goes dark on its own when `secureUntil` passes.

What another replica watches is told by it (`sight`): each read is as old here as it is there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from vmrd.clock import Clock
from vmrd.lifecycle.words import Instant

Reader = Callable[[], Coroutine[Any, Any, bool]]
"""Makes one live read and submits it; False when Pexip could not be read."""
_ELSEWHERE = 2.0
"""Seconds that a read by another replica may take."""


@dataclass(slots=True)
class Eyes:
    """Written by the watcher, read by whoever shows a session. `ask`: asks the replica that watches it for a read."""

    clock: Clock
    monotonic: Callable[[], float] = time.monotonic
    ask: Callable[[str], None] | None = None
    _begun: dict[str, float] = field(default_factory=dict)
    _seen_at: dict[str, Instant] = field(default_factory=dict)
    _readers: dict[str, Reader] = field(default_factory=dict)
    _news: dict[str, Instant] = field(default_factory=dict)
    _told: asyncio.Event = field(default_factory=asyncio.Event)

    def attach(self, session_id: str, reader: Reader) -> None:
        """A watcher looks after this session from now on."""
        self._readers[session_id] = reader

    def detach(self, session_id: str) -> None:
        """The watcher stopped: the light goes dark at once."""
        self._readers.pop(session_id, None)
        self.lost(session_id)

    def saw(self, session_id: str, begun: float) -> None:
        """A read begun at this monotonic second was committed."""
        self._begun[session_id] = begun
        self._seen_at[session_id] = self.clock.now()
        self._news[session_id] = self.clock.now() - int((self.monotonic() - begun) * 1_000)

    def lost(self, session_id: str) -> None:
        if self._begun.pop(session_id, None) is not None:
            self._news[session_id] = 0

    def watched(self, session_id: str) -> bool:
        """Whether a watcher of ours looks after it."""
        return session_id in self._readers

    def news(self) -> dict[str, Instant]:
        """When the last read of each session began (0: sight was lost), of those that changed since the last call."""
        news, self._news = self._news, {}
        return news

    def saw_elsewhere(self, session_id: str, at: Instant) -> None:
        """Another replica's read began then, or it lost sight (0). What we watch ourselves we know better."""
        if self.watched(session_id):
            return
        if at == 0:
            self._begun.pop(session_id, None)
            return
        age = max(self.clock.now() - at, 0) / 1_000
        self._begun[session_id] = max(self.monotonic() - age, self._begun.get(session_id, 0.0))
        self._seen_at[session_id] = at
        self._told.set()
        self._told = asyncio.Event()

    def left(self, session_id: str, fresh_for: int) -> float:
        """Seconds for which the eyes stay fresh; zero when they are not. `fresh_for` is in milliseconds."""
        begun = self._begun.get(session_id)
        if begun is None:
            return 0.0
        return max(begun + fresh_for / 1_000 - self.monotonic(), 0.0)

    def seen_at(self, session_id: str) -> Instant | None:
        """When the conference was last read, on the business clock; for people to read, never to decide by."""
        return self._seen_at.get(session_id)

    async def read_now(self, session_id: str) -> bool:
        """Read the conference now; False when nobody watches it or it could not be read."""
        reader = self._readers.get(session_id)
        if reader is not None:
            return await reader()
        if self.ask is None:
            return False
        asked = self.monotonic()
        self.ask(session_id)
        try:
            async with asyncio.timeout(_ELSEWHERE):
                while self._begun.get(session_id, 0.0) < asked:
                    await self._told.wait()
        except TimeoutError:
            return False
        return True
