"""A copy taken while a daemon writes is one whole moment of it, and comes back as it was or not at all."""

import asyncio
import signal
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.samples import NOON, note, recorded, session
from tests.store.stream_of_writes import started
from vmrd.store.backup import backup, restore
from vmrd.store.base import SignIn, StoreError
from vmrd.store.connection import for_reading
from vmrd.store.journal import verify
from vmrd.store.secrets import StoreKeys, derive_keys
from vmrd.store.sqlite import connect, open_for_reading, write_once

SIGNED_IN = SignIn("digest", "k.shah", "csrf", NOON, NOON)


@pytest.fixture
def writing(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A daemon's store that never stops writing; its first thousand writes are done."""
    with started(path) as child:
        assert child.stdout is not None
        for _ in range(1_000):
            child.stdout.readline()
        yield child
        child.send_signal(signal.SIGKILL)
        child.stdout.read()


def test_a_copy_of_a_database_that_is_written_to_is_one_moment_of_it(
    path: Path, keys: StoreKeys, tmp_path: Path, writing: subprocess.Popen[str]
) -> None:
    copies = [tmp_path / f"copy-{n}.db" for n in range(3)]
    facts = [backup(path, copy).facts for copy in copies]
    assert writing.poll() is None
    assert facts[0] >= 1_000
    assert facts == sorted(facts)
    for copy in copies:
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        assert [each.name for each in tmp_path.glob(f"{copy.name}*")] == [copy.name]
        with closing(for_reading(copy)) as connection:
            assert verify(connection, keys.seal) == []
        with open_for_reading(copy, keys) as rx:
            for name in (f"s{n}" for n in range(16)):
                found = rx.session(name)
                assert found is not None
                assert rx.facts(name) == [note(n) for n in range(1, found.version + 1)]


def planted(path: Path, keys: StoreKeys) -> None:
    async def plant() -> None:
        store = connect(path, keys)
        await store.write(["s1"], lambda tx: recorded(tx, session("s1"), [note(1)]))
        await store.write(["s1"], lambda tx: tx.put_secret("s1", "host-pin:1", b"482913"))
        await store.write([], lambda tx: tx.put_sign_in(SIGNED_IN))
        await store.close()

    asyncio.run(plant())


def test_what_is_put_back_is_what_was_copied_and_what_was_there_is_kept(
    path: Path, keys: StoreKeys, tmp_path: Path
) -> None:
    planted(path, keys)
    copy = tmp_path / "copy.db"
    backup(path, copy)
    assert b"482913" not in copy.read_bytes()
    write_once(path, keys, lambda tx: recorded(tx, session("s2"), [note(2)]))

    done = restore(copy, path, keys.seal, NOON)

    with open_for_reading(path, keys) as rx:
        assert rx.session("s1") is not None
        assert rx.session("s2") is None
        assert rx.secret("s1", "host-pin:1") == b"482913"
        assert rx.restored_at() == NOON
        assert rx.sign_in("digest") is None, "a browser signed out since must not be signed in again"
    assert done.kept is not None
    with open_for_reading(done.kept, keys) as rx:
        assert rx.session("s2") is not None
        assert rx.restored_at() is None
    assert copy.exists()
    assert not list(tmp_path.glob("*.restoring*"))

    async def go_on() -> None:
        store = connect(path, keys)
        await store.write(["s3"], lambda tx: recorded(tx, session("s3"), [note(3)]))
        await store.close()

    asyncio.run(go_on())
    with closing(for_reading(path)) as connection:
        assert verify(connection, keys.seal) == []


def test_a_machine_that_lost_its_disk_starts_from_the_copy(path: Path, keys: StoreKeys, tmp_path: Path) -> None:
    planted(path, keys)
    backup(path, tmp_path / "copy.db")
    (tmp_path / "new").mkdir()
    done = restore(tmp_path / "copy.db", tmp_path / "new" / "vmrd.db", keys.seal, NOON)
    assert done.kept is None
    with open_for_reading(tmp_path / "new" / "vmrd.db", keys) as rx:
        assert rx.session("s1") is not None


def test_nothing_is_put_back_while_a_daemon_runs(path: Path, keys: StoreKeys, tmp_path: Path) -> None:
    backup(path, tmp_path / "copy.db")

    async def try_it() -> None:
        store = connect(path, keys)
        with pytest.raises(StoreError, match="another vmrd has"):
            restore(tmp_path / "copy.db", path, keys.seal, NOON)
        await store.close()

    asyncio.run(try_it())


def test_a_copy_of_another_key_is_refused_and_nothing_is_touched(path: Path, keys: StoreKeys, tmp_path: Path) -> None:
    planted(path, keys)
    backup(path, tmp_path / "copy.db")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"does not fit store\.key"):
        restore(tmp_path / "copy.db", path, derive_keys(bytes(32)).seal, NOON)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*.before-*"))


def test_a_copy_somebody_has_edited_is_refused(path: Path, keys: StoreKeys, tmp_path: Path) -> None:
    planted(path, keys)
    copy = tmp_path / "copy.db"
    backup(path, copy)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("UPDATE journal SET at = at + 1")
    with pytest.raises(StoreError, match="session s1 fact 1"):
        restore(copy, path, keys.seal, NOON)


def test_a_damaged_copy_is_refused(path: Path, keys: StoreKeys, tmp_path: Path) -> None:
    planted(path, keys)
    copy = tmp_path / "copy.db"
    backup(path, copy)
    body = bytearray(copy.read_bytes())
    middle = len(body) // 2
    body[middle : middle + 4_096] = bytes(range(256)) * 16
    copy.write_bytes(body)
    with pytest.raises(StoreError):
        restore(copy, path, keys.seal, NOON)
    with open_for_reading(path, keys) as rx:
        assert rx.session("s1") is not None


@pytest.mark.parametrize("text", [b"", b"no database at all\n" * 200])
def test_what_is_not_ours_is_refused(path: Path, keys: StoreKeys, tmp_path: Path, text: bytes) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(text)
    with pytest.raises(StoreError):
        restore(other, path, keys.seal, NOON)
    with pytest.raises(StoreError):
        backup(other, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_copy_overwrites_nothing_and_takes_the_place_of_an_unfinished_one(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    (tmp_path / "copy.db.part").write_bytes(b"of a try that was cut off")
    backup(path, copy)
    whole = copy.read_bytes()
    with pytest.raises(StoreError, match="is there already"):
        backup(path, copy)
    assert copy.read_bytes() == whole
    with pytest.raises(StoreError, match="cannot be written"):
        backup(path, tmp_path / "no such folder" / "copy.db")
