"""The store of one machine: SQLite, one writer thread, a few readers, each on a read-only connection of its own that
sees the last commit and waits for nobody."""

from __future__ import annotations

import queue
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

import structlog

from vmrd.lifecycle.words import Instant
from vmrd.store import outbox
from vmrd.store.base import Rx, StoreError, Tx
from vmrd.store.codec import Decoded
from vmrd.store.connection import Alone, for_reading, for_writing, refusal
from vmrd.store.file_system import FAR, file_system_of
from vmrd.store.group import SqliteGroups
from vmrd.store.migrate import SchemaStatus, require_current
from vmrd.store.rx import SqlRx
from vmrd.store.sealing import begin_head, require_head, seal_growth
from vmrd.store.secrets import SecretBox, StoreKeys
from vmrd.store.sql import READERS, SqlStore
from vmrd.store.tx import SqlTx

log = structlog.get_logger(__name__)

T = TypeVar("T")


def connect(path: Path, keys: StoreKeys) -> SqlStore:
    """Open the database for the one daemon that may use it.

    Raises `StoreError` while another has it open, on a network file system, where the schema is none this release can
    work with, and where the journal was sealed with another key.
    """
    kind = file_system_of(path.absolute())
    if kind in FAR:
        raise StoreError(
            f"{path} lies on a network file system ({kind}), where SQLite can lose what it was told: use a "
            "local disk, or PostgreSQL"
        )
    with ExitStack() as opened:
        opened.enter_context(closing(Alone(path)))
        if require_current(path) is SchemaStatus.ONE_AHEAD:
            log.warning("schema_is_one_step_ahead")
        connection = opened.enter_context(closing(for_writing(path)))
        with _refusals():
            begin_head(connection, keys.seal)
            require_head(connection, keys.seal)
            outbox.forget_leases(connection)
            connection.execute("DELETE FROM lease")
        readers = [opened.enter_context(closing(for_reading(path))) for _ in range(READERS)]
        decoded = Decoded()
        return SqlStore(
            SqliteGroups(connection, keys, decoded).commit, _Readers(readers, keys, decoded), opened.pop_all()
        )


def write_once(path: Path, keys: StoreKeys, step: Callable[[Tx], T]) -> T:
    """One step from the command line, such as adding an officer, whether or not a daemon runs; blocks.

    Raises what the step raises, and `StoreError` as `connect` does, save for a running daemon.
    """
    require_current(path)
    with closing(for_writing(path)) as connection:
        with _refusals():
            begin_head(connection, keys.seal)
            with connection:  # commits, or rolls back what raised
                connection.execute("BEGIN IMMEDIATE")
                tx = SqlTx(connection, SecretBox(keys), Decoded())
                result = step(tx)
                tx.write_out()
                seal_growth(connection, keys.seal, tx.growth)
        return result


@contextmanager
def open_for_reading(path: Path, keys: StoreKeys) -> Iterator[SqlRx]:
    """One consistent look at the database from the command line, whether or not a daemon runs.

    Raises `StoreError` where the schema is not this release's, and for what the database refuses meanwhile.
    """
    require_current(path)
    with closing(for_reading(path)) as connection, _snapshot(connection):
        yield SqlRx(connection, SecretBox(keys), Decoded())


class _Readers:
    """As many queries at once as there are connections."""

    def __init__(self, connections: Sequence[sqlite3.Connection], keys: StoreKeys, decoded: Decoded) -> None:
        self.at_once = len(connections)
        self._box, self._decoded = SecretBox(keys), decoded
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        for connection in connections:
            self._idle.put(connection)

    def time(self) -> Instant | None:
        return None

    def say(self, line: str) -> None:
        """There is nobody."""

    def query(self, query: Callable[[Rx], T]) -> T:
        connection = self._idle.get_nowait()
        try:
            with _snapshot(connection):
                return query(SqlRx(connection, self._box, self._decoded))
        finally:
            self._idle.put(connection)


@contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything read inside is of one commit."""
    with _refusals():
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise refusal(error) from error
