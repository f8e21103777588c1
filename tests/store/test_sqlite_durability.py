"""What was acknowledged is there after a kill; what could not be committed was never acknowledged."""

import asyncio
import signal
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from tests.store.samples import note, recorded, session
from tests.store.stream_of_writes import started
from vmrd.store.base import StoreError, Tx
from vmrd.store.codec import Decoded
from vmrd.store.connection import for_reading, for_writing
from vmrd.store.group import SqliteGroups
from vmrd.store.journal import verify
from vmrd.store.sealing import begin_head
from vmrd.store.secrets import StoreKeys
from vmrd.store.sqlite import connect, open_for_reading
from vmrd.store.writer import Job, Writer


@pytest.mark.parametrize("lines", [1, 100, 1_000])
def test_a_killed_daemon_has_every_write_it_acknowledged(path: Path, keys: StoreKeys, lines: int) -> None:
    acknowledged: dict[str, int] = {}
    with started(path) as child:
        assert child.stdout is not None
        for count, line in enumerate(child.stdout, start=1):
            if count == lines:
                child.send_signal(signal.SIGKILL)
            if line.endswith("\n"):
                written, number = line.split()
                acknowledged[written] = int(number)
    assert child.returncode == -signal.SIGKILL
    assert acknowledged

    with open_for_reading(path, keys) as rx:
        for name, version in acknowledged.items():
            found = rx.session(name)
            assert found is not None
            assert found.version >= version
            assert rx.facts(name) == [note(n) for n in range(1, found.version + 1)]
            assert len(rx.outbox(name)) == 1
    with closing(for_reading(path)) as connection:
        assert verify(connection, keys.seal) == []

    async def go_on() -> None:
        store = connect(path, keys)
        await store.write(["s0"], lambda tx: recorded(tx, session("s0"), [note(0)]))
        await store.close()

    asyncio.run(go_on())
    with closing(for_reading(path)) as connection:
        assert verify(connection, keys.seal) == []


def test_a_commit_is_flushed_before_it_is_told(path: Path) -> None:
    with closing(for_writing(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


class Group:
    """Steps handed to a writer in one go, on a connection the test can make fail."""

    def __init__(self, path: Path, keys: StoreKeys) -> None:
        self.connection = for_writing(path)
        begin_head(self.connection, keys.seal)
        self._writer = Writer(SqliteGroups(self.connection, keys, Decoded()).commit, self._told)

    def _told(self, jobs: Sequence[Job[object]]) -> None:
        for job in jobs:
            job.told.set_result(None)

    async def outcomes(self, *steps: Callable[[Tx], object]) -> list[object]:
        """What each step returned or raised."""
        loop = asyncio.get_running_loop()
        jobs = [Job((), step, loop.create_future()) for step in steps]
        for job in jobs:
            self._writer.submit(job)
        outcomes: list[object] = []
        async with asyncio.timeout(10):
            for job in jobs:
                await job.told
                try:
                    outcomes.append(job.outcome())
                except Exception as error:
                    outcomes.append(error)
        return outcomes

    def close(self) -> None:
        self._writer.stop()
        self.connection.close()


def put_session(name: str) -> Callable[[Tx], str]:
    def step(tx: Tx) -> str:
        recorded(tx, session(name), [note(1)])
        return name

    return step


def refuse_commit(action: int, word: str | None, *_: str | None) -> int:
    commit = action == sqlite3.SQLITE_TRANSACTION and word == "COMMIT"
    return sqlite3.SQLITE_DENY if commit else sqlite3.SQLITE_OK


@pytest.mark.asyncio
async def test_where_the_commit_fails_nobody_is_told_of_success_and_nothing_is_kept(
    path: Path, keys: StoreKeys
) -> None:
    with closing(Group(path, keys)) as group:
        group.connection.set_authorizer(refuse_commit)
        outcomes = await group.outcomes(put_session("a"), put_session("b"))
        assert [type(outcome) for outcome in outcomes] == [StoreError, StoreError]
        group.connection.set_authorizer(None)
        assert await group.outcomes(put_session("c")) == ["c"]  # and the next group is none the worse
    with open_for_reading(path, keys) as rx:
        assert [rx.session(name) is not None for name in "abc"] == [False, False, True]
    with closing(for_reading(path)) as connection:
        assert verify(connection, keys.seal) == []


@pytest.mark.asyncio
async def test_a_full_disk_is_refused_and_leaves_the_store_whole(path: Path, keys: StoreKeys) -> None:
    with closing(Group(path, keys)) as group:
        (pages,) = group.connection.execute("PRAGMA page_count").fetchone()
        group.connection.execute(f"PRAGMA max_page_count = {pages}")

        def too_much(tx: Tx) -> None:
            tx.put_secret("s1", "large", bytes(1_000_000))

        outcomes = await group.outcomes(too_much)
        assert [str(outcome) for outcome in outcomes] == ["the database refused: SQLITE_FULL (the disk is full)"]
        group.connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
        assert await group.outcomes(too_much, put_session("a")) == [None, "a"]
    with closing(for_reading(path)) as connection:
        assert verify(connection, keys.seal) == []


@pytest.mark.asyncio
async def test_what_waits_together_shares_one_commit(path: Path, keys: StoreKeys) -> None:
    names = [f"s{n}" for n in range(100)]
    with closing(Group(path, keys)) as group:
        await group.outcomes(*(put_session(name) for name in names))
    with closing(for_reading(path)) as connection:
        (commits,) = connection.execute("SELECT count(*) FROM seal").fetchone()
    assert commits < len(names) / 2


@pytest.mark.asyncio
async def test_a_fault_of_the_writing_itself_is_told_to_its_callers_and_the_next_are_served() -> None:
    """A thread that ended with it would leave every later caller waiting for ever."""
    faults = [LookupError("canary")]
    told = asyncio.Event()

    def commit(jobs: Sequence[Job[object]]) -> Sequence[Job[object]]:
        if faults:
            raise faults.pop()
        for job in jobs:
            job.run(cast("Tx", None))
        return ()

    def tell(jobs: Sequence[Job[object]]) -> None:
        for job in jobs:
            job.tell()
        told.set()

    async def outcome(writer: Writer) -> object:
        job = Job[object]((), lambda _: "written", asyncio.get_running_loop().create_future())
        writer.submit(job)
        async with asyncio.timeout(10):
            await job.told
        return job.outcome()

    writer = Writer(commit, tell)
    try:
        with pytest.raises(StoreError, match=r"^the commit failed: LookupError$"):
            await outcome(writer)
        assert await outcome(writer) == "written"
    finally:
        writer.stop()
