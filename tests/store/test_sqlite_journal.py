"""Whatever is done to the journal from outside shows; erasing personal texts does not."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.store.samples import note, put, session
from vmrd.store.base import StoreError
from vmrd.store.chain import GENESIS, link
from vmrd.store.connection import for_reading, for_writing
from vmrd.store.journal import verify
from vmrd.store.migrate import migrate
from vmrd.store.secrets import StoreKeys, derive_keys
from vmrd.store.sql import SqlStore
from vmrd.store.sqlite import connect

Change = Callable[[sqlite3.Connection], None]

TABLES = {
    "journal": ["session_id", "seq", "at", "type", "body", "prev", "hash"],
    "seal": ["number", "covers", "mac"],
    "seal_head": ["id", "seals", "rows", "last", "mac"],
}


async def fill(store: SqlStore) -> None:
    """Three sessions, eight facts, five commits."""
    await put(store, session("s1"), facts=[note(1), note(2)])
    await put(store, session("s2"), facts=[note(1)])
    await put(store, session("s1"), facts=[note(3)])
    await put(store, session("s3"), facts=[note(1), note(2), note(3)])
    await put(store, session("s2"), facts=[note(2)])
    await store.write(["s1"], lambda tx: tx.ref("s1", "Jane Canary"))


def daemon(path: Path, keys: StoreKeys, work: Callable[[SqlStore], object]) -> None:
    """A daemon starts, does its work and ends."""

    async def run() -> None:
        store = connect(path, keys)
        try:
            await work(store)  # type: ignore[misc]
        finally:
            await store.close()

    asyncio.run(run())


@pytest.fixture
def filled(path: Path, keys: StoreKeys) -> Path:
    daemon(path, keys, fill)
    return path


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, keys: StoreKeys) -> bytes:
    """The filled database as bytes, to be changed in memory."""
    path = tmp_path_factory.mktemp("journal") / "vmrd.db"
    migrate(path)
    daemon(path, keys, fill)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        return connection.serialize()


@contextmanager
def changed(image: bytes) -> Iterator[sqlite3.Connection]:
    """A copy that no rule of the schema protects."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(image)
        connection.execute("PRAGMA ignore_check_constraints = ON")
        yield connection


def test_an_untouched_journal_has_no_fault(image: bytes, keys: StoreKeys) -> None:
    with changed(image) as connection:
        assert connection.execute("SELECT count(*) FROM journal").fetchone() == (8,)
        assert connection.execute("SELECT count(*) FROM seal").fetchone() == (5,)
        assert verify(connection, keys.seal) == []


def test_another_key_does_not_verify(image: bytes) -> None:
    with changed(image) as connection:
        assert verify(connection, derive_keys(bytes(32)).seal) != []


def flips(value: int | str | bytes) -> Iterator[int | str | bytes]:
    """The value with one bit changed: in the first, middle and last byte; texts need not stay texts."""
    if isinstance(value, int):
        yield from (value ^ 1, value ^ 0x80, value ^ (1 << 40))
        return
    raw = value.encode() if isinstance(value, str) else value
    for at in {0, len(raw) // 2, len(raw) - 1}:
        for bit in (0x01, 0x80):
            yield raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :]


@pytest.mark.parametrize(("table", "column"), [(table, each) for table, columns in TABLES.items() for each in columns])
def test_one_changed_byte_in_any_column_of_any_row_is_found(
    image: bytes, keys: StoreKeys, table: str, column: str
) -> None:
    with changed(image) as original:
        order = ", ".join(TABLES[table])
        values = [value for (value,) in original.execute(f"SELECT {column} FROM {table} ORDER BY {order}")]
        text = {row[1]: row[2] for row in original.execute(f"PRAGMA table_info({table})")}[column] == "TEXT"
    tried = 0
    for row, value in enumerate(values):
        for flipped in flips(value):
            with changed(image) as connection:
                where = dict(zip(TABLES[table], _row(connection, table, row), strict=True))
                new = "CAST(:new AS TEXT)" if text else ":new"
                same = " AND ".join(f"{name} = :{name}" for name in where)
                change = f"UPDATE OR IGNORE {table} SET {column} = {new} WHERE {same}"
                if connection.execute(change, {**where, "new": flipped}).rowcount == 0:
                    continue  # two rows with one number: the table itself does not take that
                assert verify(connection, keys.seal) != [], (table, column, row, flipped)
                tried += 1
    assert tried >= 2 * len(values) > 0


