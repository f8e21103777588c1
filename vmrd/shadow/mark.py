"""A database is for shadow or for live work, never both.

A shadow's sessions were opened and locked by hands vmrd only saw; taken up live, it would take another system's
meetings for its own and end them. And a live database taken into shadow would leave its own meetings to nobody. So the
file itself says what it is, in the header SQLite keeps for that (`application_id`), which a backup copies too.

| the file is        | `vmrd run`           | `vmrd run --shadow`                        |
|--------------------|----------------------|--------------------------------------------|
| a shadow's         | refused              | goes on                                    |
| not marked, empty  | goes on              | is marked as a shadow's, then goes on      |
| not marked, in use | goes on              | refused                                    |
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from vmrd.store.base import StoreError
from vmrd.store.connection import for_reading, for_writing, refusal

SHADOW = int.from_bytes(b"vmrS")
"""What stands in the header of a shadow's database."""

_IS_SHADOW = (
    "the database at {} is a shadow's: what is in it was only watched, so it cannot be used live. Give store.path "
    "another file and run `vmrd migrate`, or run with --shadow"
)
_IS_LIVE = (
    "the database at {} was used live, so shadow mode cannot use it: its meetings would be left alone. Give store.path "
    "another file and run `vmrd migrate`"
)


def require(path: Path, *, shadow: bool) -> None:
    """Raises `StoreError` where the database is for the other kind of work; marks an empty one for shadow."""
    if is_shadow(path) == shadow:
        return
    if not shadow:
        raise StoreError(_IS_SHADOW.format(path))
    try:
        with closing(for_writing(path)) as connection:
            if connection.execute("SELECT 1 FROM session LIMIT 1").fetchone() is not None:
                raise StoreError(_IS_LIVE.format(path))
            connection.execute(f"PRAGMA application_id = {SHADOW}")
    except sqlite3.Error as error:
        raise refusal(error) from error


def is_shadow(path: Path) -> bool:
    """Whether the file is marked. Raises `StoreError` where there is no database."""
    with closing(for_reading(path)) as connection:
        (kind,) = connection.execute("PRAGMA application_id").fetchone()
        return bool(kind == SHADOW)
