"""Opening the SQLite file: how durable, how careful, and for whom.

WAL with `synchronous=FULL`: a commit is on disk before anybody hears of it. The WAL is checkpointed every 1,000 pages,
some hundred presses: with 200 a group of presses fills it by itself, and each commit then waits for a checkpoint (a
tenth of the throughput). `secure_delete` overwrites erased names and wiped PINs in the file, where SQLite would else
only forget them; the WAL loses them at its next round, and when the last connection closes. `temp_store` is memory for
the sake of savepoints: what a step changes is copied so that it alone can be undone, and a group of steps soon had
those copies spill into a file (a sixth of what a booking cost).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

from vmrd.store.base import StoreError
from vmrd.store.errors import KeepsNothing

BUSY_SECONDS = 5.0
"""How long a statement waits for another process (a migration, a backup) before it is refused."""


_MEANS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written, or is full",
    sqlite3.SQLITE_READONLY: "the file, its folder or the disk is read-only",
    sqlite3.SQLITE_CANTOPEN: "the file or its folder cannot be opened",
    sqlite3.SQLITE_BUSY: "another program holds it",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: keep it, and restore a backup",
    sqlite3.SQLITE_NOTADB: "the file is damaged, or no database: keep it, and restore a backup",
}
"""What whoever looks after the machine can do something about, by SQLite's primary code."""
_KEEPS_NOTHING = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY})


def refusal(error: sqlite3.Error) -> StoreError:
    """The same in the port's words. SQLite's own texts name tables and columns, but some quote what they were given."""
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    means, kind = _MEANS.get(code), KeepsNothing if code in _KEEPS_NOTHING else StoreError
    return kind(f"the database refused: {name}" + (f" ({means})" if means is not None else ""))


def for_writing(path: Path) -> sqlite3.Connection:
    """A connection that commits durably. Raises `StoreError` where there is no database, or none of SQLite's."""
    return _open(
        path,
        "rw",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "wal_autocheckpoint = 1000",
        "secure_delete = ON",
        "temp_store = MEMORY",
    )


def for_reading(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; it may be used while a daemon runs. Raises `StoreError` as `for_writing`."""
    return _open(path, "ro", "query_only = ON")


def _open(path: Path, mode: str, *pragmas: str) -> sqlite3.Connection:
    if not path.exists():
        raise StoreError(f"there is no database at {path}: run `vmrd migrate`")
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,  # transactions begin and end where the code says so
            check_same_thread=False,  # opened by one thread, used by one other
        )
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise refusal(error) from error
    return connection


class Alone:
    """The right to be the only daemon, or the only migration, on one file. The kernel gives it back when we die."""

    def __init__(self, path: Path) -> None:
        """Raises `StoreError` while another process, or this one, has the right, and where there is no such folder."""
        try:
            self._file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"{path} cannot be locked: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise StoreError(
                f"another vmrd has {path} open: one daemon per SQLite file; several replicas need PostgreSQL"
            ) from None

    def close(self) -> None:
        os.close(self._file)
