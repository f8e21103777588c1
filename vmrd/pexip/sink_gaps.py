"""Events a sink skipped: each node numbers what it sends us, from 1 at each start of the sink (facts 4.1).

Nodes send again, and out of order, so a number that is behind is no news; one that jumps ahead means that those between
were lost or are still to come. Which of the two cannot be told in time, so they count as skipped at once: what matters
is whether many are.
"""

from __future__ import annotations

from collections.abc import Iterable

_NODES = 64
"""Names of nodes come from outside, so only so many are kept."""


class SinkGaps:
    """The highest number seen of each node."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def skipped(self, seen: Iterable[tuple[str, int]]) -> int:
        """How many numbers these events, in the order in which they came, jumped over."""
        skipped = 0
        for node, number in seen:
            last = self._last.get(node)
            if number <= 0 or (last is None and len(self._last) >= _NODES):
                continue
            if last is not None:
                skipped += max(number - last - 1, 0)
            self._last[node] = number if last is None or number == 1 else max(last, number)
        return skipped
