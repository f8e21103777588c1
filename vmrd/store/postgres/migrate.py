"""The schema in PostgreSQL: files of its own with the numbers of SQLite's, so that one number means one schema.

Two migrations at once wait for each other. Replicas may be running: what a file changes it locks, and no longer.
"""

from __future__ import annotations

from pathlib import Path

import psycopg

from vmrd.store.base import StoreError
from vmrd.store.migrate import SCHEMA as SQLITE
from vmrd.store.migrate import SchemaStatus, files_of, is_compatible, number_of, require, status_of
from vmrd.store.place import Server
from vmrd.store.postgres.link import Link, connect, refusal

SCHEMA = SQLITE / "postgres"
_ONE_AT_A_TIME = 5_128_072_233_214_301  # any number that is nobody else's


def migrate(server: Server, files: Path = SCHEMA) -> list[str]:
    """Bring the database up to date; the names of the files applied. Raises `StoreError` as the one of SQLite does."""
    link = connect(server)
    try:
        link.execute("BEGIN")
        applied = bring_up(link, files)
        link.execute("COMMIT")
        return applied
    except psycopg.Error as error:
        raise refusal(error) from error
    finally:
        link.close()


def bring_up(link: Link, files: Path = SCHEMA) -> list[str]:
    """The same in a transaction of the caller's."""
    link.execute("SELECT pg_advisory_xact_lock(?)", (_ONE_AT_A_TIME,))
    has = _version(link)
    if has == 0 and link.execute("SELECT 1 FROM pg_tables WHERE schemaname = current_schema()").fetchone():
        raise StoreError("the database at that URL is not vmrd's")
    missing = [file for file in files_of(files) if number_of(file) > has]
    for file in missing:
        _apply(link, file)
    return [file.stem for file in missing]


def require_current(link: Link) -> SchemaStatus:
    """Raises `StoreError` with what to do, unless the database has a schema that this release can work with."""
    has = _version(link)
    if has == 0:
        raise StoreError("the database at store.url is empty, or not vmrd's: run `vmrd migrate`")
    return require(schema_status(link))


def schema_status(link: Link) -> SchemaStatus:
    """How the schema of an open database stands to this release."""
    return status_of(_version(link), SCHEMA, lambda version: _compatible_since(link, version))


def _version(link: Link) -> int:
    if link.execute("SELECT to_regclass('meta')").fetchone() == (None,):
        return 0
    return int(link.execute("SELECT coalesce(max(version), 0) FROM meta").fetchone()[0])


def _compatible_since(link: Link, version: int) -> list[bool]:
    rows = link.execute("SELECT compatible FROM meta WHERE version > ? ORDER BY version", (version,))
    return [bool(row[0]) for row in rows]


def _apply(link: Link, file: Path) -> None:
    try:
        script = file.read_text("utf-8")
        link.raw.execute(script)
        step = (number_of(file), file.stem, int(is_compatible(script)))
        link.execute("INSERT INTO meta (version, name, compatible) VALUES (?, ?, ?)", step)
    except psycopg.Error as error:
        raise StoreError(f"migration {file.stem} failed: {refusal(error)}") from error
