"""A group of steps in SQLite: one `BEGIN IMMEDIATE`, a savepoint each, one commit. `writer` says what is promised."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress

from vmrd.store.base import StoreError
from vmrd.store.codec import Decoded
from vmrd.store.connection import refusal
from vmrd.store.sealing import Growth, seal_growth
from vmrd.store.secrets import SecretBox, StoreKeys
from vmrd.store.tx import SqlTx
from vmrd.store.writer import Job


class _TransactionLost(Exception):
    """SQLite rolled the whole transaction back under a step (disk full, read error)."""


class SqliteGroups:
    """`commit` is called by the writer's thread alone. Sessions need no lock here: steps run one after the other."""

    def __init__(self, connection: sqlite3.Connection, keys: StoreKeys, decoded: Decoded) -> None:
        self._connection = connection
        self._decoded = decoded
        self._key = keys.seal
        self._box = SecretBox(keys)

    def commit(self, jobs: Sequence[Job[object]]) -> Sequence[Job[object]]:
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
        return ()

    def _run_step(self, job: Job[object], growth: Growth) -> None:
        self._connection.execute("SAVEPOINT step")
        tx = SqlTx(self._connection, self._box, self._decoded)
        try:
            job.run(tx)
            tx.write_out()
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
