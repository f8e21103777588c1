"""A daemon that is asked for more meetings than it can look at looks at the most urgent, and says so of the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.databases import new_database
from tests.lifecycle import story
from tests.lifecycle.story import OFFICER, START, Story
from tests.postgres import Postgres, postgres
from vmrd import watcher as watching
from vmrd.clock import SystemClock
from vmrd.engine import Engine
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import MINUTE, Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Phase
from vmrd.metrics import Metrics
from vmrd.store import sqlite
from vmrd.store.base import Lease, Store, Tx
from vmrd.store.postgres import store as postgres_store
from vmrd.store.secrets import derive_keys
from vmrd.urgency import most_urgent
from vmrd.watcher import Watcher

pytestmark = pytest.mark.asyncio
NOW = story.private().now
KEYS = derive_keys(b"k" * 32)
AT_ONCE = Rules(eyes_fresh_for=0)
"""What nobody looks at is told at once."""


class Still(SystemClock):
    """Stands at one instant of the stories."""

    def now(self) -> int:
        return NOW


def session_of(name: str, told: Story, later: int = 0) -> Session:
    return replace(told.session, id=name, alias=f"alias-{name}", starts_at=START + later * MINUTE)


def kept(name: str, told: Story, later: int = 0) -> Callable[[Tx], object]:
    """What puts a story's session into the store, under another name."""
    planned = replace(told.journal[0], session=name, alias=f"alias-{name}", starts_at=START + later * MINUTE)
    facts = (planned, *told.journal[1:])
    return lambda tx: tx.record(
        session_of(name, told, later), facts, (), wake_at=None, watched=True, now=0, command_ttl=1
    )


@dataclass
class Replica:
    """A watcher whose watches look at nothing, and what it watches."""

    engine: Engine
    watcher: Watcher
    at: set[str]
    begun: list[str]

    async def session(self, name: str) -> Session:
        found = await self.engine.store.read(lambda rx: rx.session(name))
        assert found is not None
        return found


@asynccontextmanager
async def replica(store: Store, limit: int, owner: str = "me", rules: Rules = AT_ONCE) -> AsyncIterator[Replica]:
    engine = Engine(store, Still(), lambda _: rules, Metrics())
    at, begun = set[str](), list[str]()

    def make(name: str, _lease: Lease) -> Any:
        class Endless:
            streaming = False

            async def run(self) -> None:
                at.add(name)
                begun.append(name)
                try:
                    await asyncio.Event().wait()
                finally:
                    at.discard(name)

        return Endless()

    watcher = Watcher(engine, owner, make, limit)
    engine.listeners.append(watcher.heard)
    task = asyncio.create_task(watcher.run())
    try:
        yield Replica(engine, watcher, at, begun)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def _looks_follow_each_other_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_LOOK_EVERY", 0.05)


@asynccontextmanager
async def sqlite_with(path: Path, meetings: dict[str, Story]) -> AsyncIterator[Store]:
    new_database(path)
    store = sqlite.connect(path, KEYS)
    for name, told in meetings.items():
        await store.write([name], kept(name, told))
    yield store
    await store.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  # other tasks tell nobody what they did
            await asyncio.sleep(0.01)


async def looks_again(here: Replica) -> None:
    """One more look was begun and ended: the next one has begun."""
    for _ in range(2):
        before = here.watcher.ticked
        here.watcher._poke()
        await until(lambda before=before: here.watcher.ticked > before)  # type: ignore[misc]


async def shows(here: Replica, name: str, holds: Callable[[Session], bool]) -> Session:
    """The session, once this can be said of it."""
    async with asyncio.timeout(30):
        while not holds(found := await here.session(name)):  # noqa: ASYNC110  # the same
            await asyncio.sleep(0.01)
    return found


async def test_of_five_meetings_the_three_most_urgent_are_looked_at(tmp_path: Path) -> None:
    meetings = {
        "a": story.arrived(), "b": story.opened(), "c": story.private(), "d": story.arrived(), "e": story.private()
    }  # fmt: skip
    async with sqlite_with(tmp_path / "vmrd.db", meetings) as store, replica(store, 3) as here:
        await until(lambda: here.watcher.unwatched == 2 and len(here.at) == 3)
        assert (here.at, here.begun[:2]) == ({"b", "c", "e"}, ["c", "e"])


async def test_what_nobody_looks_at_is_told_and_the_rest_is_not(tmp_path: Path) -> None:
    meetings = {"a": story.private(), "b": story.private(), "c": story.arrived()}
    async with sqlite_with(tmp_path / "vmrd.db", meetings) as store, replica(store, 1) as here:
        for name in "bc":
            await shows(here, name, lambda session: session.unwatched)
        assert (await here.session("a")).blind_since is None
        assert here.engine.metrics.registry.get_sample_value("vmrd_unwatched_sessions") == 2


async def test_a_meeting_that_opens_takes_the_place_of_one_that_has_not(tmp_path: Path) -> None:
    meetings = {"a": story.arrived(), "b": story.arrived()}
    async with sqlite_with(tmp_path / "vmrd.db", meetings) as store, replica(store, 1) as here:
        await until(lambda: here.at == {"a"})
        await here.engine.submit("b", i.Open(OFFICER))
        assert (await here.session("b")).phase is Phase.OPENING
        await until(lambda: here.at == {"b"})
        await here.engine.submit("a", i.Open(OFFICER))
        await looks_again(here)
        assert here.watcher.unwatched == 1
        assert here.at == {"b"}, "one that runs is not dropped for another that does"


