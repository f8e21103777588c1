"""The file of what vmrd would have done, and of how well it watched: beside the database, and with nobody in it.

Commands stand here once each, with when they were first and last wanted and how often; the core goes on asking for what
it wants, and a phone nobody put out would else fill the disk. Figures are kept by day. It is one small SQLite file of
its own, because a live vmrd never has one: the store's schema knows nothing of shadow.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from vmrd.lifecycle.words import Instant
from vmrd.store.base import StoreError
from vmrd.store.connection import refusal

DAY = 24 * 60 * 60_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS wanted (
    session TEXT NOT NULL, key TEXT NOT NULL, what TEXT NOT NULL,
    first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, times INTEGER NOT NULL,
    PRIMARY KEY (session, key, what)
) STRICT;
CREATE TABLE IF NOT EXISTS figure (
    day INTEGER NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (day, name)
) STRICT;
CREATE TABLE IF NOT EXISTS blind (began INTEGER PRIMARY KEY, ended INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS unbooked (
    name_digest TEXT NOT NULL, establishment TEXT NOT NULL, room TEXT NOT NULL,
    began INTEGER NOT NULL, ended INTEGER NOT NULL, PRIMARY KEY (name_digest, began)
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A command the core gave. `what`: its kind; `times`: how often it was asked for until it showed."""

    session: str
    key: str
    what: str
    first_at: Instant
    last_at: Instant
    times: int


@dataclass(frozen=True, slots=True)
class Unbooked:
    """A meeting in a prison room that no booking is known for."""

    establishment: str
    room: str
    began: Instant
    ended: Instant


class Record:
    """Written by one daemon, read by the report meanwhile. Raises `StoreError` where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        try:
            path.touch(mode=0o600)
        except OSError as error:
            raise StoreError(f"the record of the shadow cannot be kept at {path}: {error.strerror}") from error
        try:
            self._connection = sqlite3.connect(path, timeout=5.0, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last seconds
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise refusal(error) from error

    def close(self) -> None:
        self._connection.close()

    def want(self, session: str, key: str, what: str, now: Instant) -> None:
        """A command was given."""
        self._write(
            "INSERT INTO wanted VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE"
            " SET last_at = excluded.last_at, times = times + 1",
            (session, key, what, now, now),
        )

    def count(self, figures: Mapping[str, int], now: Instant) -> None:
        """So many more of each today."""
        for name, count in figures.items():
            if count:
                self._write(
                    "INSERT INTO figure VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                    (now // DAY, name, count),
                )

    def blind(self, began: Instant, ended: Instant) -> None:
        """Pexip's status could not be read since `began`; the later call of one time counts."""
        self._write("INSERT INTO blind VALUES (?, ?) ON CONFLICT DO UPDATE SET ended = excluded.ended", (began, ended))

    def unbooked(self, name_digest: str, seen: Unbooked) -> None:
        """A meeting nobody booked, as long as it was seen."""
        self._write(
            "INSERT INTO unbooked VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET ended = excluded.ended",
            (name_digest, seen.establishment, seen.room, seen.began, seen.ended),
        )

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        try:
            self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise refusal(error) from error


@dataclass(frozen=True, slots=True)
class Noted:
    """What the file says of a time."""

    wanted: tuple[Wanted, ...]
    figures: Mapping[str, int]
    blind: tuple[tuple[Instant, Instant], ...]
    unbooked: tuple[Unbooked, ...]


def read(path: Path, start: Instant, end: Instant) -> Noted:
    """Everything of `[start, end)`; figures of its whole days. Raises `StoreError` where there is no such file."""
    if not path.exists():
        raise StoreError(f"there is no record of a shadow at {path}: run `vmrd run --shadow` first")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
            wanted = connection.execute("SELECT * FROM wanted WHERE last_at >= ? AND first_at < ?", (start, end))
            figures = connection.execute(
                "SELECT name, sum(count) FROM figure WHERE day >= ? AND day * ? < ? GROUP BY name",
                (start // DAY, DAY, end),
            )
            blind = connection.execute(
                "SELECT began, ended FROM blind WHERE ended >= ? AND began < ? ORDER BY began", (start, end)
            )
            unbooked = connection.execute(
                "SELECT establishment, room, began, ended FROM unbooked WHERE ended >= ? AND began < ? ORDER BY began",
                (start, end),
            )
            return Noted(
                tuple(Wanted(*row) for row in wanted),
                {str(name): int(count) for name, count in figures},
                tuple((began, ended) for began, ended in blind),
                tuple(Unbooked(*row) for row in unbooked),
            )
    except sqlite3.Error as error:
        raise refusal(error) from error
