"""One line of time for both sides: the world's timers and the shells' own, in order."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from pexip_mock.world import World

Action = Callable[[], None]


class Clock:
    """Seconds since the history began. `after` is the only way anything waits."""

    __slots__ = ("_actions", "_order", "_start", "look", "now", "world")

    def __init__(self, world: World, look: Action) -> None:
        self.world = world
        self.look = look
        self.now = 0.0
        self._start = world.business
        self._actions: list[tuple[float, int, Action]] = []
        self._order = count()

    def after(self, delay: float, action: Action) -> None:
        """Do this `delay` seconds from now."""
        heapq.heappush(self._actions, (self.now + delay, next(self._order), action))

    def at(self, moment: float, action: Action) -> None:
        """Do this at that moment, or now if it has passed."""
        heapq.heappush(self._actions, (max(self.now, moment), next(self._order), action))

    def run(self, until: Callable[[], bool], limit: float) -> None:
        """Let things happen one at a time, looking after each, until `until` or the limit."""
        actions, world, start = self._actions, self.world, self._start
        while not until():
            moment = actions[0][0] if actions else limit
            business, elapsed = world.next_due()
            if business is not None and business - start < moment:
                moment = business - start
            if elapsed is not None and elapsed < moment:
                moment = elapsed
            if moment >= limit:
                return
            if moment > self.now:
                self.now = moment
            world.advance(start + self.now, self.now)
            if actions and actions[0][0] <= moment:
                heapq.heappop(actions)[2]()
            self.look()
