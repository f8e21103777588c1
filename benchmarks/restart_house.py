"""A vmrd whose socket is held for it, as systemd does, and panels that come back to it as the browser's do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from tests.crash.house import START, TOKEN, House

LOST_AFTER = 5.0
"""Seconds without a word of vmrd after which the panel's script says NOT LIVE."""
SILENCE = 2.0
"""Seconds of silence after which it asks."""
_WAITING = 1_024


class HeldHouse(House):
    """A house whose daemon is started whole, interpreter and all, on a listening socket that outlives it."""

    def __init__(self, folder: Path, mock: MockServer, http: aiohttp.ClientSession, rooms: int) -> None:
        super().__init__(folder, mock, http, rooms)
        self.held = socket.create_server(("127.0.0.1", self.port), backlog=_WAITING)
        self.daemon: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        self.launch()
        await self.until(self._ready, "the daemon is ready")

    def launch(self) -> None:
        """Start it as a unit with a socket is: the socket is descriptor 3, and the process is told that it is."""
        self.starts += 1
        inner = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" -m vmrd run --config "$1"'
        with (self.folder / f"log-{self.starts}.txt").open("wb") as log:
            self.daemon = subprocess.Popen(
                ["sh", "-c", inner, sys.executable, str(self.folder / "vmrd.toml")],
                stdout=log,
                stderr=log,
                preexec_fn=self._hand_over,
                pass_fds=(3,),
            )

    def _hand_over(self) -> None:
        os.dup2(self.held.fileno(), 3)

    async def stop(self, how: signal.Signals) -> None:
        """Signal it and wait until it is gone."""
        assert self.daemon is not None
        self.daemon.send_signal(how)
        await asyncio.to_thread(self.daemon.wait, 60)

    async def _ready(self) -> bool:
        assert self.daemon is not None
        assert self.daemon.poll() is None, (self.folder / f"log-{self.starts}.txt").read_text()[-2_000:]
        with contextlib.suppress(aiohttp.ClientError):
            async with self.http.get(f"http://127.0.0.1:{self.ops}/readyz") as answer:
                return answer.status == 200
        return False

    def cpu_and_memory(self) -> tuple[float, float]:
        """Seconds of processor time used so far, and megabytes held."""
        assert self.daemon is not None
        fields = Path(f"/proc/{self.daemon.pid}/stat").read_text().rpartition(")")[2].split()
        cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return cpu, int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@asynccontextmanager
async def held_house(folder: Path, rooms: int) -> AsyncIterator[HeldHouse]:
    """A house on free ports, taken down whatever happens."""
    timeout = aiohttp.ClientTimeout(total=60)
    async with (
        MockServer(Knobs.fast(), seed=1, start=START.timestamp(), clock_file=folder / "clock.json") as mock,
        aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        built = HeldHouse(folder, mock, http, rooms)
        built.prepare()
        try:
            yield built
        finally:
            if built.daemon is not None and built.daemon.poll() is None:
                await built.stop(signal.SIGKILL)
            built.held.close()


@dataclass(slots=True)
class Panel:
    """One screen of all meetings. `proofs`: when vmrd last said anything before each longer silence, and first after.

    Only one that is `reading` looks into the views; to the others a view is a view.
    """

    url: str
    reading: bool = False
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    longest: float = 0.0
    first_view: float | None = None
    _proved: float = field(default_factory=time.monotonic)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def forget(self) -> None:
        """Begin to look for the longest silence, and for the first view of another daemon."""
        self.longest, self.first_view, self.views = 0.0, None, {}
        self._proved = time.monotonic()

    @property
    def not_live(self) -> float:
        """Seconds for which the screen said NOT LIVE at the longest."""
        return max(self.longest - LOST_AFTER, 0.0)

    async def until(self, holds: Callable[[dict[str, dict[str, Any]]], bool], within: float) -> None:
        """Wait for its views to be so."""
        async with asyncio.timeout(within):
            while not holds(self.views):
                self._changed.clear()
                await self._changed.wait()

    async def run(self, http: aiohttp.ClientSession) -> None:
        """Connect, ask when it is quiet, and come back within two seconds when the line is gone."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                async with http.ws_connect(
                    f"{self.url}/v1/live", headers={"Authorization": f"Bearer {TOKEN}"}, max_msg_size=0
                ) as line:
                    await self._listen(line)
            await asyncio.sleep(0.5 + random.random() * 1.5)

    async def _listen(self, line: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            try:
                async with asyncio.timeout(SILENCE):
                    told = await line.receive()
            except TimeoutError:
                await line.send_str("ping")
                continue
            if told.type is not aiohttp.WSMsgType.TEXT:
                return
            now = time.monotonic()
            self.longest, self._proved = max(self.longest, now - self._proved), now
            if told.data == "pong":
                continue
            self.first_view = self.first_view or now
            if self.reading:
                view = json.loads(told.data)
                self.views[view["id"]] = view
                self._changed.set()
