"""Whether an upstream answers, as the exchanges with it showed.

One lost answer is the network's day; two in a row, with none between them, is an upstream that is away. A refusal is an
answer; a fault of its own (5xx) is none, since what stands in front of a dead server answers so.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from vmrd.pexip.http import Report

_NO_ANSWER = frozenset({"unsent", "lost", "failed"})
_IN_A_ROW = 2


class Reached:
    """Stands between one upstream and `report`, which it passes everything on to."""

    def __init__(self, report: Report, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._report = report
        self._monotonic = monotonic
        self._failures = 0
        self._asked_at = monotonic()

    @property
    def away(self) -> bool:
        return self._failures >= _IN_A_ROW

    @property
    def quiet_for(self) -> float:
        """Seconds since it was last asked anything, or since we began."""
        return self._monotonic() - self._asked_at

    def told(self, operation: str, outcome: str, seconds: float) -> None:
        """An exchange has ended; a `Report`."""
        self._asked_at = self._monotonic()
        self._failures = self._failures + 1 if outcome in _NO_ANSWER else 0
        self._report(operation, outcome, seconds)
