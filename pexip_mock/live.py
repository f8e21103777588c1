"""The world on real clocks: moves it on as time passes, and lets requests wait for, hold up and cut things.

One task (`run`) sleeps until the world's next timer on either clock, or until an earlier one is set.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pexip_mock.accounts import Accounts
from pexip_mock.clock import BusinessClock
from pexip_mock.faults import Fault, FaultBook, How
from pexip_mock.ground import later_than
from pexip_mock.knobs import Knobs
from pexip_mock.operations import Operation
from pexip_mock.sink_feeds import Feed
from pexip_mock.world import World

REQUESTS_KEPT = 20_000
LONGEST_SLEEP_S = 60.0


@dataclass(slots=True)
class Asked:
    """One request that was made. Never holds a PIN or a token.

    `status` is 0 until it was answered; `fault` is the id of the one it met.
    """

    seq: int
    at: float
    node: str
    method: str
    route: str
    operation: str
    by: str = ""
    target: str = ""
    status: int = 0
    fault: int | None = None


class Platform:
    """One running mock."""

    def __init__(self, knobs: Knobs, seed: int, clock: BusinessClock, user: str, password: str) -> None:
        self.clock = clock
        self.user = user
        self.password = password
        self.accounts = Accounts(user, password)
        self.seed = seed
        self.inside = secrets.token_hex(16)
        self.faults = FaultBook()
        self.asked: deque[Asked] = deque(maxlen=REQUESTS_KEPT)
        self.away: set[str] = set()
        self.routes: frozenset[str] = frozenset()
        self.on_new_feeds: Callable[[list[Feed]], None] = lambda _feeds: None
        self._asked_so_far = 0
        self._lock_asked: dict[str, None] = {}
        self._born = time.monotonic()
        self._ahead = 0.0
        self._world = World(knobs, seed, clock.now())
        self._changed = asyncio.Event()
        self._world.on_sooner(self._changed.set)
        clock.on_moved = self._changed.set
        self._held: dict[int, asyncio.Event] = {}
        self._cutters: set[Callable[[], None]] = set()

    @property
    def world(self) -> World:
        """The world as of now."""
        self.catch_up()
        return self._world

    def catch_up(self) -> None:
        """Move the world to the present, firing what is due."""
        self._world.advance(self.clock.now(), self._elapsed())

    def skip(self, seconds: float) -> None:
        """Let so many elapsed seconds have passed for the world: its tokens and lags age, its sockets do not."""
        self._ahead += seconds

    def set_rate(self, rate: float) -> None:
        """Let business time run faster or slower from now on."""
        self.catch_up()
        self.clock.set_rate(rate)

    async def run(self) -> None:
        """Move the world on, for ever."""
        while True:
            self._changed.clear()
            business, elapsed = self._world.next_due()
            sleep = LONGEST_SLEEP_S
            if business is not None and self.clock.rate > 0:
                sleep = min(sleep, (business - self.clock.now()) / self.clock.rate)
            if elapsed is not None:
                sleep = min(sleep, elapsed - self._elapsed())
            try:
                async with asyncio.timeout(max(sleep, 0.0)):
                    await self._changed.wait()
            except TimeoutError:
                self.catch_up()

    def _elapsed(self) -> float:
        return time.monotonic() - self._born + self._ahead

    def ask(self, node: str, method: str, route: str, operation: Operation, target: str) -> Asked:
        """Note a request in the account."""
        self._asked_so_far += 1
        asked = Asked(self._asked_so_far, self.clock.now(), node, method, route, operation.value, target=target)
        self.asked.append(asked)
        return asked

    def asked_after(self, seq: int) -> list[Asked]:
        """The requests numbered above this; only the last `REQUESTS_KEPT` are remembered."""
        return later_than(seq, self.asked)

    def lock_was_asked(self, conference: str) -> bool:
        """Whether this conference had been asked to lock before; it has now."""
        before = conference in self._lock_asked
        self._lock_asked[conference] = None
        while len(self._lock_asked) > REQUESTS_KEPT:
            del self._lock_asked[next(iter(self._lock_asked))]
        return before

    async def hold(self, fault: Fault) -> None:
        """Wait until this fault is removed."""
        if fault.released:
            return
        released = self._held.setdefault(fault.id, asyncio.Event())
        fault.held_now += 1
        try:
            await released.wait()
        finally:
            fault.held_now -= 1
            if not fault.held_now:
                self._held.pop(fault.id, None)

    def remove_fault(self, fault_id: int) -> bool:
        """Take a fault back and let go whatever it holds; False when there is no such fault."""
        fault = self.faults.remove(fault_id)
        if fault is None:
            return False
        released = self._held.pop(fault_id, None)
        if released is not None:
            released.set()
        return True

    def order_fault(self, operation: str, how: How, times: int | None, delay_s: float, status: int) -> Fault:
        """Order a fault; one that disconnects event streams does so at once to those that are open."""
        fault = self.faults.order(operation, how, times, delay_s, status)
        if how is How.DISCONNECT and operation == Operation.EVENTS:
            for cut in list(self._cutters):
                if fault.spent:
                    break
                fault.met += 1
                cut()
        return fault

    def watch_stream(self, cut: Callable[[], None]) -> Callable[[], None]:
        """An event stream opened; `cut` closes it. Returns what to call when it has closed."""
        self._cutters.add(cut)
        return lambda: self._cutters.discard(cut)

    def cut_streams(self) -> None:
        """Close every open event stream."""
        for cut in list(self._cutters):
            cut()
