"""Two replicas over one database: what the one does, the other never does too, and neither holds the other up."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.store.ears import Ears
from tests.store.samples import HOUR, NOON, note, put, recorded, session
from vmrd.lifecycle.commands import Lane, SetLock
from vmrd.store.account import AuditEntry, AuditKind
from vmrd.store.base import BookingRecord, Busy, Claim, ClaimTaken, Rx, Store, StoreError, Tx
from vmrd.store.leases import watching
from vmrd.store.place import Server
from vmrd.store.postgres import group
from vmrd.store.postgres.group import Holds
from vmrd.store.postgres.link import connect as dial
from vmrd.store.postgres.store import connect, verify, write_once
from vmrd.store.secrets import StoreKeys

pytestmark = pytest.mark.asyncio

Soon = Callable[[Awaitable[object]], Awaitable[object]]
MINUTE = 60_000


@pytest_asyncio.fixture
async def replicas(server: Server, keys: StoreKeys) -> AsyncIterator[tuple[Store, Store]]:
    one, other = connect(server, keys), connect(server, keys)
    yield one, other
    await one.close()
    await other.close()


async def test_of_bookings_that_race_for_a_room_one_has_it(
    replicas: tuple[Store, Store], server: Server, keys: StoreKeys
) -> None:
    def book(name: str, room: str) -> Callable[[Tx], str]:
        def step(tx: Tx) -> str:
            recorded(tx, session(name, room=room), [note(1)])
            tx.claim(name, [Claim("room", f"MDI/{room}", NOON, NOON + HOUR)])
            return room

        return step

    rooms = [f"VCC{n}" for n in range(20)]
    raced = [
        store.write([f"{room}-{n}"], book(f"{room}-{n}", room))
        for room in rooms
        for n, store in enumerate((*replicas, *replicas))
    ]
    outcomes = await asyncio.gather(*raced, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {str, ClaimTaken}
    assert Counter(outcome for outcome in outcomes if isinstance(outcome, str)) == dict.fromkeys(rooms, 1)

    def held(rx: Rx) -> int:
        return sum(len(rx.claims("room", f"MDI/{room}", NOON, NOON + HOUR)) for room in rooms)

    assert await replicas[0].read(held) == len(rooms)
    assert verify(server, keys.seal) == []


async def test_the_database_itself_holds_a_room_once(replicas: tuple[Store, Store], server: Server) -> None:
    insert = "INSERT INTO claim VALUES (?, 'room', 'MDI/VCC1', ?, ?)"
    with closing(dial(server)) as link:
        link.execute(insert, ("s1", 10, 20))
        link.execute(insert, ("s2", 20, 30))
        with pytest.raises(Exception, match="claimed_once"):
            link.execute(insert, ("s3", 19, 21))


async def test_steps_on_one_session_are_serial_whoever_runs_them(
    replicas: tuple[Store, Store], server: Server, keys: StoreKeys
) -> None:
    await put(replicas[0], session("s1"), facts=())

    def grow(tx: Tx) -> int:
        found = tx.session("s1")
        assert found is not None
        grown = replace(found, version=found.version + 1)
        recorded(tx, grown, [note(grown.version)])
        return grown.version

    versions = await asyncio.gather(*(store.write(["s1"], grow) for _ in range(60) for store in replicas))
    assert sorted(versions) == list(range(1, 121))
    assert await replicas[1].read(lambda rx: rx.facts("s1")) == [note(n) for n in range(1, 121)]
    assert verify(server, keys.seal) == []


async def test_a_command_is_handed_to_one_replica(replicas: tuple[Store, Store]) -> None:
    names = [f"s{n}" for n in range(40)]
    for name in names:
        await put(replicas[0], session(name), SetLock(True))

    async def take_all(store: Store, owner: str) -> list[str]:
        taken: list[str] = []
        for _ in range(30):
            items = await store.write([], lambda tx: tx.take(owner, NOON, MINUTE, {Lane.LOCK: 3}))
            taken += [item.session_id for item in items]
            await asyncio.sleep(0)
        return taken

    one, other = await asyncio.gather(take_all(replicas[0], "a"), take_all(replicas[1], "b"))
    assert sorted([*one, *other]) == sorted(names)


async def test_a_replica_that_starts_takes_nothing_out_of_the_hands_of_another(
    replicas: tuple[Store, Store], server: Server, keys: StoreKeys
) -> None:
    await put(replicas[0], session("s1"), SetLock(True))
    taken = await replicas[0].write([], lambda tx: tx.take("a", NOON, MINUTE, {Lane.LOCK: 3}))
    assert len(taken) == 1
    third = connect(server, keys)
    assert await third.write([], lambda tx: tx.take("c", NOON, MINUTE, {Lane.LOCK: 3})) == []
    await third.close()


async def test_a_busy_session_holds_up_no_other(replicas: tuple[Store, Store], server: Server, soon: Soon) -> None:
    with closing(dial(server)) as elsewhere:
        elsewhere.execute("BEGIN")
        assert Holds(elsewhere)("busy")
        waiting = asyncio.create_task(put(replicas[0], session("busy")))
        await soon(put(replicas[0], session("free")))
        assert not waiting.done()
        elsewhere.execute("ROLLBACK")
        await soon(waiting)
    assert await replicas[1].read(lambda rx: rx.session("busy")) == session("busy")


async def test_whoever_waits_too_long_is_told(
    replicas: tuple[Store, Store], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group, "_PATIENCE", 0.05)
    with closing(dial(server)) as elsewhere:
        elsewhere.execute("BEGIN")
        assert Holds(elsewhere)("busy")
        with pytest.raises(StoreError, match="another replica has been writing there"):
            await put(replicas[0], session("busy"))
    assert await replicas[0].read(lambda rx: rx.session("busy")) is None


async def test_a_booking_that_comes_to_both_is_taken_once(replicas: tuple[Store, Store]) -> None:
    def take(tx: Tx) -> bool:
        if tx.booking("bvls:7") is not None:
            return False
        tx.put_booking(BookingRecord("bvls:7", "bvls", 1, "d", "active", "MDI", (), (), NOON))
        return True

    taken = await asyncio.gather(*(store.write([], take) for _ in range(10) for store in replicas))
    assert taken.count(True) == 1


async def test_sessions_found_are_alone_with_the_step(replicas: tuple[Store, Store]) -> None:
    await put(replicas[0], session("s1"), facts=())

    def grow(tx: Tx) -> None:
        for name in tx.watched():
            found = tx.session(name)
            assert found is not None
            recorded(tx, replace(found, version=found.version + 1), watched=True)

    await put(replicas[0], session("s1"), facts=(), watched=True)
    await asyncio.gather(*(store.write(lambda rx: rx.watched(), grow) for _ in range(20) for store in replicas))
    found = await replicas[0].read(lambda rx: rx.session("s1"))
    assert found is not None
    assert found.version == session("s1").version + 40


async def test_the_audit_is_one_chain(replicas: tuple[Store, Store], server: Server, keys: StoreKeys) -> None:
    entry = AuditEntry(NOON, AuditKind.SIGNED_IN, "kshah", {})
    await asyncio.gather(*(store.write([], lambda tx: tx.write_audit(entry)) for _ in range(10) for store in replicas))
    write_once(server, keys, lambda tx: tx.write_audit(entry))
    assert len(await replicas[0].read(lambda rx: rx.audit(99))) == 21
    assert verify(server, keys.seal) == []


async def test_each_replica_hears_of_the_others_commits_and_not_of_its_own(
    replicas: tuple[Store, Store], soon: Soon
) -> None:
    heard: list[asyncio.Queue[Sequence[str]]] = [asyncio.Queue(), asyncio.Queue()]
    for store, queue in zip(replicas, heard, strict=True):
        store.listen(Ears(queue.put_nowait))
        assert await soon(queue.get()) == ()  # connected: anything may have changed
    await put(replicas[0], session("s1"))
    await put(replicas[1], session("s2"))
    assert [await soon(queue.get()) for queue in heard] == [("s2",), ("s1",)]
    names = [f"a-rather-long-name-{n:03}" for n in range(500)]

    def many(tx: Tx) -> None:
        for name in names:
            recorded(tx, session(name, alias=name), [note(1)])

    await replicas[0].write([], many)
    assert await soon(heard[1].get()) == ()
    assert heard[0].empty()


async def test_a_lock_in_the_hands_of_whoever_hung_goes_out_by_its_successor_at_once(
    replicas: tuple[Store, Store],
) -> None:
    hung, successor = replicas
    await put(hung, session("s1"), SetLock(True))
    given = await hung.write([], lambda tx: tx.lease(watching("s1"), "hung", NOON, MINUTE))
    assert given is not None
    (lost,) = await hung.write([], lambda tx: tx.take("hung", NOON, 2 * MINUTE, {Lane.LOCK: 3}))
    later = NOON + MINUTE  # its lease has run out, and what it has in hand is leased to it for as long again
    assert await successor.write([], lambda tx: tx.take("new", later, MINUTE, {Lane.LOCK: 3})) == []
    taken = await successor.write([], lambda tx: tx.lease(watching("s1"), "new", later, MINUTE))
    assert taken is not None
    (again,) = await successor.write([], lambda tx: tx.take("new", later, MINUTE, {Lane.LOCK: 3}))
    assert again.command == SetLock(True)
    assert not await hung.write([], lambda tx: tx.finish(lost.id, lost.attempts))  # one outcome is heard
    assert await successor.write([], lambda tx: tx.finish(again.id, again.attempts))


async def test_whoever_falls_asleep_while_it_writes_several_facts_can_be_ended_by_the_server(
    server: Server,
) -> None:
    """Only what the server knows to be idle in a transaction has a limit; it then lets go of the locks."""
    states = list[str]()
    with closing(dial(server)) as asleep, closing(dial(server)) as elsewhere:
        (process,) = asleep.execute("SELECT pg_backend_pid()").fetchone()

        class Rows(list[tuple[int, ...]]):
            def __iter__(self) -> Iterator[tuple[int, ...]]:
                for row in super().__iter__():
                    (state,) = elsewhere.execute(
                        "SELECT state FROM pg_stat_activity WHERE pid = ?", (process,)
                    ).fetchone()
                    states.append(state)
                    yield row

        asleep.execute("CREATE TEMPORARY TABLE written (n integer)")
        asleep.execute("BEGIN")
        asleep.executemany("INSERT INTO written VALUES (?)", Rows([(1,), (2,), (3,)]))
        (limit,) = asleep.execute("SELECT current_setting('idle_in_transaction_session_timeout')").fetchone()
    assert states == ["idle in transaction"] * 3
    assert limit == "10s"


async def test_an_event_that_has_to_wait_for_another_replica_is_not_overtaken_by_the_next(
    replicas: tuple[Store, Store],
) -> None:
    """Or somebody who left would come back for a moment, and be written down as having left twice."""
    store, _ = replicas
    await put(store, session("s1"), facts=())
    go, order, tried = threading.Event(), list[str](), list[str]()

    def first(tx: Tx) -> None:
        tried.append("first")
        if len(tried) == 1:
            raise Busy("another replica is taking the lease over")
        order.append("first")

    held = asyncio.create_task(store.write([], lambda tx: go.wait(60)))
    one = asyncio.create_task(store.write(["s1"], first))
    other = asyncio.create_task(store.write(["s1"], lambda tx: order.append("second")))
    await asyncio.sleep(0)  # all are submitted
    go.set()
    await asyncio.gather(held, one, other)
    assert order == ["first", "second"]
