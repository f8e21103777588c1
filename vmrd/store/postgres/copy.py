"""Moving a site: all of an SQLite file into an empty PostgreSQL database, in one transaction, and looked at again.

Each table is read back row by row and compared by count and by a digest that no order of rows changes; then the journal
is verified where it now is, with its seals. Whatever differs, or fails, leaves the target as empty as it was. Secrets
are carried as they are, encrypted: the new place needs the same `store.key`.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from vmrd.store import outbox
from vmrd.store.base import StoreError
from vmrd.store.connection import Alone, for_reading
from vmrd.store.connection import refusal as file_refusal
from vmrd.store.journal import faults_of, verify
from vmrd.store.migrate import SchemaStatus, require_current
from vmrd.store.place import Server
from vmrd.store.postgres.link import Link, connect, refusal
from vmrd.store.postgres.migrate import bring_up
from vmrd.store.postgres.store import texts_as_stored

_FIRST = ("session", "works")
"""What others point at."""
_SAME_ANYWHERE = frozenset({"meta"})
"""Says which schema a database has; each has its own."""
_ONE_ROW = frozenset({"fence", "revocation"})
"""Where a new schema begins with a row."""
_FOR_LONG = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"


@dataclass(frozen=True, slots=True)
class Table:
    """One table as it is in the file. `digest`: the sum of its rows' hashes."""

    name: str
    columns: tuple[str, ...]
    rows: int
    digest: int


def copy(path: Path, server: Server, seal_key: bytes) -> list[Table]:
    """Copy the stopped database at `path`; what went. Raises `StoreError`, and then nothing has.

    It is refused while a daemon has the file open, where the target has anything in it, and where the journal does not
    verify with this key.
    """
    with closing(Alone(path)):
        if require_current(path) is not SchemaStatus.CURRENT:
            raise StoreError("the database is one step newer than this release: move it with the newer vmrd")
        with closing(for_reading(path)) as source, closing(connect(server)) as target:
            if faults := verify(source, seal_key):
                raise StoreError(f"the journal does not verify, and is not moved ({faults[0].where}: {faults[0].what})")
            try:
                source.execute("BEGIN")
                target.wire.longest = None
                target.raw.execute(_FOR_LONG)
                target.execute("BEGIN")
                target.raw.execute(_FOR_LONG)
                tables = _all(source, target)
                texts_as_stored(target)
                if faults := faults_of(target, seal_key, ()):
                    raise StoreError(f"the copy does not verify ({faults[0].where}: {faults[0].what})")
                target.execute("COMMIT")
            except psycopg.Error as error:
                raise refusal(error) from error
            except sqlite3.Error as error:
                raise file_refusal(error) from error
            return tables


def _all(source: sqlite3.Connection, target: Link) -> list[Table]:
    bring_up(target)
    tables = [_described(source, name) for name in _names(source)]
    for table in tables:
        if table.name in _ONE_ROW:
            target.execute(f"DELETE FROM {table.name}")  # noqa: S608
        if target.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone() is not None:  # noqa: S608
            raise StoreError(_occupied(source, target))
    for table in tables:
        _copied(source, target, table)
        rows = target.execute(f"SELECT {', '.join(table.columns)} FROM {table.name}")  # noqa: S608
        if (table.rows, table.digest) != _digest(rows):
            raise StoreError(f"{table.name} did not arrive as it was")
    _go_on_counting(source, target)
    outbox.forget_leases(target)
    target.execute("DELETE FROM lease")
    return tables


def _occupied(source: sqlite3.Connection, target: Link) -> str:
    """Whoever was cut off behind the commit, and begins again, is told that it is done."""
    head = "SELECT seals, rows, last FROM seal_head"
    if source.execute(head).fetchone() == target.execute(head).fetchone():
        return "all of it is at that URL already: put store.url in place of store.path"
    return "there is something in the database at that URL already: copy into an empty one"


def _names(source: sqlite3.Connection) -> list[str]:
    found = {
        name
        for (name,) in source.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    }
    return [*_FIRST, *sorted(found - {*_FIRST, *_SAME_ANYWHERE})]


def _described(source: sqlite3.Connection, name: str) -> Table:
    columns = tuple(column for (column,) in source.execute("SELECT name FROM pragma_table_info(?)", (name,)))
    return Table(name, columns, *_digest(_rows(source, name, columns)))


def _rows(source: sqlite3.Connection, name: str, columns: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    rows = source.execute(f"SELECT {', '.join(columns)} FROM {name}")  # noqa: S608
    # A zero that an older release kept in a person's name ends a text in PostgreSQL; see `tx.ref`.
    return (tuple(each.replace("\0", "?") if isinstance(each, str) else each for each in row) for row in rows)


def _copied(source: sqlite3.Connection, target: Link, table: Table) -> None:
    statement = f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN"
    with target.raw.cursor() as cursor, cursor.copy(statement) as into:
        for row in _rows(source, table.name, table.columns):
            into.write_row(row)


def _go_on_counting(source: sqlite3.Connection, target: Link) -> None:
    """A command's number is never used again, not even one whose command is gone."""
    last = source.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
    if last is not None:
        target.execute("SELECT setval(pg_get_serial_sequence('outbox', 'id'), ?)", last)


def _digest(rows: Iterable[Sequence[Any]]) -> tuple[int, int]:
    """How many rows there are, and the sum of their hashes."""
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(hashlib.sha256(b"".join(_framed(value) for value in row)).digest(), "big")
    return count, total % (1 << 256)


def _framed(value: object) -> bytes:
    match value:
        case None:
            return b"n"
        case int():
            kind, data = b"i", str(value).encode()
        case str():
            kind, data = b"t", value.encode()
        case bytes():
            kind, data = b"b", value
        case _:
            raise StoreError(f"a value of type {type(value).__name__} is in the database, where none can be")
    return kind + len(data).to_bytes(8, "big") + data
