"""A mock Pexip in this process and a vmrd in one of its own, which can be killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import aiohttp

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from tests.crash.nest import hatch
from vmrd.sender import signed
from vmrd.store.base import Officer
from vmrd.store.migrate import migrate
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import write_once

KEY = "5a" * 32
SECRET = "whsec_" + "c2FtcGxlLXNpZ25pbmcta2V5LW9mLWEtdGVzdA=="
TOKEN = "sample-token-of-a-test"
PATIENCE = 90.0
"""Seconds a step may take; a deadline, not a measure."""
DOMAIN = "meet.example.org"
START = datetime(2026, 6, 3, 8, 40, tzinfo=UTC)
"""A working morning, 09:40 in London; the meeting is at 10:00, so it can be opened in five minutes."""


class Late(AssertionError):
    """Something that should have come about did not."""


class House:
    """One mock, one database, one daemon at a time."""

    module = "vmrd"
    """What is run as the daemon."""

    def __init__(self, folder: Path, mock: MockServer, http: aiohttp.ClientSession, rooms: int) -> None:
        self.folder = folder
        self.rooms = rooms
        self.mock = mock
        self.http = http
        self.port, self.ops = free_port(), free_port()
        self.process: BaseProcess | None = None
        self.starts = 0

    @property
    def database(self) -> Path:
        return self.folder / "vmrd.db"

    def prepare(self) -> None:
        """Configuration and schema."""
        rooms = "\n".join(
            f'[[establishments.rooms]]\nkey = "VCC-{n}"\nname = "Room {n}"\naddress = "room{n}@rooms.example.org"'
            for n in range(1, self.rooms + 1)
        )
        (self.folder / "vmrd.toml").write_text(
            f"""
clock_file = "{self.folder / "clock.json"}"
[pexip]
management = "{self.mock.management_url}"
nodes = {json.dumps(list(self.mock.node_urls))}
user = "{self.mock.user}"
password = "{self.mock.password}"
domain = "{DOMAIN}"
web_join = "https://join.example.org/{{alias}}"
[store]
path = "{self.database}"
key = "{KEY}"
[listen]
port = {self.port}
ops_port = {self.ops}
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
        )
        migrate(self.database)

    async def begin(self) -> None:
        """One officer's account, then the daemon."""
        officer = Officer("k.shah", "officer", (), None, hashlib.sha256(TOKEN.encode()).hexdigest())
        write_once(self.database, derive_keys(bytes.fromhex(KEY)), lambda tx: tx.put_officer(officer))
        await self.start()

    async def start(self) -> None:
        """Start the daemon and wait until it is ready."""
        self.starts += 1
        log = self.folder / f"log-{self.starts}.txt"
        words = ("run", "--config", str(self.folder / "vmrd.toml"))
        self.process = await asyncio.to_thread(hatch, log, self.module, self.environment(), *words)
        await self.until(self._ready, "the daemon is ready")

    def environment(self) -> dict[str, str]:
        """Ours, but the daemon may keep its bytecode: it is started a hundred times."""
        return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    async def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        assert self.process is not None
        self.process.kill()
        await asyncio.to_thread(self.process.join)

    async def _ready(self) -> bool:
        assert self.process is not None
        if self.process.exitcode is not None:
            log = (self.folder / f"log-{self.starts}.txt").read_text()
            raise Late(f"the daemon ended by itself:\n{log[-2000:]}")
        try:
            async with self.http.get(f"http://127.0.0.1:{self.ops}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def until(self, holds: Any, what: str) -> Any:
        """Wait for a signal with a deadline: `holds` is asked until it answers with something true."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := await holds():
                return found
            await asyncio.sleep(0.03)
        raise Late(f"not within {PATIENCE:.0f} s: {what}")

    async def api(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """Ask vmrd as an officer, again while it is down; a press carries its key, so that it is pressed once."""
        sent = {"Authorization": f"Bearer {TOKEN}", **(headers or {})}

        async def ask() -> Any:
            try:
                async with self.http.request(
                    method, f"http://127.0.0.1:{self.port}{path}", json=body, headers=sent
                ) as answer:
                    return answer.status, await answer.json(content_type=None)
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                return None

        return await self.until(ask, f"vmrd answers {method} {path}")

    async def book(self, event: dict[str, Any]) -> Any:
        """Send a signed booking event, again while vmrd is down."""
        body = json.dumps(event).encode()
        headers = signed(SECRET, event["eventId"], body, datetime.now(UTC))

        async def ask() -> Any:
            try:
                async with self.http.post(
                    f"http://127.0.0.1:{self.port}/v1/bookings/events", data=body, headers=headers
                ) as answer:
                    return answer.status, await answer.json(content_type=None)
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                return None

        return await self.until(ask, "vmrd takes the booking")

    async def metrics(self) -> str:
        """What Prometheus would read."""
        async with self.http.get(f"http://127.0.0.1:{self.ops}/metrics") as answer:
            return await answer.text()

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the mock's hand."""
        async with self.http.request(method, f"{self.mock.control_url}{path}", json=body) as answer:
            return None if answer.status == 204 else await answer.json()


@asynccontextmanager
async def house(folder: Path, seed: int, rooms: int = 1) -> AsyncIterator[House]:
    """A house on free ports, taken down whatever happens."""
    knobs = Knobs.fast()
    async with (
        MockServer(knobs, seed=seed, start=START.timestamp(), clock_file=folder / "clock.json") as mock,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as http,
    ):
        built = House(folder, mock, http, rooms)
        built.prepare()
        try:
            yield built
        finally:
            if built.process is not None and built.process.is_alive():
                await built.kill()


_PORTS = count(20_000 + os.getpid() % 50 * 240)
"""Below the ports the kernel lends to outgoing connections, so that nobody takes one while its daemon is dead; each
process has a stretch of its own, and no port is used twice."""


def free_port() -> int:
    while True:
        port = next(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