def _row(connection: sqlite3.Connection, table: str, number: int) -> tuple[object, ...]:
    columns = ", ".join(TABLES[table])
    rows = connection.execute(f"SELECT {columns} FROM {table} ORDER BY {columns}").fetchall()
    return tuple(rows[number])


@pytest.mark.parametrize("table", TABLES)
def test_any_removed_row_is_found(image: bytes, keys: StoreKeys, table: str) -> None:
    with changed(image) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    for number in range(count):
        with changed(image) as connection:
            columns = TABLES[table]
            same = " AND ".join(f"{name} = ?" for name in columns)
            connection.execute(f"DELETE FROM {table} WHERE {same}", _row(connection, table, number))
            assert verify(connection, keys.seal) != [], (table, number)


def sql(*statements: str) -> Change:
    def change(connection: sqlite3.Connection) -> None:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement

    return change


def write_chain_anew(connection: sqlite3.Connection) -> None:
    """Change a fact, and compute every hash after it as anybody can."""
    connection.execute("UPDATE journal SET body = replace(body, 'kshah', 'nobody') WHERE session_id = 's1' AND seq = 2")
    prev = GENESIS
    rows = connection.execute("SELECT seq, at, type, body FROM journal WHERE session_id = 's1' ORDER BY seq").fetchall()
    for seq, at, kind, body in rows:
        digest = link(prev, b"s1", seq, at, kind.encode(), body.encode())
        connection.execute(
            "UPDATE journal SET prev = ?, hash = ? WHERE session_id = 's1' AND seq = ?", (prev, digest, seq)
        )
        prev = digest


def append_well_formed(connection: sqlite3.Connection, session_id: str = "s1") -> None:
    """A fact with a valid hash that vmrd never wrote."""
    seq, prev = connection.execute(
        "SELECT max(seq), hash FROM journal WHERE session_id = ? ORDER BY seq DESC", (session_id,)
    ).fetchone()
    digest = link(prev or GENESIS, session_id.encode(), (seq or 0) + 1, 5, b"Locked", b"{}")
    connection.execute(
        "INSERT INTO journal (session_id, seq, at, type, body, prev, hash) VALUES (?, ?, 5, 'Locked', '{}', ?, ?)",
        (session_id, (seq or 0) + 1, prev or GENESIS, digest),
    )


TAMPERING: dict[str, Change] = {
    "two facts of a session swapped": sql(
        "UPDATE journal SET seq = -1 WHERE session_id = 's1' AND seq = 1",
        "UPDATE journal SET seq = 1 WHERE session_id = 's1' AND seq = 2",
        "UPDATE journal SET seq = 2 WHERE session_id = 's1' AND seq = -1",
    ),
    "two sessions swapped": sql(
        "UPDATE journal SET session_id = 'x' WHERE session_id = 's1'",
        "UPDATE journal SET session_id = 's1' WHERE session_id = 's3'",
        "UPDATE journal SET session_id = 's3' WHERE session_id = 'x'",
    ),
    "two seals swapped": sql(
        "UPDATE seal SET number = -1 WHERE number = 2",
        "UPDATE seal SET number = 2 WHERE number = 3",
        "UPDATE seal SET number = 3 WHERE number = -1",
    ),
    "a whole session removed": sql("DELETE FROM journal WHERE session_id = 's3'"),
    "a whole session removed with its seal": sql(
        "DELETE FROM journal WHERE session_id = 's3'", "DELETE FROM seal WHERE covers LIKE '%s3%'"
    ),
    "the last facts removed": sql("DELETE FROM journal WHERE session_id = 's3' AND seq >= 2"),
    "the last seal removed": sql("DELETE FROM seal WHERE number = 5"),
    "the last seal and its facts removed": sql(
        "DELETE FROM seal WHERE number = 5", "DELETE FROM journal WHERE session_id = 's2' AND seq = 2"
    ),
    "the last seal and its facts removed, and the head set back": sql(
        "DELETE FROM seal WHERE number = 5",
        "DELETE FROM journal WHERE session_id = 's2' AND seq = 2",
        "UPDATE seal_head SET seals = 4, rows = 7, last = (SELECT mac FROM seal WHERE number = 4)",
    ),
    "every seal and the head removed": sql("DELETE FROM seal", "DELETE FROM seal_head"),
    "all facts, seals and the head removed": sql("DELETE FROM journal", "DELETE FROM seal", "DELETE FROM seal_head"),
    "all facts removed": sql("DELETE FROM journal"),
    "a chain written anew": write_chain_anew,
    "a fact appended": append_well_formed,
    "a session added": lambda connection: append_well_formed(connection, "s9"),
    "a second head": sql("INSERT INTO seal_head SELECT 2, seals, rows, last, mac FROM seal_head"),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found(image: bytes, keys: StoreKeys, what: str) -> None:
    with changed(image) as connection:
        TAMPERING[what](connection)
        assert verify(connection, keys.seal) != []


@pytest.mark.parametrize(
    "what",
    ["a chain written anew", "a fact appended", "the last facts removed", "a whole session removed", "a session added"],
)
def test_tampering_is_still_found_when_the_daemon_has_gone_on_from_it(filled: Path, keys: StoreKeys, what: str) -> None:
    with closing(for_writing(filled)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        TAMPERING[what](connection)

    async def go_on(store: SqlStore) -> None:
        for name in ("s1", "s2", "s3", "s9"):
            await put(store, session(name), facts=[note(9)])

    daemon(filled, keys, go_on)
    with closing(for_reading(filled)) as connection:
        assert verify(connection, keys.seal) != []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE seal_head SET seals = seals - 1",
        "UPDATE seal_head SET rows = rows - 1",
        "DELETE FROM seal_head",
    ],
)
def test_the_daemon_puts_its_seal_on_no_forged_head(filled: Path, keys: StoreKeys, change: str) -> None:
    with closing(for_writing(filled)) as connection:
        connection.execute(change)
    with pytest.raises(StoreError, match="vmrd journal verify"):
        connect(filled, keys)


