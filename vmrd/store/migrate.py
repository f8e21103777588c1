"""The schema and its numbered files: what a database has, and what it still needs.

`vmrd migrate` applies `schema/NNNN_name.sql` in order, each in one transaction together with its number. A daemon never
migrates by itself: it refuses a schema that is behind, or that a later release has moved ahead.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path

from vmrd.store.base import StoreError
from vmrd.store.connection import Alone, for_reading, for_writing, refusal

SCHEMA = Path(__file__).parent / "schema"
_NOT_OURS = "the database at {} is not vmrd's"


class SchemaStatus(StrEnum):
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"


def migrate(path: Path, files: Path = SCHEMA) -> list[str]:
    """Bring the database at `path` up to date, making it (readable to its owner only) where there is none.

    Returns the names of the files applied. Raises `StoreError` while a daemon runs, for a database that is not ours,
    and for a file that fails, which then has left no trace.
    """
    with closing(Alone(path)):
        path.touch(mode=0o600)
        with closing(for_reading(path)) as connection:  # `for_writing` would change even what is not ours
            has = _version(connection)
            if has == 0 and connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
                raise StoreError(_NOT_OURS.format(path))
        with closing(for_writing(path)) as connection:
            missing = [file for file in files_of(files) if number_of(file) > has]
            for file in missing:
                _apply(connection, file)
            return [file.stem for file in missing]


def schema_status(connection: sqlite3.Connection, files: Path = SCHEMA) -> SchemaStatus:
    """How the schema of an open database stands to this release."""
    return status_of(_version(connection), files)


def status_of(has: int, files: Path) -> SchemaStatus:
    """How a database with this version stands to the newest of the files."""
    wanted = max(number_of(file) for file in files_of(files))
    if has == wanted:
        return SchemaStatus.CURRENT
    return SchemaStatus.BEHIND if has < wanted else SchemaStatus.AHEAD


def require_current(path: Path) -> None:
    """Raises `StoreError` with what to do, unless there is a database with this release's schema."""
    with closing(for_reading(path)) as connection:
        status = schema_status(connection)
    require(status)


def require(status: SchemaStatus) -> None:
    """Raises `StoreError` with what to do, unless the schema is this release's."""
    match status:
        case SchemaStatus.BEHIND:
            raise StoreError("the database's schema is older than this release: run `vmrd migrate`")
        case SchemaStatus.AHEAD:
            raise StoreError(
                "the database's schema is newer than this release: install the newer vmrd, or run `vmrd migrate` "
                "with it and restore the backup made before"
            )
        case SchemaStatus.CURRENT:
            pass


def require_ours(path: Path) -> None:
    """Raises `StoreError` unless there is a database of ours that this release can bring up to date."""
    with closing(for_reading(path)) as connection:
        if _version(connection) == 0:
            raise StoreError(_NOT_OURS.format(path))
        if schema_status(connection) is SchemaStatus.AHEAD:
            raise StoreError(f"the database at {path} is of a newer release: install the newer vmrd")


def files_of(folder: Path) -> list[Path]:
    """The numbered files, in order."""
    return sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))


def number_of(file: Path) -> int:
    """The version a file leads to."""
    return int(file.name[:4])


def _version(connection: sqlite3.Connection) -> int:
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").fetchone():
        return 0
    return int(connection.execute("SELECT coalesce(max(version), 0) FROM meta").fetchone()[0])


def _apply(connection: sqlite3.Connection, file: Path) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        for statement in _statements(file.read_text("utf-8")):
            connection.execute(statement)
        connection.execute("INSERT INTO meta (version, name) VALUES (?, ?)", (number_of(file), file.stem))
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise StoreError(f"migration {file.stem} failed: {refusal(error)}") from error


def _statements(script: str) -> Iterator[str]:
    """Each statement alone: `executescript` would commit what came before it."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
