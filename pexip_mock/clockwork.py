"""Two time lines and the timers on them.

*Business* time is the time on the wall of the prison: epoch seconds, replication, the waiting room, the Host's grace.
*Elapsed* time is what a machine measures: token expiry, lag, back-off. They are apart so that a demo may jump an hour
ahead without every token expiring on the way.

When both lines move in one step, timers fire in the order in which their share of the step comes round, so a step of
an hour against a second behaves like many small steps.
"""

import heapq
from collections.abc import Callable
from itertools import count

Callback = Callable[[], None]


class Timer:
    """One thing that is due; `cancel` makes it never happen."""

    __slots__ = ("action", "due")

    def __init__(self, due: float, action: Callback) -> None:
        self.due = due
        self.action: Callback | None = action

    def cancel(self) -> None:
        """Forget it; safe to repeat and safe after it fired."""
        self.action = None


class Clockwork:
    """The two times and their timers. Timers due at one instant fire in the order in which they were set."""

    __slots__ = ("_business", "_elapsed", "_order", "business", "elapsed")

    def __init__(self, business: float, elapsed: float = 0.0) -> None:
        self.business = business
        self.elapsed = elapsed
        self._business: list[tuple[float, int, Timer]] = []
        self._elapsed: list[tuple[float, int, Timer]] = []
        self._order = count()

    def after_business(self, delay: float, action: Callback) -> Timer:
        """Do this `delay` business seconds from now."""
        timer = Timer(self.business + delay, action)
        heapq.heappush(self._business, (timer.due, next(self._order), timer))
        return timer

    def after_elapsed(self, delay: float, action: Callback) -> Timer:
        """Do this `delay` elapsed seconds from now."""
        timer = Timer(self.elapsed + delay, action)
        heapq.heappush(self._elapsed, (timer.due, next(self._order), timer))
        return timer

    def next_due(self) -> tuple[float | None, float | None]:
        """When the next timer is due on the business line and on the elapsed line."""
        return _head(self._business), _head(self._elapsed)

    def advance(self, business: float | None = None, elapsed: float | None = None) -> None:
        """Move to these instants (never backwards), firing what falls due on the way, one at a time and in order."""
        to_business = max(self.business, self.business if business is None else business)
        to_elapsed = max(self.elapsed, self.elapsed if elapsed is None else elapsed)
        while True:
            in_business = _share(_head(self._business), self.business, to_business)
            in_elapsed = _share(_head(self._elapsed), self.elapsed, to_elapsed)
            if in_business is None and in_elapsed is None:
                break
            if in_elapsed is None or (in_business is not None and in_business <= in_elapsed):
                assert in_business is not None
                due, _, timer = heapq.heappop(self._business)
                self.elapsed += in_business * (to_elapsed - self.elapsed)
                self.business = max(self.business, due)
            else:
                due, _, timer = heapq.heappop(self._elapsed)
                self.business += in_elapsed * (to_business - self.business)
                self.elapsed = max(self.elapsed, due)
            if timer.action is not None:
                timer.action()
        self.business, self.elapsed = to_business, to_elapsed


def _head(heap: list[tuple[float, int, Timer]]) -> float | None:
    while heap and heap[0][2].action is None:
        heapq.heappop(heap)
    return heap[0][0] if heap else None


def _share(due: float | None, start: float, end: float) -> float | None:
    """Which part of the step from start to end passes before `due`; None when it is not reached."""
    if due is None or due > end:
        return None
    return 0.0 if due <= start else (due - start) / (end - start)
