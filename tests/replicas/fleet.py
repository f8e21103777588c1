"""One mock Pexip, one database, and two or three replicas, each behind pipes of its own."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from tests.crash.house import DOMAIN, KEY, SECRET, START, TOKEN, Late, free_port
from tests.crash.nest import hatch
from tests.postgres import PASSWORD, Postgres
from tests.replicas.cable import Cable, allowed, lay
from tests.replicas.daemon import NAME, NETWORK, ROUTE
from tests.replicas.pipe import Pipe
from vmrd.sender import signed
from vmrd.store.base import Officer, Rx
from vmrd.store.place import Server
from vmrd.store.postgres.store import open_for_reading, write_once
from vmrd.store.secrets import derive_keys

KEYS = derive_keys(bytes.fromhex(KEY))
PATIENCE = 90.0
"""Seconds until something that did not come about never will; a deadline, not a measure."""
ROOMS = 3
REPLICAS_AT_MOST = 3


@dataclass(slots=True)
class Replica:
    """One daemon and its surroundings. `name` is new with each start, as a daemon's owner of leases is.

    `route`: where its pipes listen. `cable`: what it hangs on, where it has a network of its own.
    """

    number: int
    folder: Path
    api: int
    ops: int
    database: Pipe
    pexip: list[Pipe]
    route: str
    cable: Cable | None
    starts: int = 0
    process: BaseProcess | None = None

    @property
    def name(self) -> str:
        return f"replica{self.number}-{self.starts}"

    @property
    def address(self) -> str:
        """Where it listens."""
        return self.cable.there if self.cable else "127.0.0.1"

    async def start(self) -> None:
        self.starts += 1
        around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        around |= {ROUTE: self.route, NAME: self.name, NETWORK: self.cable.name if self.cable else ""}
        log, words = self.folder / f"log-{self.name}.txt", ("run", "--config", str(self.folder / "vmrd.toml"))
        self.process = await asyncio.to_thread(hatch, log, "tests.replicas.daemon", around, *words)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    async def ended(self) -> None:
        assert self.process is not None
        await asyncio.to_thread(self.process.join)

    def said(self) -> str:
        """The end of its log, for whoever looks for a fault."""
        return (self.folder / f"log-{self.name}.txt").read_text()[-6000:]


@dataclass(slots=True)
class Fleet:
    mock: MockServer
    http: aiohttp.ClientSession
    server: Server
    chance: random.Random
    replicas: list[Replica] = field(default_factory=list)

    async def until(self, holds: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Ask until the answer is true; raises `Late`."""
        deadline, since = time.monotonic() + PATIENCE, datetime.now(UTC)
        while time.monotonic() < deadline:
            if found := await holds():
                return found
            await asyncio.sleep(0.05)
        raise Late(f"not within {PATIENCE:.0f} s, since {since:%H:%M:%S}: {what}\n{await self.account()}")

    async def account(self) -> str:
        """How everything stands, for whoever looks for a fault."""
        lines = [f"{name}: {await self.rows(f'SELECT * FROM {name}')}" for name in ("lease", "outbox_lane", "outbox")]
        lines += [str(each) for each in await self.rows("SELECT pid, state, wait_event, query FROM pg_stat_activity")]
        for each in self.replicas:
            if each.process is not None and each.process.is_alive():
                each.signal(signal.SIGUSR1)
        await asyncio.sleep(1.0)  # until they have said it; one that hangs never does
        return "\n".join(lines + [f"--- {each.name}\n{each.said()}" for each in self.replicas])

    async def ready(self, replica: Replica) -> None:
        async def answers() -> bool:
            if replica.process is not None and replica.process.exitcode is not None:
                raise Late(f"{replica.name} ended by itself ({replica.process.exitcode}):\n{replica.said()}")
            try:
                async with self.http.get(f"http://{replica.address}:{replica.ops}/readyz") as answer:
                    return answer.status == 200
            except (aiohttp.ClientError, TimeoutError):
                return False

        await self.until(answers, f"{replica.name} is ready")

    async def ask(self, method: str, path: str, body: bytes | None = None, headers: Any = None) -> tuple[int, Any]:
        """Ask any replica, and another where one does not answer or has a fault, as a browser behind a balancer."""
        while True:
            replica = self.chance.choice(self.replicas)
            sent = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **(headers or {})}
            sent |= {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}  # as the balancer says
            try:
                async with self.http.request(
                    method, f"http://{replica.address}:{replica.api}{path}", data=body, headers=sent
                ) as answer:
                    if answer.status < 500:
                        return answer.status, await answer.json(content_type=None)
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                pass
            await asyncio.sleep(0.05)

    async def view(self, session: str) -> Any:
        status, view = await self.ask("GET", f"/v1/sessions/{session}")
        assert status == 200, (status, view)
        return view

    async def press(self, session: str, action: str, key: str, **body: Any) -> bool:
        """Whether it was accepted; it may be pressed again with its key."""
        headers = {"Idempotency-Key": key}
        status, answer = await self.ask("POST", f"/v1/sessions/{session}/{action}", json.dumps(body).encode(), headers)
        assert status in (202, 409), (action, answer)
        return status == 202

    async def book(self, event: Any) -> str:
        """The session of an accepted booking."""
        body = json.dumps(event).encode()
        status, answer = await self.ask(
            "POST", "/v1/bookings/events", body, signed(SECRET, event["eventId"], body, datetime.now(UTC))
        )
        assert status in (200, 202), (status, answer)
        return str(answer["sessionIds"][0]["sessionId"])

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, f"{self.mock.control_url}{path}", json=body) as answer:
            return None if answer.status == 204 else await answer.json()

    async def read(self, query: Callable[[Rx], Any]) -> Any:
        """What the database says, asked past all replicas."""

        def look() -> Any:
            with open_for_reading(self.server, KEYS) as rx:
                return query(rx)

        return await asyncio.to_thread(look)

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        import psycopg

        def look() -> list[Any]:
            with psycopg.connect(self.server.url, password=self.server.password) as connection:
                return connection.execute(sql, values).fetchall()

        return await asyncio.to_thread(look)


