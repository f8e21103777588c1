"""Whether the platform's "no such alias" can be believed, and whether to ask at all.

A platform that watches for alias scans hides everything from an address that has asked for too many unknown aliases
(facts 1.5.1, 7: twenty in ten minutes). Our own questions are of that kind: whether a new link works yet, and whether a
deleted one is dead. Hidden from, we would take "not found" for a proof that a link is dead while strangers can use it.

So we stay below half of the limit. From then on one question in a while goes out as a trial, and an answer "not found"
proves nothing; an alias that is found shows that nothing is hidden, and all is believed again. What was asked longer
ago than the platform remembers counts no more.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW = 600.0
"""Seconds for which the platform remembers."""
LIMIT = 20
"""Unknown aliases within the window from which on it hides everything."""


class Doubt:
    """What the nodes have said lately; they share what they remember of us.

    `limit`: 0 where the platform hides nothing and every answer is believed, else at least 4.
    """

    def __init__(self, limit: int = LIMIT, clock: Callable[[], float] = time.monotonic) -> None:
        self._enough = limit // 2
        # Trials alone, for a whole window on top of what was asked before, stay below the limit.
        self._between = WINDOW / max(1, limit - self._enough - 1)
        self._hides = limit > 0
        self._clock = clock
        self._missed: deque[float] = deque()
        self._tried = float("-inf")

    def may_ask(self) -> bool:
        """Whether a question may go out now; one that may is counted as a trial while we doubt."""
        if self.believed():
            return True
        now = self._clock()
        if now < self._tried + self._between:
            return False
        self._tried = now
        return True

    def believed(self) -> bool:
        """Whether "not found" means that there is no such alias."""
        if not self._hides:
            return True
        while self._missed and self._missed[0] <= self._clock() - WINDOW:
            self._missed.popleft()
        return len(self._missed) < self._enough

    def found(self) -> None:
        """A node knows an alias: nothing is hidden from us."""
        self._missed.clear()

    def missed(self) -> None:
        """A node said that there is no such alias."""
        self._missed.append(self._clock())
