"""The schema in PostgreSQL: files of its own with the numbers of SQLite's, so that one number means one schema.

Two migrations at once wait for each other. Replicas may be running: what a file changes it locks, and no longer.
"""

from __future__ import annotations

from pathlib import Path

import psycopg

from vmrd.store.base import StoreError
from vmrd.store.migrate import SCHEMA as SQLITE
from vmrd.store.migrate import SchemaStatus, files_of, number_of, require, status_of
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


def require_current(link: Link) -> None:
    """Raises `StoreError` with what to do, unless the database has this release's schema."""
    has = _version(link)
    if has == 0:
        raise StoreError("the database at store.url is empty, or not vmrd's: run `vmrd migrate`")
    require(status_of(has, SCHEMA))


def schema_status(link: Link) -> SchemaStatus:
    """How the schema of an open database stands to this release."""
    return status_of(_version(link), SCHEMA)


def _version(link: Link) -> int:
    if link.execute("SELECT to_regclass('meta')").fetchone() == (None,):
        return 0
    return int(link.execute("SELECT coalesce(max(version), 0) FROM meta").fetchone()[0])


def _apply(link: Link, file: Path) -> None:
    try:
        link.raw.execute(file.read_text("utf-8"))
        link.execute("INSERT INTO meta (version, name) VALUES (?, ?)", (number_of(file), file.stem))
    except psycopg.Error as error:
        raise StoreError(f"migration {file.stem} failed: {refusal(error)}") from error
