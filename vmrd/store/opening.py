"""What can be done with a store, wherever it is: the same for an SQLite file and for a PostgreSQL database.

psycopg is needed for PostgreSQL only, so nothing of it is imported before a `Server` is named.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from vmrd.store import migrate as files
from vmrd.store import sqlite
from vmrd.store.base import Rx, StoreError, Tx
from vmrd.store.chain import SealHead
from vmrd.store.journal import Fault
from vmrd.store.journal import verify as verify_file
from vmrd.store.place import Place
from vmrd.store.secrets import StoreKeys
from vmrd.store.sql import SqlStore

T = TypeVar("T")


def connect(place: Place, keys: StoreKeys) -> SqlStore:
    """Open it for a daemon. Raises `StoreError` where it cannot be used."""
    if isinstance(place, Path):
        return sqlite.connect(place, keys)
    from vmrd.store.postgres import store

    return store.connect(place, keys)


def write_once(place: Place, keys: StoreKeys, step: Callable[[Tx], T]) -> T:
    """One step from the command line, whether or not a daemon runs; blocks.

    Raises what the step raises, and `StoreError` as `connect` does, save for a running daemon.
    """
    if isinstance(place, Path):
        return sqlite.write_once(place, keys, step)
    from vmrd.store.postgres import store

    return store.write_once(place, keys, step)


@contextmanager
def open_for_reading(place: Place, keys: StoreKeys) -> Iterator[Rx]:
    """One consistent look from the command line, whether or not a daemon runs.

    Raises `StoreError` where the schema is not this release's, and for what the database refuses meanwhile.
    """
    if isinstance(place, Path):
        with sqlite.open_for_reading(place, keys) as rx:
            yield rx
        return
    from vmrd.store.postgres import store

    with store.open_for_reading(place, keys) as rx:
        yield rx


def migrate(place: Place) -> list[str]:
    """Bring its schema up to this release; the names of what was applied. Raises `StoreError`."""
    if isinstance(place, Path):
        return files.migrate(place)
    from vmrd.store.postgres import migrate as numbered

    return numbered.migrate(place)


def verify(place: Place, seal_key: bytes, witnessed: Sequence[SealHead] = ()) -> list[Fault]:
    """Every fault of the journal (`journal`). Raises `StoreError` where it cannot be read."""
    if not isinstance(place, Path):
        from vmrd.store.postgres import store

        return store.verify(place, seal_key, witnessed)
    if not place.exists():
        raise StoreError(f"there is no database at {place}")
    try:
        with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as connection:
            return verify_file(connection, seal_key, witnessed)
    except sqlite3.Error as bad:
        raise StoreError(f"the database cannot be read ({type(bad).__name__})") from None
