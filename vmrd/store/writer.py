"""Group commit: one thread, one connection, one transaction for everything that waits.

A commit costs a flush of the disk whatever is in it, so the writer takes all waiting steps (at most `GROUP`) into one.
Each step has a savepoint of its own:

| what fails                        | who hears of it                                  | what is kept                 |
|-----------------------------------|--------------------------------------------------|------------------------------|
| a step raises                     | its own caller, with that exception              | everything but the step      |
| BEGIN, the seal or COMMIT fails,  | every caller of the group, with `StoreError`     | nothing of the group         |
| or SQLite gives up the transaction|                                                  |                              |
| a caller is cancelled             | nobody; a step not yet begun is left out, one    | whole step or nothing        |
|                                   | that has begun is committed with its group       |                              |
| the process is killed             | nobody                                           | every group that was told of |

Callers are told after the commit, all of a group in one visit to their event loop.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from vmrd.store.base import StoreError, Tx
from vmrd.store.codec import Decoded
from vmrd.store.connection import refusal
from vmrd.store.sealing import Growth, seal_growth
from vmrd.store.secrets import SecretBox, StoreKeys
from vmrd.store.tx import SqliteTx

T = TypeVar("T")

GROUP = 512
"""Steps in one transaction at most: a bound on how long the first of them waits."""


class Job(Generic[T]):
    """A step on its way: `told` is done when the commit is, and `outcome` then gives its result or raises. `after` is
    called with the result before, for what must be told even where the caller was cancelled meanwhile.
    """

    __slots__ = ("_after", "_error", "_ran", "_result", "_step", "told")
    _result: T

    def __init__(
        self, step: Callable[[Tx], T], told: asyncio.Future[None], after: Callable[[T], None] | None = None
    ) -> None:
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


class _TransactionLost(Exception):
    """SQLite rolled the whole transaction back under a step (disk full, read error)."""


class Writer:
    """The thread that writes. `submit` from the event loop; `tell` is called there with every group that ended."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        keys: StoreKeys,
        decoded: Decoded,
        tell: Callable[[Sequence[Job[object]]], None],
    ) -> None:
        self._connection = connection
        self._decoded = decoded
        self._key = keys.seal
        self._box = SecretBox(keys)
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
        running = True
        while running:
            jobs, running = self._next_group()
            if jobs:
                self._commit([job for job in jobs if not job.told.cancelled()])
                with suppress(RuntimeError):  # the loop has closed: nobody is left to tell
                    jobs[0].told.get_loop().call_soon_threadsafe(self._tell, jobs)

    def _next_group(self) -> tuple[list[Job[object]], bool]:
        """Wait for one job and take all that wait with it; False when told to stop."""
        jobs: list[Job[object]] = []
        with suppress(queue.Empty):
            while len(jobs) < GROUP:
                job = self._waiting.get(block=not jobs)
                if job is None:
                    return jobs, False
                jobs.append(job)
        return jobs, True

    def _commit(self, jobs: Sequence[Job[object]]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            growth = Growth()
            for job in jobs:
                self._run_step(job, growth)
            seal_growth(self._connection, self._key, growth)
            self._connection.execute("COMMIT")
        except Exception as error:
            with suppress(sqlite3.Error):  # some failures have rolled back already
                self._connection.execute("ROLLBACK")
            for job in jobs:
                job.fail(_as_store_error(error))

    def _run_step(self, job: Job[object], growth: Growth) -> None:
        self._connection.execute("SAVEPOINT step")
        tx = SqliteTx(self._connection, self._box, self._decoded)
        try:
            job.run(tx)
        except BaseException as error:
            if not self._connection.in_transaction:
                raise _TransactionLost from error
            self._connection.execute("ROLLBACK TO step")
            job.fail(refusal(error) if isinstance(error, sqlite3.Error) else error)
        else:
            growth.absorb(tx.growth)
        self._connection.execute("RELEASE step")


def _as_store_error(error: Exception) -> StoreError:
    match error:
        case StoreError():
            return StoreError(str(error))
        case sqlite3.Error():
            return refusal(error)
        case _TransactionLost(__cause__=sqlite3.Error() as cause):
            return refusal(cause)
        case _:
            return StoreError(f"the commit failed: {type(error).__name__}")
