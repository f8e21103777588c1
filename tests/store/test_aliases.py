"""Every alias ever issued leads to its session, also those issued before there was a table of them."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.samples import put, session
from vmrd.store.base import Store
from vmrd.store.codec import SESSIONS
from vmrd.store.migrate import SCHEMA, migrate
from vmrd.store.secrets import StoreKeys
from vmrd.store.sqlite import open_for_reading

COLUMNS = "id, booking_id, establishment, room, phase, starts_at, ends_at, watched, version, body"


@pytest.mark.asyncio
async def test_every_alias_a_session_ever_had_leads_to_it(store: Store) -> None:
    await put(store, session("s1", alias="qwhzkwtrmvxabc"))
    await put(store, session("s1", alias="zzhzkwtrmvxabc", generation=2))
    aliases = ["qwhzkwtrmvxabc", "zzhzkwtrmvxabc", "never-issued"]
    assert await store.read(lambda rx: [rx.session_by_alias(alias) for alias in aliases]) == ["s1", "s1", None]


def test_aliases_issued_before_are_found_after_the_migration(tmp_path: Path, keys: StoreKeys) -> None:
    earlier, database = tmp_path / "schema", tmp_path / "vmrd.db"
    shutil.copytree(SCHEMA, earlier, ignore=shutil.ignore_patterns("0009_*", "001*"))
    migrate(database, earlier)
    old = session("s1", alias="qwhzkwtrmvxabc")
    row = (
        *(old.id, old.booking_id, old.establishment, old.room, old.phase.value, old.starts_at, old.ends_at),
        *(0, old.version, SESSIONS.encode(old)),
    )
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(f"INSERT INTO session ({COLUMNS}) VALUES ({', '.join('?' * len(row))})", row)

    assert "0009_alias" in migrate(database)

    with open_for_reading(database, keys) as rx:
        assert rx.session_by_alias("qwhzkwtrmvxabc") == "s1"
