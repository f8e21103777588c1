"""An event loop on a time of its own: who waits waits no longer than others are busy, so an hour takes a second.

Everything that runs belongs to a *host*, carried by the context of its tasks and callbacks. A host that is frozen does
nothing at all until it thaws (SIGSTOP); one that is killed never does anything again, no `finally` and no farewell
(SIGKILL). One thread, no real socket and no real clock: the same history is the same each time it is told.
"""

from __future__ import annotations

import asyncio
import heapq
import selectors
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any

from tests.chaos.net import Net

HOST: ContextVar[str] = ContextVar("HOST", default="people")
"""Whose work this is."""
BEGAN = 1_000.0
"""What the loop's clock shows when a history begins."""

_A_ROUND = 1e-6
"""Seconds that pass in every round, or rounding could leave somebody who waits for now waiting for ever."""


class Stuck(AssertionError):
    """Everybody waits for something that nobody will do."""


class _Task(asyncio.Task[Any]):
    """Tasks are kept in sets, and cancelled in their order: it must be the same each time."""

    def __init__(self, number: int, *given: Any, **how: Any) -> None:
        self._number = number
        super().__init__(*given, **how)

    def __hash__(self) -> int:
        return self._number


class VirtualLoop(asyncio.SelectorEventLoop):
    """`look` is called after every round in which something was done."""

    def __init__(self) -> None:
        super().__init__(selectors.SelectSelector())
        self._virtual = BEGAN
        self._asleep: dict[str, deque[events.Handle]] = {}
        self._dead: set[str] = set()
        self._never: list[events.Handle] = []  # what dead hosts would have done next
        self._begun: list[asyncio.Task[Any]] = []  # or what a killed host left would end when memory is tidied
        self.set_task_factory(self._make)
        self.look: Callable[[], None] = lambda: None
        self.net = Net(self)
        self.set_exception_handler(lambda _loop, _what: None)  # of tasks that were killed: nobody is to hear of them

    def time(self) -> float:
        return self._virtual

    def begin(self, host: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Do this as work of that host."""
        return self.create_task(work, context=of_host(host))

    def _make(self, _: object, work: Coroutine[Any, Any, Any], **how: Any) -> asyncio.Task[Any]:
        self._begun.append(task := _Task(len(self._begun), work, loop=self, **how))
        return task

    def freeze(self, host: str) -> None:
        """The host does nothing from now on."""
        self._asleep.setdefault(host, deque())

    def thaw(self, host: str) -> None:
        """It goes on, late for everything."""
        self._ready.extend(self._asleep.pop(host, ()))

    def kill(self, host: str) -> None:
        """It never does anything again; its connections are reset."""
        self._dead.add(host)
        self._never.extend(self._asleep.pop(host, ()))
        self.net.drop(host)

    def frozen(self, host: str) -> bool:
        return host in self._asleep

    def bury(self) -> None:
        """Whatever is left of anybody ends, so that nothing of it lingers in the process."""
        self.look = lambda: None
        self._dead.clear()
        for host in list(self._asleep):
            self.thaw(host)
        self.net.close()
        left = [task for task in self._begun if not task.done()]
        for task in left:
            task.cancel()
        self._ready.extend(self._never)  # a task whose next step was never taken hears of its end by that step alone
        self._never.clear()
        if left:
            self.run_until_complete(asyncio.wait(left, timeout=600.0))
        assert all(task.done() for task in left), "what lingers ends in the middle of somebody else's test"

    def _run_once(self) -> None:
        self._virtual += _A_ROUND
        while self._scheduled and self._scheduled[0]._cancelled:
            heapq.heappop(self._scheduled)._scheduled = False
        if not self._ready and not self._stopping:
            if not self._scheduled:
                raise Stuck("nothing is left to happen")
            self._virtual = max(self._virtual, self._scheduled[0].when())
        while self._scheduled and self._scheduled[0].when() <= self._virtual:
            handle = heapq.heappop(self._scheduled)
            handle._scheduled = False
            self._ready.append(handle)
        for _ in range(len(self._ready)):
            handle = self._ready.popleft()
            if handle._cancelled:
                continue
            host = handle._context.get(HOST, "people")
            if host in self._dead:
                self._never.append(handle)
                continue
            if host in self._asleep:
                self._asleep[host].append(handle)
                continue
            handle._run()
        self.look()

    # sockets that are none

    async def sock_connect(self, sock: Any, address: Any) -> None:
        await self.net.dial(HOST.get(), sock, address[1])

    async def create_connection(self, protocol_factory: Any, *args: Any, sock: Any = None, **_: Any) -> Any:  # type: ignore[override]
        return self.net.connect(HOST.get(), protocol_factory, sock)

    async def create_server(self, protocol_factory: Any, host: Any = None, port: Any = None, **_: Any) -> Any:  # type: ignore[override]
        return self.net.listen(HOST.get(), protocol_factory, port)


def of_host(host: str) -> Context:
    """A context in which all that is begun is that host's."""
    context = copy_context()
    context.run(HOST.set, host)
    return context
