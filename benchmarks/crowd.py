"""Many sessions in a database without deciding each: one is told its life, and its row is copied under other ids."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.samples import opening, plan
from vmrd.clock import SystemClock
from vmrd.engine import Applied, Engine
from vmrd.lifecycle.inputs import Input
from vmrd.lifecycle.rules import Rules
from vmrd.metrics import Metrics
from vmrd.store.base import Tx
from vmrd.store.migrate import migrate
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import write_once

KEY = "5a" * 32
_FIRST = "s0000000"


def session_of(number: int) -> str:
    return f"s{number:07d}"


def fill(path: Path, count: int, *, running: bool = True, wake_at: int | None = None) -> None:
    """A migrated database with so many sessions: running meetings of six people and our own leg, or planned ones.

    `wake_at`: when all of them want to be woken; as they decided themselves if it is not given.
    """
    migrate(path)
    now, rules = SystemClock().now(), Rules()
    told: tuple[Input, ...] = opening(_FIRST, now) if running else (plan(_FIRST, now + 7 * 24 * 3_600_000),)

    def step(tx: Tx) -> None:
        engine = Engine(None, SystemClock(), lambda _: rules, Metrics())  # type: ignore[arg-type]  # only decides here
        for given in told:
            assert isinstance(engine.apply(tx, _FIRST, given), Applied)

    write_once(path, derive_keys(bytes.fromhex(KEY)), step)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM outbox")
        connection.execute("DELETE FROM outbox_lane")
        columns = [row[1] for row in connection.execute("PRAGMA table_info(session)")]
        if wake_at is not None:
            connection.execute("UPDATE session SET wake_at = ?", (wake_at,))
        chosen = ", ".join(
            {"id": "new.id", "body": f"replace(body, '{_FIRST}', new.id)"}.get(name, f"session.{name}")
            for name in columns
        )
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?),"
            " new AS (SELECT printf('s%07d', i) AS id FROM n WHERE i < ?)"
            f" INSERT INTO session ({', '.join(columns)}) SELECT {chosen} FROM session, new",
            (max(count, 2), count),
        )
