"""Which panels would be heard: each says over its own socket whether its sound is on.

A prison in which no panel sounds hears no knock, and none of its officers need know: everyone sees their own bar at
most. So what the panels say is counted for each establishment, for Prometheus and for a supervisor's board.

What is known here is who is connected to this daemon. With several replicas, add up their metrics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from vmrd.metrics import Metrics


class Sounds:
    """`establishments`: the codes that are counted; a panel that watches none in particular (`()`) watches them all."""

    def __init__(self, metrics: Metrics, establishments: tuple[str, ...]) -> None:
        self._metrics = metrics
        self._all = establishments
        self._on: dict[Hashable, tuple[str, ...]] = {}
        self._count: Counter[str] = Counter()
        self._tell(establishments)

    def said(self, panel: Hashable, watches: tuple[str, ...], *, on: bool) -> None:
        """This panel's sound is on, or off; saying it again changes nothing."""
        if on == (panel in self._on):
            return
        if not on:
            self.gone(panel)
            return
        self._on[panel] = watches or self._all
        self._count.update(self._on[panel])
        self._tell(self._on[panel])

    def gone(self, panel: Hashable) -> None:
        """The panel is no longer there, or can no longer be heard."""
        watched = self._on.pop(panel, ())
        self._count.subtract(watched)
        self._tell(watched)

    def heard_at(self, establishment: str) -> int:
        """How many panels would sound a knock at this establishment."""
        return self._count[establishment]

    def _tell(self, establishments: tuple[str, ...]) -> None:
        for code in set(establishments) & set(self._all):
            self._metrics.panels_with_sound(code, self._count[code])
