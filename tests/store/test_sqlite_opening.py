"""Who may open the database, in which state of its schema; and what the file never holds."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.samples import NOON, note, put, recorded, session
from vmrd.lifecycle.commands import Lane, SetLock
from vmrd.store.base import Claim, Officer, StoreError, Tx
from vmrd.store.codec import Decoded
from vmrd.store.connection import for_reading, for_writing
from vmrd.store.journal import verify
from vmrd.store.migrate import SCHEMA, SchemaStatus, migrate, schema_status
from vmrd.store.secrets import SecretBox, StoreKeys, derive_keys
from vmrd.store.sqlite import connect, open_for_reading, write_once
from vmrd.store.tx import SqlTx

CANARIES = (b"Jane Canary", b"493817260504")


def test_a_second_daemon_is_refused_until_the_first_has_closed(path: Path, keys: StoreKeys) -> None:
    async def run() -> None:
        first = connect(path, keys)
        with pytest.raises(StoreError, match="one daemon per SQLite file"):
            connect(path, keys)
        with pytest.raises(StoreError, match="another vmrd"):
            migrate(path)
        await put(first, session("s1"))
        await first.close()
        second = connect(path, keys)
        assert await second.read(lambda rx: rx.session("s1")) == session("s1")
        await second.close()

    asyncio.run(run())


def test_a_daemon_of_another_process_is_refused(path: Path, keys: StoreKeys) -> None:
    program = (
        "import sys, fcntl; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, f"{path}.lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        child.stdout.readline()
        with pytest.raises(StoreError, match="one daemon per SQLite file"):
            connect(path, keys)
        child.kill()


def test_a_daemon_that_could_not_open_leaves_the_file_free(path: Path, keys: StoreKeys) -> None:
    asyncio.run(connect(path, keys).close())
    with pytest.raises(StoreError):
        connect(path, derive_keys(bytes(32)))
    asyncio.run(connect(path, keys).close())


def test_the_command_line_reads_and_writes_beside_a_daemon(path: Path, keys: StoreKeys) -> None:
    officer = Officer("kshah", "officer", ("MDI",), None, "t1")

    async def run() -> None:
        store = connect(path, keys)
        await put(store, session("s1"), facts=[note(1)])
        with open_for_reading(path, keys) as rx:
            assert rx.session("s1") == session("s1")
        await asyncio.to_thread(write_once, path, keys, lambda tx: tx.put_officer(officer))
        await asyncio.to_thread(write_once, path, keys, lambda tx: recorded(tx, session("s1"), [note(2)]))
        assert await store.read(lambda rx: rx.officer("kshah")) == officer
        await put(store, session("s1"), facts=[note(3)])
        assert await store.read(lambda rx: rx.facts("s1")) == [note(1), note(2), note(3)]
        await store.close()

    asyncio.run(run())
    with closing(for_reading(path)) as connection:
        assert verify(connection, keys.seal) == []


def test_the_command_line_reads_where_no_daemon_runs(path: Path, keys: StoreKeys) -> None:
    write_once(path, keys, lambda tx: recorded(tx, session("s1"), [note(1)]))
    with open_for_reading(path, keys) as rx:
        assert rx.session("s1") == session("s1")


def test_a_step_of_the_command_line_that_raises_leaves_no_trace(path: Path, keys: StoreKeys) -> None:
    def step(tx: Tx) -> None:
        recorded(tx, session("s1"), [note(1)])
        raise KeyError

    with pytest.raises(KeyError):
        write_once(path, keys, step)
    with open_for_reading(path, keys) as rx:
        assert rx.session("s1") is None


def test_reading_cannot_write(path: Path) -> None:
    with closing(for_reading(path)) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM meta")


def test_migrating_again_does_nothing(tmp_path: Path) -> None:
    database = tmp_path / "vmrd.db"
    assert migrate(database) == sorted(file.stem for file in SCHEMA.glob("*.sql"))
    assert migrate(database) == []


def test_the_database_is_its_owners_alone(path: Path, keys: StoreKeys) -> None:
    async def run() -> None:
        store = connect(path, keys)
        await put(store, session("s1"))
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
        await store.close()
        assert set(modes) == {"vmrd.db", "vmrd.db-wal", "vmrd.db-shm", "vmrd.db.lock"}
        assert set(modes.values()) == {0o600}

    asyncio.run(run())


def ahead(path: Path) -> None:
    with closing(for_writing(path)) as connection:
        connection.execute("INSERT INTO meta (version, name) VALUES (9999, '9999_of_a_later_release')")


def behind(path: Path) -> None:
    with closing(for_writing(path)) as connection:
        connection.execute("DELETE FROM meta")


@pytest.mark.parametrize(
    ("change", "status"),
    [(ahead, SchemaStatus.AHEAD), (behind, SchemaStatus.BEHIND), (lambda path: None, SchemaStatus.CURRENT)],
)
def test_a_schema_that_is_not_this_releases_is_not_opened(
    path: Path, keys: StoreKeys, change: Callable[[Path], None], status: SchemaStatus
) -> None:
    change(path)
    with closing(for_reading(path)) as connection:
        assert schema_status(connection) is status
    if status is SchemaStatus.CURRENT:
        asyncio.run(connect(path, keys).close())
        return
    with pytest.raises(StoreError, match="vmrd migrate"):
        connect(path, keys)
    with pytest.raises(StoreError, match="vmrd migrate"), open_for_reading(path, keys):
        pass


def test_a_new_file_needs_migrating(tmp_path: Path, keys: StoreKeys) -> None:
    with pytest.raises(StoreError, match="vmrd migrate"):
        connect(tmp_path / "vmrd.db", keys)
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreError, match="vmrd migrate"):
        connect(tmp_path / "empty.db", keys)
    with pytest.raises(StoreError, match="no-such-folder"):
        connect(tmp_path / "no-such-folder" / "vmrd.db", keys)


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    other, text = tmp_path / "other.db", tmp_path / "text.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE customers (name)")
    text.write_text("not a database at all\n" * 100)
    for path in (other, text):
        before = path.read_bytes()
        with pytest.raises(StoreError):
            migrate(path)
        assert path.read_bytes() == before


def test_a_migration_that_fails_leaves_no_trace_and_the_earlier_ones_stand(tmp_path: Path) -> None:
    files, database = tmp_path / "schema", tmp_path / "vmrd.db"
    files.mkdir()
    (files / "0001_first.sql").write_text((SCHEMA / "0001_initial.sql").read_text())
    (files / "0002_second.sql").write_text("CREATE TABLE second (a);\nCREATE TABLE meta (a); -- is there already\n")
    (files / "0003_third.sql").write_text("CREATE TABLE third (a);\n")
    with pytest.raises(StoreError, match="0002_second"):
        migrate(database, files)

    def tables() -> set[str]:
        with closing(for_reading(database)) as connection:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")} & {"second", "third"}

    assert tables() == set()
    (files / "0002_second.sql").write_text("CREATE TABLE second (a);\n-- a note after the last statement\n")
    assert migrate(database, files) == ["0002_second", "0003_third"]
    assert tables() == {"second", "third"}


def test_keys_and_secrets_are_never_printed(keys: StoreKeys) -> None:
    assert str(keys.seal) not in repr(keys)
    assert repr(keys) == "StoreKeys()"
    sealed = SecretBox(keys).encrypt("s1", "host-pin", CANARIES[1])
    for elsewhere in (("s2", "host-pin"), ("s1", "token")):
        with pytest.raises(StoreError) as refused:
            SecretBox(keys).decrypt(*elsewhere, sealed)
        assert CANARIES[1].decode() not in str(refused.value)


def test_one_master_key_makes_two_that_differ() -> None:
    keys = derive_keys(bytes(32))
    assert len({keys.secrets, keys.seal, bytes(32)}) == 3
    assert derive_keys(bytes(32)) == keys
    assert derive_keys(bytes([1]) * 32) != keys


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32"):
        derive_keys(bytes(length))
    with pytest.raises(ValueError, match="32"):
        StoreKeys(bytes(32), bytes(length))


def on_disk(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in sorted(path.parent.iterdir()))


def test_a_secret_is_on_disk_as_ciphertext_only(path: Path, keys: StoreKeys) -> None:
    async def run() -> None:
        store = connect(path, keys)
        await store.write(["s1"], lambda tx: tx.put_secret("s1", "host-pin", CANARIES[1]))
        assert (path.parent / "vmrd.db-wal").stat().st_size > 0
        assert CANARIES[1] not in on_disk(path)
        assert keys.secrets not in on_disk(path)
        assert keys.seal not in on_disk(path)
        await store.close()
        assert CANARIES[1] not in on_disk(path)

    asyncio.run(run())


def test_an_erased_name_is_gone_from_the_file_itself(path: Path, keys: StoreKeys) -> None:
    async def run() -> None:
        store = connect(path, keys)
        await put(store, session("s1"))
        await store.write(["s1"], lambda tx: tx.ref("s1", CANARIES[0].decode()))
        assert CANARIES[0] in on_disk(path)
        await store.write(["s1"], lambda tx: tx.erase_personal("s1"))
        await store.close()

    asyncio.run(run())
    assert CANARIES[0] not in on_disk(path)


def test_the_cost_of_a_call_does_not_grow_with_the_number_of_sessions(path: Path, keys: StoreKeys) -> None:
    """Counted in steps of SQLite's machine, which do not depend on how busy this one is."""
    with closing(for_writing(path)) as connection:
        tx = SqlTx(connection, SecretBox(keys), Decoded())
        costs = []
        for have, want in ((0, 100), (100, 3_000)):
            connection.execute("BEGIN")
            for n in range(have, want):  # all wait for a platform that is down
                recorded(tx, session(f"s{n}"), [note(n)], [SetLock(True)], wake_at=LATER + n)
                tx.claim(f"s{n}", [Claim("room", "MDI/VCC1", n, n + 1)])
                (item,) = tx.take("me", NOON, 1, {Lane.LOCK: 1})
                tx.postpone(item.id, item.attempts, LATER + n)
            connection.execute("COMMIT")
            costs.append(steps_of_calls(connection, tx, f"ready-{want}", at=LATER + want))
    few, many = costs
    assert [call for call in few if not 0 < many[call] < 2 * few[call]] == []