@asynccontextmanager
async def fleet(
    folder: Path, postgres: Postgres, number: int, size: int, rate: float, seed: int
) -> AsyncIterator[Fleet]:
    """Replicas that are ready, taken down whatever happens."""
    clock = folder / "clock.json"
    async with (
        MockServer(Knobs.fast(), seed=seed, start=START.timestamp(), rate=rate, clock_file=clock) as mock,
        aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=6), connector=aiohttp.TCPConnector(limit=0, force_close=True)
        ) as http,
    ):
        built = Fleet(mock, http, postgres.migrated(), random.Random(seed))
        officer = Officer("k.shah", "officer", (), None, hashlib.sha256(TOKEN.encode()).hexdigest())
        await asyncio.to_thread(write_once, built.server, KEYS, lambda tx: tx.put_officer(officer))
        try:
            for each in range(size):
                built.replicas.append(await _replica(folder, postgres, built, number, each))
            await asyncio.gather(*(each.start() for each in built.replicas))
            await asyncio.gather(*(built.ready(each) for each in built.replicas))
            yield built
        finally:
            for each in built.replicas:
                if each.process is not None and each.process.is_alive():
                    each.process.kill()
                    await each.ended()
                for pipe in (each.database, *each.pexip):
                    await pipe.close()
                if each.cable is not None:
                    each.cable.take_up()


async def _replica(folder: Path, postgres: Postgres, built: Fleet, number: int, each: int) -> Replica:
    own = folder / f"replica{each}"
    own.mkdir()
    cable = lay(number * REPLICAS_AT_MOST + each) if allowed() else None
    route = cable.here if cable else f"127.0.{number + 10}.{each + 10}"
    database, upstream = Pipe(postgres.port), free_port()
    await database.listen(route, upstream)
    pipes = []
    for url in (built.mock.management_url, *built.mock.node_urls):
        port = urlsplit(url).port
        assert port is not None
        pipe = Pipe(port)
        await pipe.listen(route, port)
        pipes.append(pipe)
    replica = Replica(each, own, free_port(), free_port(), database, pipes, route, cable)
    name = urlsplit(built.server.url).path
    (own / "vmrd.toml").write_text(_toml(folder, built.mock, replica, f"postgresql://vmrd@localhost:{upstream}{name}"))
    return replica


def _toml(folder: Path, mock: MockServer, replica: Replica, url: str) -> str:
    rooms = "\n".join(
        f'[[establishments.rooms]]\nkey = "VCC-{n}"\nname = "Room {n}"\naddress = "room{n}@rooms.example.org"'
        for n in range(1, ROOMS + 1)
    )
    here = [each.replace("127.0.0.1", "localhost") for each in (mock.management_url, *mock.node_urls)]
    return f"""
clock_file = "{folder / "clock.json"}"
[pexip]
management = "{here[0]}"
nodes = {json.dumps(here[1:])}
user = "{mock.user}"
password = "{mock.password}"
domain = "{DOMAIN}"
web_join = "https://join.example.org/{{alias}}"
[store]
url = "{url}"
password = "{PASSWORD}"
key = "{KEY}"
[listen]
host = "{replica.address}"
port = {replica.api}
behind_proxy = ["{replica.route}/32"]
ops_host = "{replica.address}"
ops_port = {replica.ops}
ops_plain = true
[[senders]]
system = "desk"
authority = "upstream"
secrets = ["{SECRET}"]
[timing]
probe_after = 0.2
probe_every = 0.5
[[establishments]]
code = "MDI"
name = "HMP Example"
{rooms}
"""
