"""Faults that were ordered: what shall go wrong, how, and how often it has.

| how | a request | the event stream |
|---|---|---|
| status | answered with a status, no effect | refused at connect |
| delay | served late | each event late |
| drop | connection closed, no effect | closed at connect |
| lose-answer | takes effect, connection closed | closed at connect |
| ignore | answered as success, no effect | opens and stays silent |
| disconnect | served, and all event streams close | streams close |
| duplicate | takes effect twice | an event comes twice |
| reorder | – | an event comes after its successor |
| hold-before | waits before its effect, until released | waits before it opens |
| hold-after | takes effect, its answer waits until released | opens, events wait until released |

What it befalls is an operation by its name, or one route by method and path as `operations.routed` writes it.

A client that goes away while its request is held before the effect prevents the effect.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

from pexip_mock.operations import Operation


class How(StrEnum):
    """The way in which something goes wrong."""

    STATUS = "status"
    DELAY = "delay"
    DROP = "drop"
    LOSE_ANSWER = "lose-answer"
    IGNORE = "ignore"
    DISCONNECT = "disconnect"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    HOLD_BEFORE = "hold-before"
    HOLD_AFTER = "hold-after"


FAULTS_KEPT = 10_000
ON_EVENTS = frozenset({How.DELAY, How.DUPLICATE, How.REORDER, How.HOLD_AFTER})
ON_CONNECT = frozenset({How.STATUS, How.DROP, How.LOSE_ANSWER, How.IGNORE, How.HOLD_BEFORE})
ON_REQUESTS = frozenset(How) - {How.REORDER}
ON_SINKS = frozenset(How) - {How.DISCONNECT}


@dataclass(slots=True, eq=False)
class Fault:
    """One order. `times` is how often it shall happen (None: until removed), `met` how often it has."""

    id: int
    operation: str
    how: How
    times: int | None
    delay_s: float
    status: int
    met: int = 0
    held_now: int = 0
    released: bool = False

    @property
    def spent(self) -> bool:
        """Whether it will not happen again."""
        return self.released or (self.times is not None and self.met >= self.times)


class FaultBook:
    """All faults ordered, oldest first; of those that happened as often as ordered, the last `FAULTS_KEPT`.

    `_waiting` holds those that may still happen, so that no request looks at what is spent or meant for another.
    """

    def __init__(self) -> None:
        self._ids = count(1)
        self._faults: dict[int, Fault] = {}
        self._waiting: dict[tuple[str, How], deque[Fault]] = {}

    def order(self, operation: str, how: How, times: int | None = 1, delay_s: float = 1.0, status: int = 503) -> Fault:
        """From now on this shall go wrong in this way, so many times."""
        fault = Fault(next(self._ids), operation, how, times, delay_s, status)
        self._faults[fault.id] = fault
        self._waiting.setdefault((operation, how), deque()).append(fault)
        self._forget_oldest()
        return fault

    def meet(self, names: tuple[str, ...], hows: frozenset[How]) -> Fault | None:
        """The fault that befalls an operation with these names, if any; it counts as met."""
        if not self._waiting:
            return None
        for name in names:
            found = [fault for how in hows if (fault := self._oldest(name, how)) is not None]
            if found:
                fault = min(found, key=lambda one: one.id)
                fault.met += 1
                return fault
        return None

    def remove(self, fault_id: int) -> Fault | None:
        """Take a fault back; None when there is no such fault."""
        fault = self._faults.pop(fault_id, None)
        if fault is not None:
            fault.released = True
        return fault

    def listed(self) -> list[Fault]:
        """All faults not removed, met or not."""
        return list(self._faults.values())

    def _oldest(self, operation: str, how: How) -> Fault | None:
        waiting = self._waiting.get((operation, how))
        while waiting:
            if not waiting[0].spent:
                return waiting[0]
            waiting.popleft()
        if waiting is not None:
            del self._waiting[operation, how]
        return None

    def _forget_oldest(self) -> None:
        while len(self._faults) > FAULTS_KEPT:
            over = next((fault for fault in self._faults.values() if fault.spent and not fault.held_now), None)
            if over is None:
                return
            del self._faults[over.id]


def can_happen(operation: str, how: How) -> bool:
    """Whether this way of failing could ever befall this operation."""
    match operation:
        case Operation.ANY | Operation.EVENTS:
            return True
        case Operation.SINK:
            return how in ON_SINKS
        case _:
            return how in ON_REQUESTS