LATER = 10**15


def steps_of_calls(connection: sqlite3.Connection, tx: SqlTx, name: str, at: int) -> dict[str, int]:
    recorded(tx, session(name), [note(1)], [SetLock(True)], wake_at=1)
    (item,) = tx.outbox(name)
    calls: dict[str, Callable[[], object]] = {
        "take": lambda: tx.take("me", NOON, 1, dict.fromkeys(Lane, 10)),
        "finish": lambda: tx.finish(item.id, item.attempts),
        "due": lambda: tx.due(10, 1),
        "record": lambda: recorded(tx, session(name), [note(1)], [SetLock(False)]),
        "session_by_name": lambda: tx.session_by_name(session(name).vmr_name),
        "room_holder": lambda: tx.room_holder("MDI", "VCC1", "-"),
        "claim": lambda: tx.claim(name, [Claim("room", "MDI/VCC1", at, at + 1)]),
    }
    steps = dict.fromkeys(calls, 0)
    for what, call in calls.items():

        def count(what: str = what) -> int:
            steps[what] += 1
            return 0

        connection.set_progress_handler(count, 1)
        call()
        connection.set_progress_handler(None, 1)
    return steps


def test_after_a_crash_commands_that_were_in_hand_go_out_at_once(path: Path, keys: StoreKeys) -> None:
    """Nobody waits half a minute for the lock because the daemon that had it in hand was killed."""

    async def run() -> None:
        store = connect(path, keys)
        await put(store, session(), SetLock(True))
        taken = await store.write([], lambda tx: tx.take("dead", NOON, 30_000, {Lane.LOCK: 1}))
        await store.close()
        store = connect(path, keys)
        again = await store.write([], lambda tx: tx.take("alive", NOON + 1, 30_000, {Lane.LOCK: 1}))
        assert [item.id for item in again] == [item.id for item in taken]
        await store.close()

    asyncio.run(run())
