"""What one replica commits is heard by the listeners of another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from tests.postgres import Postgres
from tests.store.ears import Ears
from tests.store.samples import put, session
from vmrd.clock import ServerClock, SystemClock
from vmrd.echo import Echo
from vmrd.engine import Applied, Engine
from vmrd.eyes import Eyes
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.words import Phase
from vmrd.metrics import Metrics
from vmrd.sight import SharedSight
from vmrd.store.place import Server
from vmrd.store.postgres import group
from vmrd.store.postgres.link import connect as dial
from vmrd.store.postgres.pokes import tell
from vmrd.store.postgres.store import connect
from vmrd.store.secrets import StoreKeys

pytestmark = pytest.mark.asyncio

Soon = Callable[[Awaitable[object]], Awaitable[object]]


async def test_panels_and_doors_hear_of_what_another_replica_wrote(server: Server, keys: StoreKeys, soon: Soon) -> None:
    here, there = connect(server, keys), connect(server, keys)
    await put(there, session("s1"))
    engine = Engine(here, SystemClock(), lambda code: Rules(), Metrics())
    heard: asyncio.Queue[Applied] = asyncio.Queue()
    engine.listeners.append(heard.put_nowait)
    poked = asyncio.Event()
    echo = asyncio.create_task(Echo(engine, poked.set, (), alone=False).run())
    assert await soon(heard.get()) == Applied(session("s1"))  # as soon as it listens: anything may have changed
    await put(there, session("s2", alias="bcdefghijklm"))
    assert await soon(heard.get()) == Applied(session("s2", alias="bcdefghijklm"))
    await soon(poked.wait())
    echo.cancel()
    await asyncio.gather(echo, return_exceptions=True)
    await here.close()
    await there.close()


async def test_replicas_go_by_the_servers_clock(server: Server, keys: StoreKeys) -> None:
    store = connect(server, keys)
    said = await store.time()
    await store.close()
    assert said is not None
    clock = ServerClock()
    clock.looked(100.0, 100.5, 5_000_000)
    first = clock.now()
    clock.looked(101.0, 101.0, 5_000_750 + 3_000)  # the server's clock was put forward by three seconds
    assert clock.now() - first >= 2_999


async def test_a_meeting_is_shown_as_fresh_where_it_is_not_watched_and_can_be_read_from_there(
    server: Server, keys: StoreKeys, soon: Soon
) -> None:
    stores = [connect(server, keys), connect(server, keys)]
    now = [1_000_000.0]
    eyes = [Eyes(SystemClock(), lambda: now[0]) for _ in stores]
    sights = [SharedSight(store, each) for store, each in zip(stores, eyes, strict=True)]
    connected = [asyncio.Event(), asyncio.Event()]
    lines: asyncio.Queue[str] = asyncio.Queue()

    def heard(sight: SharedSight) -> Callable[[str], None]:
        def said(line: str) -> None:
            sight.said(line)
            lines.put_nowait(line)

        return said

    for store, sight, each, event in zip(stores, sights, eyes, connected, strict=True):
        store.listen(Ears(lambda ids, event=event: event.set(), heard(sight)))  # type: ignore[misc]
        each.ask = sight.ask
        await soon(event.wait())
    tasks = [asyncio.create_task(sight.run()) for sight in sights]
    watching, elsewhere = eyes

    async def read() -> bool:
        now[0] += 1
        watching.saw("s1", now[0] - 0.5)
        return True

    watching.attach("s1", read)
    assert elsewhere.left("s1", 8_000) == 0
    assert await soon(elsewhere.read_now("s1"))
    assert 0 < elsewhere.left("s1", 8_000) <= 7.5
    now[0] += 8
    assert elsewhere.left("s1", 8_000) == 0
    assert await soon(elsewhere.read_now("s1"))
    watching.detach("s1")
    while await soon(lines.get()) != "seen s1=0":
        pass
    assert elsewhere.left("s1", 8_000) == 0
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for store in stores:
        await store.close()


async def test_a_poke_that_was_lost_is_missed(
    server: Server, keys: StoreKeys, soon: Soon, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = connect(server, keys), connect(server, keys)
    heard: asyncio.Queue[Sequence[str]] = asyncio.Queue()
    proved: asyncio.Queue[float] = asyncio.Queue()
    here.listen(Ears(heard.put_nowait, current=proved.put_nowait))
    assert await soon(heard.get()) == ()
    with monkeypatch.context() as deaf:
        deaf.setattr(group, "tell", lambda *_: None)
        await put(there, session("s1"))
    assert await soon(heard.get()) == ()  # nobody said what, but the seal's head shows that there was something
    await put(there, session("s2", alias="bcdefghijklm"))
    assert await soon(heard.get()) == ("s2",)
    with closing(dial(server)) as link:  # and one that shows by the next
        tell(link, "another", 9, ["s3"])
    assert await soon(heard.get()) == ()
    assert await soon(heard.get()) == ("s3",)
    began = time.monotonic()
    while await soon(proved.get()) < began:  # type: ignore[operator]
        pass
    await here.close()
    await there.close()


async def test_what_may_be_old_is_known_to_be(server: Server, keys: StoreKeys, soon: Soon) -> None:
    here, there = connect(server, keys), connect(server, keys)
    engine = Engine(here, SystemClock(), lambda code: Rules(), Metrics())
    heard: asyncio.Queue[Applied] = asyncio.Queue()
    engine.listeners.append(heard.put_nowait)
    late = [0.0]
    echo = Echo(engine, lambda: None, (), alone=False, now=lambda: time.monotonic() + late[0])
    echo.known = lambda: ["ended"]
    await put(there, session("s1"), facts=())
    await put(there, session("ended", alias="bcdefghijklm", phase=Phase.CLOSED), facts=())
    assert echo.behind("s1")  # it does not listen yet
    run = asyncio.create_task(echo.run())
    told = {(await soon(heard.get())).session.id for _ in range(2)}  # type: ignore[attr-defined]
    assert told == {"s1", "ended"}  # what came to its end unheard too, where somebody goes by it
    async with asyncio.timeout(60):
        while echo.behind("s1"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    echo.heard(["s1"])
    assert echo.behind("s1")  # heard of, and not read yet
    assert not echo.behind("s2")
    await soon(heard.get())
    assert not echo.deaf
    late[0] = 3.0  # no proof for three seconds: the listener may be cut off
    assert echo.behind("s2")
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    await here.close()
    await there.close()


async def test_a_replica_whose_listener_is_not_let_in_again_vouches_for_nothing_though_all_else_works(
    postgres_server: Postgres, keys: StoreKeys
) -> None:
    database = postgres_server.migrated()
    here = connect(database, keys)
    await here.read(lambda rx: rx.seal_head())
    engine = Engine(here, SystemClock(), lambda code: Rules(), Metrics())
    late = [0.0]
    echo = Echo(engine, lambda: None, (), alone=False, now=lambda: time.monotonic() + late[0])
    assert not echo.deaf  # it has not begun
    run = asyncio.create_task(echo.run())

    async def until(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    await until(lambda: not echo.behind("s1"))
    with capture_logs() as logs:
        name = urlsplit(database.url).path.removeprefix("/")
        postgres_server.run_sql(f"ALTER ROLE vmrd IN DATABASE {name} SET default_transaction_read_only = on")
        postgres_server.run_sql(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND query LIKE '%seals %'"
        )
        await until(lambda: any(line["event"] == "listener_away" for line in logs))
    late[0] = 20.0
    assert echo.deaf
    late[0] = 0.0
    await here.write([], lambda tx: None)  # a connection that stands works on
    postgres_server.run_sql(f"ALTER ROLE vmrd IN DATABASE {name} RESET ALL")
    await until(lambda: not echo.deaf)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    await here.close()
