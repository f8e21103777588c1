"""Moving a site from an SQLite file to PostgreSQL: all of it, as it was, or nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.postgres import Postgres
from tests.store.samples import HOUR, NOON, note, put, recorded, session
from tests.store.test_deliveries import DELIVERY
from vmrd.lifecycle.commands import Lane, SetLock, Tell
from vmrd.store.account import AuditEntry, AuditKind, Officer, SignIn
from vmrd.store.base import BookingRecord, Claim, Receipt, Rx, Segment, StoreError, Tx
from vmrd.store.connection import for_writing
from vmrd.store.place import Server
from vmrd.store.postgres.copy import copy
from vmrd.store.postgres.link import connect as dial
from vmrd.store.postgres.store import connect, verify
from vmrd.store.secrets import StoreKeys, derive_keys
from vmrd.store.sqlite import connect as connect_file
from vmrd.store.sqlite import open_for_reading

MINUTE = 60_000


@pytest.fixture
def target(postgres_server: Postgres) -> Server:
    return postgres_server.empty()


@pytest.fixture
def filled(path: Path, keys: StoreKeys) -> Path:
    def step(tx: Tx) -> None:
        recorded(tx, session("s1"), [note(1), note(2)], [SetLock(True), Tell("locked", 1)])
        recorded(tx, session("s2", alias="bcdefghijklm", room="Zo\u00eb"), [note(1)], [SetLock(False)])
        tx.ref("s1", "Jane Canary, caf\u00e9 \U0001d50d")
        tx.put_secret("s1", "host-pin", b"1234")
        tx.claim("s1", [Claim("room", "MDI/VCC1", NOON, NOON + HOUR), Claim("prisoner", "x", NOON, NOON + HOUR)])
        tx.claim("s2", [Claim("room", "MDI/VCC1", NOON + HOUR, NOON + 2 * HOUR)])
        tx.put_booking(BookingRecord("b:1", "b", 1, "d", "active", "MDI", (Segment("main", "s1"),), ("w",), NOON))
        tx.put_receipt(Receipt("press", "k", "d", 202, b"\x00\xff", NOON))
        tx.put_officer(Officer("kshah", "officer", ("MDI",), "hash", None))
        tx.put_sign_in(SignIn("c", "kshah", "csrf", NOON, NOON))
        tx.write_audit(AuditEntry(NOON, AuditKind.SIGNED_IN, "kshah", {"by": "password"}))
        tx.put_delivery(DELIVERY)
        tx.take("a daemon that died", NOON, MINUTE, {Lane.LOCK: 1})

    async def fill() -> None:
        store = connect_file(path, keys)
        await store.write(["s1", "s2"], step)
        await put(store, session("s1"), facts=[note(3)])
        await store.close()

    asyncio.run(fill())
    return path


def everything(rx: Rx) -> list[object]:
    return [
        *(rx.session(name) for name in ("s1", "s2")),
        *(rx.journal(name) for name in ("s1", "s2")),
        *(rx.personal(name) for name in ("s1", "s2")),
        rx.secret("s1", "host-pin"),
        rx.claims("room", "MDI/VCC1", NOON, NOON + 3 * HOUR),
        rx.booking("b:1"),
        rx.receipt("press", "k"),
        rx.officers(),
        rx.sign_ins(),
        rx.audit(9),
        rx.revocations(),
        [[item.command for item in rx.outbox(name)] for name in ("s1", "s2")],
        rx.seal_head(),
        rx.session_by_alias("bcdefghijklm"),
        rx.delivery(DELIVERY.id),
    ]


def is_empty(server: Server) -> bool:
    with closing(dial(server)) as link:
        return link.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchone() is None


def test_all_of_it_arrives_as_it_was_and_work_goes_on_there(filled: Path, target: Server, keys: StoreKeys) -> None:
    with open_for_reading(filled, keys) as rx:
        before = everything(rx)
    tables = {table.name: table.rows for table in copy(filled, target, keys.seal)}
    assert tables["journal"] == 4
    assert tables["secret"] == 1
    assert verify(target, keys.seal) == []

    async def look() -> None:
        store = connect(target, keys)
        assert await store.read(everything) == before
        held = await store.write([], lambda tx: tx.take("a new daemon", NOON, MINUTE, {Lane.LOCK: 9}))
        assert {item.session_id for item in held} == {"s1", "s2"}  # what the dead one had in hand as well
        newest = max(item.id for item in held)
        await put(store, session("s2"), SetLock(True), facts=[note(2)])
        assert max(item.id for item in await store.read(lambda rx: rx.outbox("s2"))) > newest
        await store.close()

    asyncio.run(look())
    assert verify(target, keys.seal) == []


def test_secrets_stay_encrypted_on_the_way(filled: Path, target: Server, keys: StoreKeys) -> None:
    copy(filled, target, keys.seal)
    with closing(dial(target)) as link, closing(sqlite3.connect(filled)) as file:
        here = link.execute("SELECT session_id, name, sealed FROM secret").fetchall()
        assert here == file.execute("SELECT session_id, name, sealed FROM secret").fetchall()
    assert all(b"1234" not in sealed for _, _, sealed in here)


def test_a_target_with_anything_in_it_is_left_as_it_is(
    filled: Path, target: Server, server: Server, keys: StoreKeys
) -> None:
    copy(filled, target, keys.seal)

    async def go_on() -> None:
        store = connect(target, keys)
        await put(store, session("s1"), facts=[note(9)])
        await store.close()

    asyncio.run(go_on())
    with pytest.raises(StoreError, match="copy into an empty one"):
        copy(filled, target, keys.seal)
    assert verify(target, keys.seal) == []
    assert len(copy(filled, server, keys.seal)) > 20  # one that was only migrated has nothing in it


def test_a_move_that_is_begun_again_behind_its_end_is_told_that_it_is_done(
    filled: Path, target: Server, keys: StoreKeys
) -> None:
    copy(filled, target, keys.seal)
    with pytest.raises(StoreError, match="all of it is at that URL already: put"):
        copy(filled, target, keys.seal)


def test_what_does_not_verify_is_not_moved(filled: Path, target: Server, keys: StoreKeys) -> None:
    with pytest.raises(StoreError, match="does not verify"):
        copy(filled, target, derive_keys(bytes(32)).seal)
    with closing(for_writing(filled)) as connection:
        connection.execute("UPDATE journal SET at = at + 1 WHERE seq = 2")
    with pytest.raises(StoreError, match="does not verify"):
        copy(filled, target, keys.seal)
    assert is_empty(target)


def test_a_copy_that_fails_half_way_leaves_nothing(filled: Path, target: Server, keys: StoreKeys) -> None:
    with closing(for_writing(filled)) as connection:  # two claims that PostgreSQL does not take
        connection.execute("INSERT INTO claim VALUES ('s3', 'room', 'MDI/VCC1', ?, ?)", (NOON, NOON + 1))
    with pytest.raises(StoreError, match="the database refused"):
        copy(filled, target, keys.seal)
    assert is_empty(target)


def test_a_running_daemon_is_not_moved(filled: Path, target: Server, keys: StoreKeys) -> None:
    store = connect_file(filled, keys)
    with pytest.raises(StoreError, match="another vmrd"):
        copy(filled, target, keys.seal)
    asyncio.run(store.close())
    assert is_empty(target)
