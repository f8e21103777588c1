"""The business clock of a running mock, and how another process shares it.

Business time runs at `rate` times real time from a base, and may be moved ahead. When a clock file is given, each
change is published there as `{"business_ms", "wall_ms", "rate"}`, written whole or not at all; a reader computes
business now = business_ms + (its wall clock in ms - wall_ms) * rate.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path


class BusinessClock:
    """Business time, epoch seconds. `on_moved` is called when it was moved ahead or goes at another rate."""

    def __init__(self, start: float | None = None, rate: float = 1.0, file: Path | None = None) -> None:
        self._base = time.time() if start is None else start
        self._base_mono = time.monotonic()
        self._rate = rate
        self._file = file
        self.on_moved: Callable[[], None] = lambda: None
        self._publish()

    @property
    def rate(self) -> float:
        """Business seconds per real second."""
        return self._rate

    def now(self) -> float:
        """Business time now."""
        return self._base + (time.monotonic() - self._base_mono) * self._rate

    def advance(self, seconds: float) -> None:
        """Move ahead by so many business seconds."""
        self._rebase(self.now() + seconds)

    def set_rate(self, rate: float) -> None:
        """Run faster or slower from now on; 0 stops the clock."""
        now = self.now()
        self._rate = rate
        self._rebase(now)

    def _rebase(self, business: float) -> None:
        self._base, self._base_mono = business, time.monotonic()
        self._publish()
        self.on_moved()

    def _publish(self) -> None:
        if self._file is None:
            return
        content = {"business_ms": self._base * 1000, "wall_ms": time.time() * 1000, "rate": self._rate}
        draft = self._file.with_name(f"{self._file.name}.new")
        draft.write_text(json.dumps(content), encoding="utf-8")
        os.replace(draft, self._file)  # readers see the old content or the new, never half
