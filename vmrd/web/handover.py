"""What a screen may go on showing between two officers.

Who presses Switch leaves a sign-in form behind, and in the minutes until a colleague has signed in nobody would see a
knock. So that one browser, and it alone, is told of the alarms of the rooms it has just shown: which room, and what
kind; no person, and nothing can be pressed. It forgets that after a quarter of an hour, when somebody signs in, and
when vmrd starts again; the alarms themselves are in the store and wait for whoever comes.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from vmrd import minting

LASTS = 900.0
_KEPT = 1_000


class Handovers:
    """One per daemon."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._open: OrderedDict[str, tuple[tuple[str, ...], float]] = OrderedDict()

    def begin(self, establishments: tuple[str, ...]) -> str:
        """The cookie of a browser that was just signed out of these; none means all, as everywhere."""
        cookie = minting.token()
        self._open[cookie] = (establishments, self._monotonic() + LASTS)
        while len(self._open) > _KEPT:
            self._open.popitem(last=False)
        return cookie

    def establishments(self, cookie: str | None) -> tuple[str, ...] | None:
        """Whose alarms this browser may show; None for a browser that may show nothing."""
        found = self._open.get(cookie or "")
        return found[0] if found is not None and self._monotonic() < found[1] else None

    def end(self, cookie: str | None) -> None:
        self._open.pop(cookie or "", None)
