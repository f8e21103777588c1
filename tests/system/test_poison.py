"""One poison session among a hundred harms no other, whichever way it is poisoned."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from benchmarks.samples import plan
from tests.databases import new_database
from vmrd.clock import SystemClock
from vmrd.engine import Applied, Engine, Faulty
from vmrd.lifecycle.commands import Lane
from vmrd.lifecycle.inputs import Note
from vmrd.lifecycle.rules import Rules
from vmrd.metrics import Metrics
from vmrd.store.base import SessionFilter
from vmrd.store.secrets import derive_keys
from vmrd.store.sql import SqlStore
from vmrd.store.sqlite import connect

pytestmark = pytest.mark.asyncio

KEYS = derive_keys(b"k" * 32)
SESSIONS = [f"s{number:03d}" for number in range(100)]
POISON = "s042"


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[tuple[SqlStore, Engine]]:
    store = connect(path, KEYS)
    try:
        yield store, Engine(store, SystemClock(), lambda _: Rules(), Metrics())
    finally:
        await store.close()


async def plant(path: Path) -> None:
    """A hundred planned sessions, each with a command waiting."""
    new_database(path)
    async with opened(path) as (_, engine):
        await asyncio.gather(*(engine.submit(each, plan(each, engine.clock.now())) for each in SESSIONS))


async def press_all(engine: Engine) -> dict[str, object]:
    """A note in every session, all at once, so that they share commits."""
    answers = await asyncio.gather(*(engine.submit(each, lambda ref: Note(ref("seen"), "k.shah")) for each in SESSIONS))
    return dict(zip(SESSIONS, answers, strict=True))


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(statement, (POISON,)).rowcount >= 1


async def test_a_session_whose_row_is_damaged_is_rebuilt_from_its_journal(tmp_path: Path) -> None:
    path = tmp_path / "vmrd.db"
    await plant(path)
    spoil(path, "UPDATE session SET body = '{broken' WHERE id = ?")
    async with opened(path) as (store, engine):
        answers = await press_all(engine)
        assert all(isinstance(answer, Applied) for answer in answers.values())
        found = await store.read(lambda rx: rx.session(POISON))
        assert found is not None
        assert len(found.noted) == 1


async def test_a_session_that_cannot_be_read_at_all_harms_no_other(tmp_path: Path) -> None:
    path = tmp_path / "vmrd.db"
    await plant(path)
    spoil(path, "UPDATE session SET body = '{broken' WHERE id = ?")
    spoil(path, "UPDATE journal SET body = '{broken' WHERE session_id = ?")
    async with opened(path) as (store, engine):
        answers = await press_all(engine)
        assert isinstance(answers.pop(POISON), Faulty)
        assert all(isinstance(answer, Applied) for answer in answers.values())
        assert POISON in engine.faults
        listed = await store.read(lambda rx: [session.id for session in rx.sessions(SessionFilter())])
        assert listed == [each for each in SESSIONS if each != POISON]


async def test_a_command_that_cannot_be_read_is_dropped_and_the_others_go_out(tmp_path: Path) -> None:
    path = tmp_path / "vmrd.db"
    await plant(path)
    spoil(path, "UPDATE outbox SET body = '{broken' WHERE session_id = ?")
    async with opened(path) as (store, engine):
        taken = await store.write([], lambda tx: tx.take("me", engine.clock.now(), 1_000, {Lane.PROVISIONING: 200}))
        assert {item.session_id for item in taken} == {each for each in SESSIONS if each != POISON}


async def test_a_session_whose_deciding_fails_is_rolled_back_alone_and_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "vmrd.db"
    await plant(path)
    async with opened(path) as (store, engine):
        before = await store.read(lambda rx: rx.session(POISON))

        def poisoned(ref: object) -> Note:
            raise ArithmeticError("canary-name")

        results = await asyncio.gather(
            engine.submit(POISON, poisoned),
            *(engine.submit(e, lambda ref: Note(ref("x"), "k.shah")) for e in SESSIONS[:20]),
        )
        assert isinstance(results[0], Faulty)
        assert all(isinstance(result, Applied) for result in results[1:])
        assert await store.read(lambda rx: rx.session(POISON)) == before
        wake = await store.read(lambda rx: rx.next_wake())
        assert wake is not None
        assert wake > engine.clock.now()
        assert isinstance(await engine.submit(POISON, lambda ref: Note(ref("better"), "k.shah")), Applied)
        assert POISON not in engine.faults