async def test_a_place_that_comes_free_is_given_to_whoever_waits(tmp_path: Path) -> None:
    meetings = {"a": story.private(), "b": story.opened()}
    async with sqlite_with(tmp_path / "vmrd.db", meetings) as store, replica(store, 1) as here:
        await until(lambda: here.at == {"a"})
        here.watcher._watches["a"].cancel()
        here.watcher._left_to_others["a"] = float("inf")
        await until(lambda: here.at == {"b"})


async def test_a_busy_start_takes_meetings_by_turns_and_says_which_wait_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_TAKEN_AT_ONCE", 1)
    monkeypatch.setattr(watching, "_LOOK_EVERY", 3_600.0)
    meetings = {"a": story.private(), "b": story.private(), "c": story.private()}
    async with sqlite_with(tmp_path / "vmrd.db", meetings) as store, replica(store, 3) as here:
        await until(lambda: here.at == {"a"})
        here.watcher._poke()
        await until(lambda: here.at == {"a", "b"})
        assert not (await shows(here, "c", lambda session: session.blind_since is not None)).unwatched
        here.watcher._poke()
        await until(lambda: here.at == {"a", "b", "c"})


@pytest.fixture(scope="module")
def server() -> Any:
    with postgres() as made:
        yield made


async def test_what_is_beyond_the_limit_another_replica_takes(server: Postgres) -> None:
    place = server.migrated()
    names = [f"s{n}" for n in range(5)]
    async with AsyncExitStack() as stack:
        stores = [postgres_store.connect(place, KEYS) for _ in range(2)]
        for store in stores:
            stack.push_async_callback(store.close)
        for name in names:
            await stores[0].write([name], kept(name, story.private()))
        quiet = Rules(eyes_fresh_for=3_600_000)
        one = await stack.enter_async_context(replica(stores[0], 3, "one", quiet))
        await until(lambda: len(one.at) == 3 and one.watcher.unwatched == 2)
        other = await stack.enter_async_context(replica(stores[1], 3, "other", quiet))
        await until(lambda: len(other.at) == 2)
        await until(lambda: one.watcher.unwatched == 0)
        assert one.at | other.at == set(names)
        assert not one.at & other.at


async def test_replicas_that_start_together_share_the_meetings(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_TAKEN_AT_ONCE", 2)
    place = server.migrated()
    async with AsyncExitStack() as stack:
        stores = [postgres_store.connect(place, KEYS) for _ in range(2)]
        for store in stores:
            stack.push_async_callback(store.close)
        for name in [f"s{n}" for n in range(4)]:
            await stores[0].write([name], kept(name, story.private()))
        monkeypatch.setattr(watching, "_LOOK_EVERY", 3_600.0)
        one = await stack.enter_async_context(replica(stores[0], 4, "one"))
        await until(lambda: len(one.at) == 2)
        other = await stack.enter_async_context(replica(stores[1], 4, "other"))
        await until(lambda: len(other.at) == 2)
        await looks_again(one)
        assert (len(one.at), len(other.at)) == (2, 2)


async def test_a_meeting_that_somebody_took_meanwhile_is_not_told_as_unwatched(server: Postgres) -> None:
    place = server.migrated()
    store = postgres_store.connect(place, KEYS)
    await store.write(["s1"], kept("s1", story.private()))
    engine = Engine(store, Still(), lambda _: AT_ONCE, Metrics())
    try:
        assert await store.write([], lambda tx: tx.lease("watch:s1", "another", engine.clock.now(), 60_000))
        late = Watcher(engine, "me", lambda *_: None, 0)  # type: ignore[arg-type, return-value]
        await late._unwatched_meetings.tell([("s1", i.Unwatched())])
        found = await store.read(lambda rx: rx.session("s1"))
        assert found is not None
        assert found.blind_since is None
        await store.write([], lambda tx: tx.drop_lease("watch:s1", "another"))
        await late._unwatched_meetings.tell([("s1", i.Unwatched())])
        found = await store.read(lambda rx: rx.session("s1"))
        assert found is not None
        assert found.unwatched
    finally:
        await store.close()


def ranked(ours: set[str], limit: int, *sessions: Session) -> list[str]:
    return [session.id for session in most_urgent(sessions, ours, limit)]


async def test_the_soonest_to_begin_comes_first_and_a_tie_changes_nothing() -> None:
    near, far = session_of("near", story.arrived()), session_of("far", story.arrived(), later=10)
    twin = session_of("a-twin", story.arrived(), later=10)
    assert ranked({"far"}, 1, near, far) == ["near"]
    assert ranked({"far"}, 1, twin, far) == ["far"]
    assert ranked(set(), 1, twin, far) == ["a-twin"]


async def test_one_that_runs_and_is_seen_keeps_its_place_even_before_a_prisoner() -> None:
    seen, inside = session_of("seen", story.opened()), session_of("inside", story.private())
    soon = session_of("soon", story.arrived())
    assert ranked({"seen", "soon"}, 2, soon, inside, seen) == ["seen", "inside"]
