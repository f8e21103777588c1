"""Break-in defence: too many wrong PINs make a VMR look as if it did not exist; so does scanning for aliases.

Both count within a sliding window of business time; the block lasts until the window has emptied enough. Whoever has
not erred for a whole window is forgotten.
"""

from collections import deque

from pexip_mock.ground import Ground


class Defence:
    """Counts wrong PINs per VMR and unknown aliases per source."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._wrong_pins: dict[str, deque[float]] = {}
        self._misses: dict[str, deque[float]] = {}

    def wrong_pin(self, vmr: str) -> None:
        """Somebody sent a wrong PIN to this VMR."""
        self._count(self._wrong_pins, vmr)

    def unknown_alias(self, source: str) -> None:
        """This source dialled an alias that nobody has."""
        if self._ground.knobs.alias_scan_quarantine and source:
            self._count(self._misses, source)

    def hides(self, vmr: str) -> bool:
        """Whether this VMR is blocked at the moment."""
        knobs = self._ground.knobs
        return knobs.break_in_checks and self._recent(self._wrong_pins, vmr) > knobs.break_in_max_wrong_pins

    def quarantines(self, source: str) -> bool:
        """Whether this source hears "not found" for everything at the moment."""
        knobs = self._ground.knobs
        return knobs.alias_scan_quarantine and self._recent(self._misses, source) > knobs.alias_scan_max_misses

    def _count(self, table: dict[str, deque[float]], key: str) -> None:
        """Note an error; the table is in the order of everybody's latest."""
        times = table.pop(key, deque())
        times.append(self._ground.clock.business)
        table[key] = times
        horizon = self._horizon()
        while table and table[longest_ago := next(iter(table))][-1] <= horizon:
            del table[longest_ago]

    def _recent(self, table: dict[str, deque[float]], key: str) -> int:
        times = table.get(key)
        if times is None:
            return 0
        horizon = self._horizon()
        while times and times[0] <= horizon:
            times.popleft()
        if not times:
            del table[key]
        return len(times)

    def _horizon(self) -> float:
        return self._ground.clock.business - self._ground.knobs.break_in_window_s
