"""What a step writes is gathered and may be sent late; it is told of its own refusals all the same, and of no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing

import psycopg
import pytest
import pytest_asyncio

from tests.store.samples import HOUR, NOON, note, put, recorded, session
from tests.store.test_steps import Held
from tests.store.test_works import WINDOW
from vmrd.lifecycle.commands import SetLock
from vmrd.store.base import Ahead, BookingRecord, Claim, Officer, Receipt, Rx, Store, StoreError, Tx
from vmrd.store.place import Server
from vmrd.store.postgres.group import Holds
from vmrd.store.postgres.link import Link
from vmrd.store.postgres.link import connect as dial
from vmrd.store.postgres.store import connect, verify
from vmrd.store.postgres.wire import Wire
from vmrd.store.secrets import StoreKeys

pytestmark = pytest.mark.asyncio

Soon = Callable[[Awaitable[object]], Awaitable[object]]
ROOM = Claim("room", "MDI/VCC1", NOON, NOON + HOUR)
END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest_asyncio.fixture
async def postgres_store(server: Server, keys: StoreKeys) -> AsyncIterator[Store]:
    opened = connect(server, keys)
    yield opened
    await opened.close()


def keep(name: str, last: Callable[[Tx], object] = lambda tx: None) -> Callable[[Tx], str]:
    """A step that writes a bit of everything about a session, and does `last` at its end."""

    def step(tx: Tx) -> str:
        recorded(tx, session(name), [note(1)], [SetLock(True)])
        tx.ref(name, "Jane Canary")
        tx.put_secret(name, "host-pin", b"1234")
        tx.claim(name, [Claim("room", f"MDI/{name}", NOON, NOON + HOUR)])
        last(tx)
        return name

    return step


def kept(rx: Rx, name: str) -> tuple[bool, int, int, int, int]:
    """Whether the session is there, and how much of all that the step wrote about it."""
    claims = rx.claims("room", f"MDI/{name}", NOON, NOON + HOUR)
    counts = len(rx.journal(name)), len(rx.personal(name)), len(rx.secret_names(name)), len(claims)
    return rx.session(name) is not None, *counts


WHOLE, NOTHING = (True, 1, 1, 1, 1), (False, 0, 0, 0, 0)


async def together(store: Store, soon: Soon, *steps: Callable[[Tx], str]) -> list[str | BaseException]:
    """What becomes of steps that share one commit, in their order."""
    held = Held()
    first = asyncio.create_task(store.write([], held))
    await held.begun()
    waiting = [asyncio.create_task(store.write([], step)) for step in steps]
    await asyncio.sleep(0)
    held.let_go()
    await soon(first)
    return await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize("looks", [False, True], ids=["at its end", "when it looks again"])
async def test_what_the_database_refuses_is_told_to_its_own_step(store: Store, soon: Soon, looks: bool) -> None:
    await store.write([], lambda tx: tx.put_officer(Officer("kshah", "officer", (), None, "taken")))

    def refused(tx: Tx) -> None:
        tx.put_officer(Officer("other", "officer", (), None, "taken"))
        if looks:
            tx.officers()

    outcomes = await together(store, soon, keep("before"), keep("refused", refused), keep("after"))
    assert (outcomes[0], type(outcomes[1]), outcomes[2]) == ("before", StoreError, "after")
    assert await store.read(lambda rx: kept(rx, "before")) == WHOLE
    assert await store.read(lambda rx: kept(rx, "refused")) == NOTHING
    assert await store.read(lambda rx: kept(rx, "after")) == WHOLE


async def test_a_step_reads_back_what_it_has_put_down(store: Store) -> None:
    """Also where it had looked there before."""
    record = BookingRecord("b", "desk", 1, "digest", "active", "MDI", (), (), NOON)
    when = WINDOW.establishment, WINDOW.start, WINDOW.end

    def step(tx: Tx) -> None:
        tx.minted("s1")
        tx.ahead(Ahead(booking="b", receipt=("scope", "key"), works=when, claims=(ROOM,)))
        assert (tx.booking("b"), tx.receipt("scope", "key"), tx.works(*when), tx.claims_on([ROOM])) == (
            None,
            None,
            [],
            [[]],
        )
        recorded(tx, session("s1"), [note(1)])
        tx.claim("s1", [ROOM])
        tx.put_booking(record)
        tx.put_receipt(Receipt("scope", "key", "digest", 200, b"answer", NOON))
        tx.put_works(WINDOW, "added", "s.upervisor", (), NOON)
        assert tx.session("s1") == session("s1")
        assert tx.claim_holder(ROOM.kind, ROOM.subject, ROOM.start, ROOM.end, "-") == "s1"
        assert tx.booking("b") == record
        assert tx.receipt("scope", "key") is not None
        assert tx.works(*when) == [WINDOW]
        refs = {tx.ref("s1", f"Jane Canary {n}"): f"Jane Canary {n}" for n in range(45)}
        assert tx.personal("s1") == refs
        assert tx.commitment("s1", "Jane Canary 7") in refs
        tx.put_secret("s1", "host-pin", b"1234")
        tx.put_secret("s1", "host-pin", b"5678")
        tx.put_secret("s1", "gone", b"x")
        tx.put_secret("s1", "gone", None)
        assert (tx.secret("s1", "host-pin"), tx.secret_names("s1")) == (b"5678", {"host-pin"})
        tx.claim("s1", [])
        assert tx.claims_on([ROOM]) == [[]]

    await store.write(["s1"], step)
    assert await store.read(lambda rx: (rx.secret("s1", "host-pin"), len(rx.personal("s1")))) == (b"5678", 45)


async def test_what_is_wiped_or_erased_in_the_step_that_put_it_down_is_gone(store: Store) -> None:
    await put(store, session("s1"))

    def step(tx: Tx) -> None:
        tx.ref("s1", "Jane Canary")
        tx.put_secret("s1", "host-pin", b"1234")
        tx.erase_personal("s1")
        tx.wipe_secrets("s1")
        tx.ref("s1", "John Plover")

    await store.write(["s1"], step)
    found = await store.read(lambda rx: (list(rx.personal("s1").values()), rx.secret_names("s1")))
    assert found == (["John Plover"], frozenset())


@pytest.mark.parametrize("looks", [False, True], ids=["at its end", "when it looks again"])
async def test_a_connection_lost_in_a_step_leaves_nothing_of_its_group(
    postgres_store: Store, server: Server, keys: StoreKeys, soon: Soon, looks: bool
) -> None:
    def cut(tx: Tx) -> None:
        with closing(dial(server)) as elsewhere:
            elsewhere.execute(END)
        if looks:
            tx.officers()

    outcomes = await together(postgres_store, soon, keep("before"), keep("cut", cut), keep("after"))
    assert [str(each) for each in outcomes] == ["the database went away"] * 3
    assert [type(each) for each in outcomes] == [StoreError] * 3
    for name in ("before", "cut", "after"):
        assert await postgres_store.read(lambda rx, name=name: kept(rx, name)) == NOTHING  # type: ignore[misc]
    assert await postgres_store.write([], keep("again")) == "again"
    assert verify(server, keys.seal) == []


async def test_a_step_that_hides_a_refusal_is_not_kept(postgres_store: Store, soon: Soon) -> None:
    """The server has skipped whatever came behind what it refused."""

    def hidden(tx: Tx) -> None:
        tx.put_officer(Officer("kshah", "officer", (), None, "taken"))
        tx.put_officer(Officer("other", "officer", (), None, "taken"))
        with pytest.raises(psycopg.errors.UniqueViolation):
            tx.officers()

    outcomes = await together(postgres_store, soon, keep("before"), keep("hidden", hidden), keep("after"))
    assert [str(each) for each in outcomes] == ["before", "the database refused: InFailedSqlTransaction", "after"]
    assert await postgres_store.read(lambda rx: kept(rx, "hidden")) == NOTHING


async def test_a_step_that_finds_another_replica_where_it_looks_is_kept_whole_when_that_is_done(
    postgres_store: Store, server: Server, soon: Soon
) -> None:
    """What it had written before is undone, and its neighbours do not wait."""
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def looks(tx: Tx) -> None:
        loop.call_soon_threadsafe(begun.set)
        tx.works("MDI", NOON, NOON + HOUR)

    with closing(dial(server)) as elsewhere:
        elsewhere.execute("BEGIN")
        assert Holds(elsewhere)("works MDI")
        waiting = asyncio.create_task(postgres_store.write([], keep("busy", looks)))
        await soon(begun.wait())
        assert await soon(postgres_store.write([], keep("free"))) == "free"
        assert not waiting.done()
        assert await postgres_store.read(lambda rx: kept(rx, "busy")) == NOTHING
        elsewhere.execute("ROLLBACK")
        assert await soon(waiting) == "busy"
    assert await postgres_store.read(lambda rx: kept(rx, "busy")) == WHOLE


async def test_what_is_said_ahead_is_asked_for_in_one_trip(
    postgres_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips = list[int]()
    send = Wire._send
    monkeypatch.setattr(Wire, "_send", lambda wire, asked: (trips.append(len(asked)), send(wire, asked))[1])

    def step(tx: Tx) -> int:
        before = len(trips)
        tx.ahead(Ahead(booking="b", receipt=("scope", "key"), works=("MDI", NOON, NOON + HOUR), claims=(ROOM,)))
        tx.booking("b")
        tx.receipt("scope", "key")
        tx.works("MDI", NOON, NOON + HOUR)
        tx.claims_on([ROOM])
        return len(trips) - before

    assert await postgres_store.write([], step) == 1


@pytest.fixture
def link(server: Server) -> Link:
    return dial(server)


async def test_behind_a_statement_that_fails_nothing_is_carried_out_and_the_connection_goes_on(link: Link) -> None:
    with closing(link):
        link.execute("CREATE TEMPORARY TABLE written (n integer PRIMARY KEY)")
        link.execute("BEGIN")
        link.later("INSERT INTO written VALUES (?)", (1,))
        link.later("SAVEPOINT step")
        twice = link.later("INSERT INTO written VALUES (?)", (1,))
        never = link.later("SELECT count(*) FROM written")
        with pytest.raises(psycopg.errors.UniqueViolation):
            link.execute("SELECT n FROM written")
        with pytest.raises(psycopg.errors.UniqueViolation):
            assert twice.rowcount
        with pytest.raises(psycopg.errors.PipelineAborted):
            never.fetchone()
        link.execute("ROLLBACK TO step")
        assert link.execute("SELECT count(*), sum(n) FROM written").fetchone() == (1, 1)
        link.execute("COMMIT")


async def test_more_texts_of_statements_than_are_prepared_are_carried_out_all_the_same(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vmrd.store.postgres.wire._MOST_PREPARED", 5)
    with closing(link):
        for length in range(1, 10):
            marks = ", ".join(["?::bigint"] * length)
            assert link.execute(f"SELECT {marks}", range(length)).fetchone() == tuple(range(length))


async def test_a_batch_larger_than_what_is_on_its_way_at_once_is_carried_out(link: Link, soon: Soon) -> None:
    """Neither side waits for the other to read."""

    def large() -> int:
        for _ in range(40):
            link.later("SELECT repeat(?, 1000)", ("x" * 200,))
        return len(link.execute("SELECT ?::bytea", (b"\0" * 5_000_000,)).fetchone()[0])

    with closing(link):
        assert await soon(asyncio.to_thread(large)) == 5_000_000


async def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(link: Link) -> None:
    link.wire.longest = 0.2
    with pytest.raises(psycopg.OperationalError):
        link.execute("SELECT pg_sleep(15)")
    assert link.lost
