"""How fresh our eyes are, per session: in memory and on monotonic time only, never stored.

A session's eyes are fresh for `Rules.eyes_fresh_for` after the *beginning* of a read of its running conference whose
result has been committed. A restart, a lost stream or a stopped watcher therefore darkens every light by itself, and
each panel goes dark on its own when `secureUntil` passes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from vmrd.clock import Clock
from vmrd.lifecycle.words import Instant

Reader = Callable[[], Coroutine[Any, Any, bool]]
"""Makes one live read and submits it; False when Pexip could not be read."""


@dataclass(slots=True)
class Eyes:
    """Written by the watcher, read by whoever shows a session."""

    clock: Clock
    monotonic: Callable[[], float] = time.monotonic
    _begun: dict[str, float] = field(default_factory=dict)
    _seen_at: dict[str, Instant] = field(default_factory=dict)
    _readers: dict[str, Reader] = field(default_factory=dict)

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

    def lost(self, session_id: str) -> None:
        self._begun.pop(session_id, None)

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
        return await reader() if reader is not None else False
