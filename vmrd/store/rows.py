"""What the store's SQL needs of a database driver: `sqlite3` is it as it stands, psycopg through `postgres.link`.

The SQL is written once, with `?` for each value and nothing that only one of the two databases understands: a conflict
names its target, a comparison with what may be null says `IS DISTINCT FROM`, a truth value is 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Protocol


class Rows(Protocol):
    """What a statement answered."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""

    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection inside a transaction that somebody else began and ends."""

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ..., /) -> Rows: ...
    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]], /) -> object: ...


_AT_ONCE = 20
"""Rows in one statement at most: every number of rows is another text to prepare."""


def insert(connection: Connection, into: str, rows: Sequence[Sequence[Any]], on_conflict: str = "") -> None:
    """Put rows into a table, as many as may be with one statement."""
    for begin in range(0, len(rows), _AT_ONCE):
        some = rows[begin : begin + _AT_ONCE]
        connection.execute(
            f"INSERT INTO {into} VALUES {_marks(len(some), len(some[0]))}{on_conflict}",  # noqa: S608
            [value for row in some for value in row],
        )


@cache
def _marks(rows: int, columns: int) -> str:
    return ", ".join([f"({', '.join('?' * columns)})"] * rows)


class OnlyWriter(Protocol):
    """Tries to be the only writer of a session, or of another thing by its name, until the transaction ends. Never
    waits. Where there is one writer only, it always is (`always`)."""

    def __call__(self, name: str) -> bool: ...
    def insist(self, *names: str) -> None:
        """The same for who reads next and cannot go on without: `Busy` is raised now, or by that reading."""


class _Always:
    def __call__(self, name: str) -> bool:
        return True

    def insist(self, *names: str) -> None:
        """There is nobody else."""


always: OnlyWriter = _Always()
