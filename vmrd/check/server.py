"""The database on a PostgreSQL server: looking at it in one transaction that cannot write, and judging it.

Whether daemons use it is not asked: any number of them may.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vmrd.check.lines import Line, fail, ok
from vmrd.check.store import READABLE, Sealed, judge_contents, sealed_by
from vmrd.store.base import StoreError
from vmrd.store.migrate import SchemaStatus
from vmrd.store.place import Server


@dataclass(frozen=True, slots=True)
class SeenServer:
    """`fault`: why nobody could look; else None. `sealed` is None where the schema is not this release's."""

    fault: str | None
    schema: SchemaStatus | None = None
    sealed: Sealed | None = None


def seen_server(server: Server, seal_key: bytes) -> SeenServer:
    """Blocks, for some seconds where nobody answers."""
    import psycopg

    from vmrd.store.postgres import link, migrate

    try:
        connection = link.connect(server)
    except StoreError as error:
        return SeenServer(str(error))
    try:
        connection.execute("BEGIN READ ONLY")
        schema = migrate.schema_status(connection)
        return SeenServer(None, schema, sealed_by(connection, seal_key) if schema in READABLE else None)
    except psycopg.Error as error:
        return SeenServer(str(link.refusal(error)))
    finally:
        connection.close()


def judge_server(seen: SeenServer) -> Iterator[Line]:
    """What was seen, line by line."""
    if seen.fault is not None:
        yield fail("database", seen.fault, "see docs/postgresql.md for how store.url and store.password are set")
        return
    yield ok("database", "PostgreSQL answers, lets vmrd in and can be written")
    yield from judge_contents(seen.schema, seen.sealed)
