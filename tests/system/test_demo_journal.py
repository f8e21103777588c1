"""The journal a demonstration leaves behind: accepted as written, refused after any change, accepted after erasure."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from vmrd.store.journal import verify
from vmrd.store.secrets import derive_keys

CONFIG = """
[pexip]
management = "http://127.0.0.1:1"
nodes = ["http://127.0.0.1:1"]
password = "sample"
domain = "meet.example.org"
web_join = "https://join.example.org/{{alias}}"
[store]
path = "{path}"
key = "{key}"
[[establishments]]
code = "MDI"
name = "HMP Example"
"""


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Play the story once and keep what it wrote."""
    database = tmp_path_factory.mktemp("demo") / "demo.db"
    played = subprocess.run(
        [sys.executable, "-m", "vmrd", "demo", "--headless", "--exit", "--database", str(database)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert played.returncode == 0, played.stderr[-2000:]
    return database, database.with_name("demo.db.key").read_text()


@pytest.fixture
def copy(left: tuple[Path, str], tmp_path: Path) -> Iterator[sqlite3.Connection]:
    database = tmp_path / "copy.db"
    shutil.copy(left[0], database)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        yield connection


def test_the_command_accepts_it_and_refuses_it_after_a_change(left: tuple[Path, str], tmp_path: Path) -> None:
    database = tmp_path / "copy.db"
    shutil.copy(left[0], database)
    config = tmp_path / "vmrd.toml"
    config.write_text(CONFIG.format(path=database, key=left[1]))

    def command() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "vmrd", "journal", "verify", "--config", str(config)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    accepted = command()
    assert (accepted.returncode, accepted.stdout.strip()) == (0, "the journal is as it was written")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM journal WHERE (session_id, seq) = (SELECT session_id, max(seq) FROM journal)")
    refused = command()
    assert refused.returncode == 1
    assert refused.stdout.strip()


def test_one_byte_of_any_row_is_noticed(left: tuple[Path, str], copy: sqlite3.Connection) -> None:
    """Every row of journal and seals in turn; which column and byte is drawn by a fixed seed."""
    chance, seal = random.Random(7), derive_keys(bytes.fromhex(left[1])).seal  # draws columns, not keys
    assert verify(copy, seal) == []
    changed = 0
    for table, key in (("journal", ("session_id", "seq")), ("seal", ("number",)), ("seal_head", ("id",))):
        columns = [row[1] for row in copy.execute(f"PRAGMA table_info({table})")]
        for row in copy.execute(f"SELECT * FROM {table}").fetchall():
            column = chance.choice([name for name in columns if name not in key] or columns)
            value = row[columns.index(column)]
            where = " AND ".join(f"{name} = ?" for name in key) or "1"
            names = tuple(row[columns.index(name)] for name in key)
            copy.execute("BEGIN")
            copy.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (_flipped(value, chance), *names))
            copy.execute("COMMIT")
            assert verify(copy, seal), f"{table}.{column} of {names} was changed and nobody noticed"
            copy.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value, *names))
            changed += 1
    assert verify(copy, seal) == []
    assert changed > 300


def _session(connection: sqlite3.Connection) -> str:
    """The busiest session."""
    (found,) = connection.execute(
        "SELECT session_id FROM journal GROUP BY session_id ORDER BY count(*) DESC LIMIT 1"
    ).fetchone()
    return str(found)


def _remove_last(connection: sqlite3.Connection) -> None:
    connection.execute(
        "DELETE FROM journal WHERE session_id = ?1 AND seq = (SELECT max(seq) FROM journal WHERE session_id = ?1)",
        (_session(connection),),
    )


def _remove_middle(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM journal WHERE session_id = ? AND seq = 5", (_session(connection),))


def _swap(connection: sqlite3.Connection) -> None:
    session = _session(connection)
    for old, new in ((5, -1), (6, 5), (-1, 6)):
        connection.execute("UPDATE journal SET seq = ? WHERE session_id = ? AND seq = ?", (new, session, old))


def _remove_session(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM journal WHERE session_id = ?", (_session(connection),))


def _remove_last_seal(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM seal WHERE number = (SELECT max(number) FROM seal)")


@pytest.mark.parametrize("harm", [_remove_last, _remove_middle, _swap, _remove_session, _remove_last_seal])
def test_what_is_removed_or_swapped_is_noticed(
    left: tuple[Path, str], copy: sqlite3.Connection, harm: Callable[[sqlite3.Connection], None]
) -> None:
    copy.execute("PRAGMA foreign_keys = OFF")
    harm(copy)
    assert verify(copy, derive_keys(bytes.fromhex(left[1])).seal)


def test_erasing_the_people_leaves_it_accepted(left: tuple[Path, str], copy: sqlite3.Connection) -> None:
    assert copy.execute("DELETE FROM personal").rowcount > 5
    copy.execute("DELETE FROM salt")
    assert verify(copy, derive_keys(bytes.fromhex(left[1])).seal) == []


def _flipped(value: object, chance: random.Random) -> object:
    if isinstance(value, int):
        return value ^ 1
    raw = bytearray(value if isinstance(value, bytes) else str(value).encode())
    raw[chance.randrange(len(raw))] ^= 1
    return bytes(raw) if isinstance(value, bytes) else raw.decode()
