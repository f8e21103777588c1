"""Two time lines and the timers on them.

*Business* time is the time on the wall of the prison: epoch seconds, replication, the waiting room, the Host's grace.
*Elapsed* time is what a machine measures: token expiry, lag, back-off. They are apart so that a demo may jump an hour
ahead without every token expiring on the way.

When both lines move in one step, timers fire in the order in which their share of the step comes round, so a step of
an hour against a second behaves like many small steps.

Most timers are cancelled, and long before they are due: one per token refreshed, per admission, per return of a Host.
A line is swept when more than half of it is cancelled, so what is kept is at most twice what is still to come.
"""

import heapq
from collections.abc import Callable
from itertools import count

Callback = Callable[[], None]
SWEPT_FROM = 64


class Timer:
    """One thing that is due; `cancel` makes it never happen."""

    __slots__ = ("_line", "action", "due")

    def __init__(self, due: float, action: Callback, line: "_Line") -> None:
        self.due = due
        self.action: Callback | None = action
        self._line = line

    def cancel(self) -> None:
        """Forget it; safe to repeat and safe after it fired."""
        if self.action is not None:
            self.action = None
            self._line.lost_one()


class _Line:
    """The timers of one time line, earliest first, and how many of them were cancelled."""

    __slots__ = ("_cancelled", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._cancelled = 0

    def add(self, order: int, timer: Timer) -> bool:
        """Keep this timer; whether it is now the first."""
        heapq.heappush(self._heap, (timer.due, order, timer))
        return self._heap[0][2] is timer

    def head(self) -> float | None:
        """When the first timer is due."""
        while self._heap and self._heap[0][2].action is None:
            heapq.heappop(self._heap)
            self._cancelled -= 1
        return self._heap[0][0] if self._heap else None

    def pop(self) -> Timer:
        """Take the first timer, which is not cancelled: `head` was asked before."""
        return heapq.heappop(self._heap)[2]

    def lost_one(self) -> None:
        """A timer that is still kept was cancelled."""
        self._cancelled += 1
        if self._cancelled > SWEPT_FROM and 2 * self._cancelled > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].action is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0


class Clockwork:
    """The two times and their timers. Timers due at one instant fire in the order in which they were set.

    `on_sooner` is called when a timer was set that is due before all others of its line.
    """

    __slots__ = ("_business", "_elapsed", "_order", "business", "elapsed", "on_sooner")

    def __init__(self, business: float, elapsed: float = 0.0) -> None:
        self.business = business
        self.elapsed = elapsed
        self.on_sooner: Callback = lambda: None
        self._business = _Line()
        self._elapsed = _Line()
        self._order = count()

    def after_business(self, delay: float, action: Callback) -> Timer:
        """Do this `delay` business seconds from now."""
        return self._set(self._business, self.business + delay, action)

    def after_elapsed(self, delay: float, action: Callback) -> Timer:
        """Do this `delay` elapsed seconds from now."""
        return self._set(self._elapsed, self.elapsed + delay, action)

    def next_due(self) -> tuple[float | None, float | None]:
        """When the next timer is due on the business line and on the elapsed line."""
        return self._business.head(), self._elapsed.head()

    def advance(self, business: float | None = None, elapsed: float | None = None) -> None:
        """Move to these instants (never backwards), firing what falls due on the way, one at a time and in order."""
        to_business = max(self.business, self.business if business is None else business)
        to_elapsed = max(self.elapsed, self.elapsed if elapsed is None else elapsed)
        while True:
            in_business = _share(self._business.head(), self.business, to_business)
            in_elapsed = _share(self._elapsed.head(), self.elapsed, to_elapsed)
            if in_business is None and in_elapsed is None:
                break
            if in_elapsed is None or (in_business is not None and in_business <= in_elapsed):
                assert in_business is not None
                timer = self._business.pop()
                self.elapsed += in_business * (to_elapsed - self.elapsed)
                self.business = max(self.business, timer.due)
            else:
                timer = self._elapsed.pop()
                self.business += in_elapsed * (to_business - self.business)
                self.elapsed = max(self.elapsed, timer.due)
            action, timer.action = timer.action, None
            assert action is not None
            action()
        self.business, self.elapsed = to_business, to_elapsed

    def _set(self, line: _Line, due: float, action: Callback) -> Timer:
        timer = Timer(due, action, line)
        if line.add(next(self._order), timer):
            self.on_sooner()
        return timer


def _share(due: float | None, start: float, end: float) -> float | None:
    """Which part of the step from start to end passes before `due`; None when it is not reached."""
    if due is None or due > end:
        return None
    return 0.0 if due <= start else (due - start) / (end - start)
