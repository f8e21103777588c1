"""The business clock: an argument everywhere, so that tests and the demo can move it.

Business time decides what should be true now (open, warn, end). Tokens, leases, HTTP limits and freshness use
monotonic time, which no clock here moves.

`SharedClock` follows a clock that another process publishes in a small file, at any speed and with jumps: it is how a
rehearsal runs a whole day in minutes. Whoever sleeps until a business instant must not sleep longer than `patience` at
a time, because the clock may jump meanwhile.
"""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from vmrd.lifecycle.words import Instant


class Clock(Protocol):
    """`patience`: the longest sleep, in seconds of real time, that cannot miss a jump. `rate`: its speed."""

    patience: float

    @property
    def rate(self) -> float: ...

    def now(self) -> Instant: ...

    def seconds_until(self, instant: Instant) -> float:
        """Real seconds until `instant` if the clock runs on as it does; never negative, never over `patience`."""


class SystemClock:
    """The machine's own clock, which is expected to be disciplined (NTP)."""

    patience = 30.0
    rate = 1.0

    def now(self) -> Instant:
        return time.time_ns() // 1_000_000

    def seconds_until(self, instant: Instant) -> float:
        return min(max((instant - self.now()) / 1_000, 0.0), self.patience)


class ServerClock:
    """The database server's clock, which all its replicas share: leases and what is due are judged alike by all.

    Between two looks at the server it runs on with our monotonic one, so that a step of this machine's clock, or one
    that is wrong, changes nothing. `apart`: by how many milliseconds this machine's was ahead of it at the last look.
    """

    patience = 30.0
    rate = 1.0

    def __init__(self) -> None:
        self._ahead: float | None = None
        self._doubt, self._doubted_until = 0, 0.0
        self.apart = 0

    def looked(self, began: float, ended: float, server: Instant) -> int:
        """The server said this while our monotonic clock went from `began` to `ended`, in seconds.

        By how many milliseconds its clock was put forward since the look before; negative: back.
        """
        former, self._ahead = self._ahead, server - (began + ended) * 500
        return round(self._ahead - former) if former is not None else 0

    def doubt(self, moved: int, seconds: float) -> None:
        """For so long other replicas may go by the time from before it was moved by these milliseconds."""
        self._doubt, self._doubted_until = moved, time.monotonic() + seconds

    @property
    def doubted(self) -> int:
        """By how many milliseconds others may be behind what we go by; negative: ahead of it."""
        return self._doubt if time.monotonic() < self._doubted_until else 0

    def now(self) -> Instant:
        assert self._ahead is not None  # a daemon looks before it does anything
        return int(time.monotonic() * 1_000 + self._ahead)

    def seconds_until(self, instant: Instant) -> float:
        return min(max((instant - self.now()) / 1_000, 0.0), self.patience)


def wall(clock: Clock) -> Clock:
    """Real time, for what others compare with their own clocks: the server's where that is followed, since this
    machine's may be wrong, and else this machine's; never a rehearsal's."""
    return clock if isinstance(clock, ServerClock) else SystemClock()


class SharedClock:
    """A clock another process publishes: business ms = business_ms + (wall ms - wall_ms) * rate."""

    patience = 0.05

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at = 0
        self._published = (0.0, 0.0, 1.0)
        self._reload()

    def now(self) -> Instant:
        self._reload()
        business_ms, wall_ms, rate = self._published
        return int(business_ms + (time.time() * 1_000 - wall_ms) * rate)

    def seconds_until(self, instant: Instant) -> float:
        gap = (instant - self.now()) / 1_000
        return min(max(gap / self._published[2], 0.0), self.patience)

    @property
    def rate(self) -> float:
        return self._published[2]

    def _reload(self) -> None:
        changed = os.stat(self._path).st_mtime_ns
        if changed == self._read_at:
            return
        values = json.loads(self._path.read_bytes())
        self._published = (float(values["business_ms"]), float(values["wall_ms"]), float(values["rate"]) or 1.0)
        self._read_at = changed


@lru_cache(maxsize=4_096)
def as_text(instant: Instant) -> str:
    """RFC 3339 in UTC with milliseconds. A meeting's views say the same instants again and again."""
    return as_datetime(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_datetime(instant: Instant) -> datetime:
    """The same as an aware datetime, in UTC."""
    return datetime.fromtimestamp(instant / 1_000, UTC)


def from_datetime(moment: datetime) -> Instant:
    """The instant of an aware datetime."""
    return int(moment.timestamp() * 1_000)
