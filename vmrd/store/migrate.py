"""The schema and its numbered files: what a database has, and what it still needs.

`vmrd migrate` applies `schema/NNNN_name.sql` in order, each in one transaction together with its number. A daemon never
migrates by itself: it refuses a schema that is behind, or that a later release has moved ahead.

One step ahead is no refusal where the step says of itself, in a line `-- compatible: yes`, that the release before may
go on working with the database: that release can then be put back, and replicas can be replaced one after the other.
The word is kept beside the step's number, where a release that has no such file can read it. A step says yes only if
what the older release reads has kept its meaning and what it writes is still right; stored records of a new shape, or a
table that the older release would have to fill, are a no. Saying nothing is a no.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from vmrd.store.base import StoreError
from vmrd.store.connection import Alone, for_reading, for_writing, refusal

SCHEMA = Path(__file__).parent / "schema"
_COMPATIBLE = "-- compatible: yes"
_NOT_OURS = "the database at {} is not vmrd's"


class SchemaStatus(StrEnum):
    BEHIND = "behind"
    CURRENT = "current"
    ONE_AHEAD = "one compatible step ahead"
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
    return status_of(_version(connection), files, lambda version: _compatible_since(connection, version))


def status_of(has: int, files: Path, compatible_since: Callable[[int], list[bool]]) -> SchemaStatus:
    """How a database with this version stands to the newest of the files.

    `compatible_since`: of each step of the database after a version, whether it says that it is compatible.
    """
    wanted = max(number_of(file) for file in files_of(files))
    if has == wanted:
        return SchemaStatus.CURRENT
    if has < wanted:
        return SchemaStatus.BEHIND
    return SchemaStatus.ONE_AHEAD if compatible_since(wanted) == [True] else SchemaStatus.AHEAD


def is_compatible(script: str) -> bool:
    """Whether a file says that the release before may go on working with what it makes."""
    return _COMPATIBLE in script.splitlines()


def require_current(path: Path) -> SchemaStatus:
    """Raises `StoreError` with what to do, unless there is a database with a schema that this release can work with."""
    with closing(for_reading(path)) as connection:
        return require(schema_status(connection))


def require(status: SchemaStatus) -> SchemaStatus:
    """The same, where this release can work with it; raises `StoreError` with what to do where it cannot."""
    match status:
        case SchemaStatus.BEHIND:
            raise StoreError("the database's schema is older than this release: run `vmrd migrate`")
        case SchemaStatus.AHEAD:
            raise StoreError(
                "the database's schema is newer than this release: install the newer vmrd, or run `vmrd migrate` "
                "with it and restore the backup made before"
            )
        case SchemaStatus.CURRENT | SchemaStatus.ONE_AHEAD:
            return status
        case _:
            assert_never(status)


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


def _compatible_since(connection: sqlite3.Connection, version: int) -> list[bool]:
    """Of each step after `version`, whether it says that it is compatible; the steps before there was a word say no."""
    if not _keeps_the_word(connection):
        return [False]
    rows = connection.execute("SELECT compatible FROM meta WHERE version > ? ORDER BY version", (version,))
    return [bool(row[0]) for row in rows]


def _keeps_the_word(connection: sqlite3.Connection) -> bool:
    query = "SELECT 1 FROM pragma_table_info('meta') WHERE name = 'compatible'"
    return connection.execute(query).fetchone() is not None


def _apply(connection: sqlite3.Connection, file: Path) -> None:
    script = file.read_text("utf-8")
    try:
        connection.execute("BEGIN IMMEDIATE")
        for statement in _statements(script):
            connection.execute(statement)
        if not _keeps_the_word(connection):
            connection.execute("ALTER TABLE meta ADD COLUMN compatible INTEGER NOT NULL DEFAULT 0")
        step = (number_of(file), file.stem, is_compatible(script))
        connection.execute("INSERT INTO meta (version, name, compatible) VALUES (?, ?, ?)", step)
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