def test_a_head_forged_under_a_running_daemon_stops_its_writes(filled: Path, keys: StoreKeys) -> None:
    async def forged(store: SqlStore) -> None:
        with closing(for_writing(filled)) as connection:
            connection.execute("UPDATE seal_head SET rows = rows - 1")
        with pytest.raises(StoreError, match="vmrd journal verify"):
            await put(store, session("s1"), facts=[note(9)])
        assert len(await store.read(lambda rx: rx.journal("s1"))) == 3

    daemon(filled, keys, forged)


def test_a_journal_is_not_opened_with_another_key(filled: Path) -> None:
    with pytest.raises(StoreError, match="another key"):
        connect(filled, derive_keys(bytes(32)))


def test_erasing_personal_texts_leaves_the_journal_valid(filled: Path, keys: StoreKeys) -> None:
    daemon(filled, keys, lambda store: store.write(["s1"], lambda tx: tx.erase_personal("s1")))
    with closing(for_reading(filled)) as connection:
        assert connection.execute("SELECT count(*) FROM personal").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM salt").fetchone() == (0,)
        assert verify(connection, keys.seal) == []


def test_a_database_that_no_daemon_has_opened_has_no_fault(path: Path, keys: StoreKeys) -> None:
    with closing(for_reading(path)) as connection:
        assert verify(connection, keys.seal) == []


@pytest.mark.parametrize(
    ("what", "where"),
    [
        ("a whole session removed", "session s3"),
        ("the last facts removed", "session s3"),
        ("a session added", "session s9"),
        ("a fact appended", "session s1"),
        ("two facts of a session swapped", "session s1 fact 1"),
        ("two seals swapped", "seal 2"),
        ("the last seal removed", "seal head"),
        ("every seal and the head removed", "seal head"),
    ],
)
def test_a_fault_says_where(image: bytes, keys: StoreKeys, what: str, where: str) -> None:
    with changed(image) as connection:
        TAMPERING[what](connection)
        assert where in [fault.where for fault in verify(connection, keys.seal)]


def test_a_changed_fact_is_the_only_fault_and_is_not_quoted(image: bytes, keys: StoreKeys) -> None:
    with changed(image) as connection:
        connection.execute("UPDATE journal SET body = 'Jane Canary' WHERE session_id = 's1' AND seq = 2")
        faults = verify(connection, keys.seal)
    assert [fault.where for fault in faults] == ["session s1 fact 2"]
    assert "Canary" not in faults[0].what


def test_damaged_pages_are_a_fault(image: bytes, keys: StoreKeys) -> None:
    with changed(image[:8192] + bytes([0xFF]) * (len(image) - 8192)) as connection:
        assert verify(connection, keys.seal) != []


def test_a_running_daemon_does_not_disturb_verifying(path: Path, keys: StoreKeys) -> None:
    async def busy(store: SqlStore) -> None:
        async with asyncio.TaskGroup() as tasks:
            for n in range(200):
                tasks.create_task(put(store, session(f"s{n % 7}"), facts=[note(n)]))
            for _ in range(10):
                with closing(for_reading(path)) as connection:
                    assert await asyncio.to_thread(verify, connection, keys.seal) == []

    daemon(path, keys, busy)
