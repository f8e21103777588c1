"""What one replica commits is heard by the listeners of another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.store.samples import put, session
from vmrd.clock import ServerClock, SystemClock
from vmrd.echo import Echo
from vmrd.engine import Applied, Engine
from vmrd.lifecycle.rules import Rules
from vmrd.metrics import Metrics
from vmrd.store.place import Server
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
    echo = asyncio.create_task(Echo(engine, poked.set).run())
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
