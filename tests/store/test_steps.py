"""A step is whole or nothing, alone, durable before its caller hears of it, and harms no other."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.store.samples import NOON, note, put, recorded, session
from vmrd.lifecycle.commands import SetLock
from vmrd.store.base import Claim, Rx, Store, StoreError, Tx

pytestmark = pytest.mark.asyncio

Soon = Callable[[Awaitable[object]], Awaitable[object]]


class Oops(Exception):
    pass


class Held:
    """A step that waits until the test lets it go; whatever is written meanwhile shares the next commit."""

    def __init__(self) -> None:
        self._begun, self._go = threading.Event(), threading.Event()

    def __call__(self, tx: Tx) -> None:
        self._begun.set()
        assert self._go.wait(25)  # thousands of callers are made meanwhile

    async def begun(self) -> None:
        assert await asyncio.to_thread(self._begun.wait, 10)

    def let_go(self) -> None:
        self._go.set()


async def test_a_step_returns_its_result(store: Store) -> None:
    assert await store.write([], lambda tx: 42) == 42


async def test_what_a_step_wrote_is_read_afterwards_and_by_itself(store: Store) -> None:
    def step(tx: Tx) -> None:
        recorded(tx, session("s1"), [note(1)], [SetLock(True)])
        assert tx.session("s1") == session("s1")
        assert tx.facts("s1") == [note(1)]
        assert [item.command for item in tx.outbox("s1")] == [SetLock(True)]

    await store.write(["s1"], step)
    assert await store.read(lambda rx: rx.session("s1")) == session("s1")


async def test_a_step_that_raises_leaves_no_trace_and_tells_its_caller(store: Store) -> None:
    await put(store, session("s1"))
    raised = Oops()

    def step(tx: Tx) -> None:
        recorded(tx, session("s1", room="VCC2"), [note(1)], [SetLock(True)])
        recorded(tx, session("s2"), [note(1)])
        tx.put_secret("s1", "host-pin", b"1234")
        tx.ref("s1", "Jane Canary")
        tx.claim("s1", [Claim("room", "MDI/VCC1", 1, 2)])
        raise raised

    with pytest.raises(Oops) as caught:
        await store.write(["s1"], step)
    assert caught.value is raised

    def look(rx: Rx) -> None:
        assert rx.session("s1") == session("s1")
        assert rx.session("s2") is None
        assert len(rx.journal("s1")) == 1
        assert rx.outbox("s1") == []
        assert rx.secret("s1", "host-pin") is None
        assert rx.personal("s1") == {}
        assert rx.claim_holder("room", "MDI/VCC1", 1, 2, "-") is None

    await store.read(look)


@pytest.mark.parametrize("error", [Oops(), StopIteration(), SystemExit(), asyncio.CancelledError()])
async def test_one_bad_step_among_a_hundred_harms_no_other(store: Store, soon: Soon, error: BaseException) -> None:
    held = Held()
    first = asyncio.create_task(store.write([], held))
    await held.begun()

    def step(n: int) -> Callable[[Tx], int]:
        def write(tx: Tx) -> int:
            recorded(tx, session(f"s{n}"), [note(n)])
            recorded(tx, session("shared", version=n), [note(n)])
            if n == 37:
                raise error
            return n

        return write

    async def outcome(n: int) -> int | None:
        try:
            return await store.write([f"s{n}", "shared"], step(n))
        except BaseException:
            return None

    hundred = [asyncio.create_task(outcome(n)) for n in range(100)]
    await asyncio.sleep(0)
    held.let_go()
    await soon(first)
    outcomes = await asyncio.gather(*hundred)
    assert outcomes == [None if n == 37 else n for n in range(100)]

    def look(rx: Rx) -> None:
        assert [n for n in range(100) if rx.session(f"s{n}") is None] == [37]
        assert rx.facts("shared") == [note(n) for n in range(100) if n != 37]

    await store.read(look)


async def test_steps_on_one_session_never_interleave_and_keep_their_order(store: Store) -> None:
    await put(store, session("s1"), facts=())

    def step(tx: Tx) -> int:
        found = tx.session("s1")
        assert found is not None
        grown = replace(found, version=found.version + 1)
        recorded(tx, grown, [note(grown.version)])
        return grown.version

    versions = await asyncio.gather(*(store.write(["s1"], step) for _ in range(200)))
    assert versions == list(range(1, 201))
    assert await store.read(lambda rx: rx.facts("s1")) == [note(n) for n in range(1, 201)]


async def test_more_steps_than_fit_the_queue_wait_their_turn(store: Store) -> None:
    results = await asyncio.gather(*(store.write([], lambda tx, n=n: n) for n in range(5_000)))  # type: ignore[misc]
    assert results == list(range(5_000))


async def test_a_cancelled_caller_harms_nobody_and_its_step_is_whole_or_nothing(store: Store, soon: Soon) -> None:
    held = Held()

    def first(tx: Tx) -> None:
        recorded(tx, session("begun"), [note(1)])
        held(tx)

    begun = asyncio.create_task(store.write([], first))
    await held.begun()
    queued = asyncio.create_task(put(store, session("queued")))
    after = asyncio.create_task(put(store, session("after")))
    await asyncio.sleep(0)
    begun.cancel()
    queued.cancel()
    held.let_go()
    await soon(after)
    gone = await asyncio.gather(begun, queued, return_exceptions=True)
    assert [type(each) for each in gone] == [asyncio.CancelledError] * 2

    def look(rx: Rx) -> None:
        assert rx.session("begun") == session("begun")  # it had begun, and is committed with its group
        assert rx.session("queued") is None
        assert rx.session("after") == session("after")

    await store.read(look)


async def test_a_commit_is_told_of_although_its_caller_was_cancelled(store: Store, soon: Soon) -> None:
    held, told = Held(), list[str]()

    def first(tx: Tx) -> str:
        held(tx)
        return "committed"

    begun = asyncio.create_task(store.write([], first, told.append))
    await held.begun()
    queued = asyncio.create_task(store.write([], lambda tx: "never begun", told.append))
    after = asyncio.create_task(store.write([], lambda tx: "after", told.append))
    await asyncio.sleep(0)
    begun.cancel()
    queued.cancel()
    held.let_go()
    await soon(after)
    assert told == ["committed", "after"]


async def test_only_what_was_committed_is_told_and_a_bad_listener_harms_its_caller_alone(store: Store) -> None:
    def bad(_: object) -> None:
        raise Oops

    told: list[str] = []
    results = await asyncio.gather(
        store.write([], bad, told.append),
        store.write([], lambda tx: "heard", bad),
        store.write([], lambda tx: "well", told.append),
        return_exceptions=True,
    )
    assert [type(each) for each in results] == [Oops, Oops, str]
    assert told == ["well"]


async def test_cancelled_callers_do_not_use_up_the_queue(store: Store, soon: Soon) -> None:
    for _ in range(3):
        held = Held()
        first = asyncio.create_task(store.write([], held))
        await held.begun()
        many = [asyncio.create_task(store.write([], lambda tx: None)) for _ in range(3_000)]
        await asyncio.sleep(0)
        for each in many:
            each.cancel()
        held.let_go()
        await soon(first)
        await asyncio.gather(*many, return_exceptions=True)
    assert await soon(store.write([], lambda tx: "still here")) == "still here"


async def test_a_read_waits_for_no_writer_and_sees_one_commit_only(store: Store, soon: Soon) -> None:
    await put(store, session("s1", version=1))
    held, reading, go_on = Held(), threading.Event(), threading.Event()
    writing = asyncio.create_task(store.write([], held))
    await held.begun()

    def query(rx: Rx) -> list[int]:
        before = rx.session("s1")
        reading.set()
        assert go_on.wait(60)
        after = rx.session("s1")
        assert before is not None
        assert after is not None
        return [before.version, after.version]

    look = asyncio.create_task(store.read(query))
    assert await asyncio.to_thread(reading.wait, 10)  # while the writer is in the middle of a step
    held.let_go()
    await soon(writing)
    await put(store, session("s1", version=2))
    go_on.set()
    assert await soon(look) == [1, 1]
    found = await store.read(lambda rx: rx.session("s1"))
    assert found is not None
    assert found.version == 2


async def test_many_reads_at_once(store: Store) -> None:
    await put(store, session("s1"))
    found = await asyncio.gather(*(store.read(lambda rx: rx.session("s1")) for _ in range(200)))
    assert set(map(id, found)) != set()
    assert all(each == session("s1") for each in found)


async def test_a_query_that_raises_tells_its_caller_only(store: Store) -> None:
    def query(rx: Rx) -> None:
        raise Oops

    with pytest.raises(Oops):
        await store.read(query)
    assert await store.read(lambda rx: rx.next_wake()) is None


async def test_closing_finishes_what_was_submitted_and_refuses_the_rest(store: Store, soon: Soon) -> None:
    held = Held()
    first = asyncio.create_task(store.write([], held))
    await held.begun()
    last = asyncio.create_task(store.write(["s1"], lambda tx: tx.next_wake() or NOON))
    await asyncio.sleep(0)
    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0)
    held.let_go()
    await soon(closing)
    assert await soon(first) is None
    assert await soon(last) == NOON
    with pytest.raises(StoreError):
        await store.write([], lambda tx: None)
    with pytest.raises(StoreError):
        await store.read(lambda rx: None)
    await store.close()
