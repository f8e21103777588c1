"""Group commit: one thread, one connection, one transaction for everything that waits.

A commit costs a flush of the disk whatever is in it, so the writer takes all waiting steps (at most `GROUP`) into one.
Each step has a savepoint of its own. How a group is committed is the database's own matter (`group` for SQLite,
`postgres.group`); what comes of it is not:

| what fails                        | who hears of it                                  | what is kept                 |
|-----------------------------------|--------------------------------------------------|------------------------------|
| a step raises                     | its own caller, with that exception              | everything but the step      |
| BEGIN, the seal or COMMIT fails,  | every caller of the group, with `StoreError`     | nothing of the group         |
| or the transaction is given up    |                                                  |                              |
| the connection is lost in COMMIT  | every caller, with a `StoreError` that says so   | all of the group, or nothing |
| another replica is at a session   | nobody: the step waits for a later group         | everything but the step      |
| a caller is cancelled             | nobody; a step not yet begun is left out, one    | whole step or nothing        |
|                                   | that has begun is committed with its group       |                              |
| the process is killed             | nobody                                           | every group that was told of |
| the database's own part has a     | every caller of the group, with `StoreError`     | not known                    |
| fault                             |                                                  |                              |

Callers are told after the commit, all of a group in one visit to their event loop.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from vmrd.store.base import Find, Tx
from vmrd.store.errors import Unsure

T = TypeVar("T")

GROUP = 512
"""Steps in one transaction at most: a bound on how long the first of them waits."""
_AGAIN = 0.005
"""Seconds after which steps that were put off are tried again, unless a new one comes before."""


class Job(Generic[T]):
    """A step on its way: `told` is done when the commit is, and `outcome` then gives its result or raises. `after` is
    called with the result before, for what must be told even where the caller was cancelled meanwhile.
    """

    __slots__ = ("_after", "_error", "_ran", "_result", "_step", "put_off_since", "sessions", "told")
    _result: T

    def __init__(
        self,
        sessions: Sequence[str] | Find,
        step: Callable[[Tx], T],
        told: asyncio.Future[None],
        after: Callable[[T], None] | None = None,
    ) -> None:
        self.sessions = sessions
        self.put_off_since: float | None = None
        self._step = step
        self._after = after
        self._ran = False
        self._error: BaseException | None = None
        self.told = told

    def run(self, tx: Tx) -> None:
        self._result = self._step(tx)
        self._ran = True

    def fail(self, error: BaseException) -> None:
        self._error = error

    def tell(self) -> None:
        """The group has ended; called in the event loop. Never raises: the rest of the group must hear of it too."""
        if self._after is not None and self._ran and self._error is None:
            try:
                self._after(self._result)
            except Exception as error:
                self._error = error
        if not self.told.done():  # its caller may have been cancelled
            self.told.set_result(None)

    def outcome(self) -> T:
        if self._error is not None:
            raise self._error
        return self._result


Commit = Callable[[Sequence[Job[object]]], Sequence[Job[object]]]
"""Runs a group of steps in one transaction and returns those that were put off; the others know their outcome then."""


class Writer:
    """The thread that writes. `submit` from the event loop; `tell` is called there with every group that ended."""

    def __init__(self, commit: Commit, tell: Callable[[Sequence[Job[object]]], None]) -> None:
        self._commit = commit
        self._tell = tell
        self._waiting: queue.SimpleQueue[Job[object] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job[T]) -> None:
        """Never blocks; whoever submits keeps the number of waiting jobs bounded."""
        self._waiting.put(job)  # type: ignore[arg-type]

    def stop(self) -> None:
        """Commit what was submitted, then end. Blocks."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        running, put_off = True, list[Job[object]]()
        while running or put_off:
            jobs, running = self._next_group(put_off, running)
            if jobs:
                put_off = self._committed([job for job in jobs if not job.told.cancelled()])
                later = set(put_off)
                ended = [job for job in jobs if job not in later]
                with suppress(RuntimeError):  # the loop has closed: nobody is left to tell
                    jobs[0].told.get_loop().call_soon_threadsafe(self._tell, ended)

    def _committed(self, jobs: Sequence[Job[object]]) -> list[Job[object]]:
        """What was put off. Were the thread to end with a fault, every caller from then on would wait for ever."""
        try:
            return list(self._commit(jobs))
        except Exception as error:
            for job in jobs:
                job.fail(Unsure(f"the commit failed: {type(error).__name__}"))
            return []

    def _next_group(self, put_off: Sequence[Job[object]], running: bool) -> tuple[list[Job[object]], bool]:
        """Wait for one job and take all that wait with it, behind those put off; False when told to stop."""
        jobs: list[Job[object]] = []
        if put_off and not (running and len(put_off) < GROUP):
            time.sleep(_AGAIN)  # no new one is waited for
        with suppress(queue.Empty):
            while running and len(jobs) + len(put_off) < GROUP:
                job = self._waiting.get(block=not jobs, timeout=_AGAIN if put_off else None)
                if job is None:
                    return [*put_off, *jobs], False
                jobs.append(job)
        return [*put_off, *jobs], running
