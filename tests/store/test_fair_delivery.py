"""What waited in an older database goes on waiting in this release's, under the booking system it is for."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from vmrd.store.migrate import SCHEMA, migrate


def test_callbacks_that_waited_before_the_upgrade_belong_to_their_booking_systems(tmp_path: Path) -> None:
    older, database = tmp_path / "schema", tmp_path / "vmrd.db"
    older.mkdir()
    for file in sorted(SCHEMA.glob("*.sql"))[:3]:
        shutil.copy(file, older)
    migrate(database, older)
    with closing(sqlite3.connect(database)) as connection:
        for name, booking in (("s1", "bvls:7"), ("s2", "odd")):
            connection.execute(
                "INSERT INTO session VALUES (?, ?, 'MDI', 'r', 'planned', 1, 2, NULL, 0, NULL, 1, '{}')",
                (name, booking),
            )
            for lane in ("lock", "notify"):
                connection.execute(
                    "INSERT INTO outbox_lane (session_id, lane, ready_at) VALUES (?, ?, 1)", (name, lane)
                )
        connection.commit()
    assert "0008_fair_delivery" in migrate(database)
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT session_id, lane, target FROM outbox_lane ORDER BY 1, 2").fetchall()
    assert found == [("s1", "lock", ""), ("s1", "notify", "bvls"), ("s2", "lock", ""), ("s2", "notify", "odd")]
