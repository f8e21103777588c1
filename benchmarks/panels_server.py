"""`python -m benchmarks.panels_server`: the web side with fifty establishments, for a thousand panels to look at.

A meeting of eight runs in each. It prints its two ports, of vmrd and of the floor, and then does what each line of its
input says, and answers with the processor's seconds it took and the monotonic second at which it began where:

    vmrd N      Pexip shows a change in the first N: decided, committed, made a view, sent. Begun: when it is committed
    floor N     a view of each of the first N, made long ago, is written to as many transports, and nothing else is done
    fill N      N changes in all of them, one after another, so that a reader that reads nothing comes to a stop
    behind 0    how many panels have not been sent all there is
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import WSMsgType, web

from pexip_mock.cli import allow_many_connections
from tests.web.house import KEY, ROOM, House, house, leg
from vmrd.engine import Applied
from vmrd.lifecycle import inputs as i
from vmrd.web.hub import Hub
from vmrd.web.viewer import look_at

ESTABLISHMENTS = 50
_TURN = 0.001
CODES = tuple(f"E{n:02d}" for n in range(ESTABLISHMENTS))
PEOPLE = tuple(leg(f"Guest {n}") for n in range(7))


@dataclass(slots=True)
class Floor:
    """The least that a broadcast is: transports by establishment, and a frame for each."""

    transports: dict[str, list[asyncio.WriteTransport]] = field(default_factory=lambda: defaultdict(list))
    frames: dict[str, bytes] = field(default_factory=dict)

    async def open(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        assert isinstance(request.transport, asyncio.WriteTransport)
        self.transports[request.query["establishment"]].append(request.transport)
        async for _ in socket:
            pass
        return socket

    def write(self, codes: tuple[str, ...]) -> dict[str, float]:
        began = time.monotonic()
        for code in codes:
            for transport in self.transports[code]:
                transport.write(self.frames[code])
        return dict.fromkeys(codes, began)


@dataclass(slots=True)
class Vmrd:
    """The house, its sessions by establishment, when each one's latest change was committed, and who has no picture."""

    home: House
    sessions: dict[str, str] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    without: set[str] = field(default_factory=set)
    cpu: float = 0.0

    def heard(self, applied: Applied) -> None:
        self.cpu = self.cpu or time.process_time()
        self.told[applied.session.establishment] = time.monotonic()

    async def open(self) -> None:
        """A meeting in each."""
        for number, code in enumerate(CODES):
            segment = {"key": "main", "kind": "VLB_COURT_MAIN", "slots": [_SLOT], "attendeeRefs": ["p1"]}
            session = self.sessions[code] = await self.home.ready(
                id=f"bvls:{number}",
                establishment={"prisonCode": code},
                prisoners=[{"prisonerNumber": f"A{number:04d}AA"}],
                segments=[segment | {"prisonRoom": {"locationKey": f"{code}-1"}}],
            )
            await self.home.tell(session, i.Open("k.shah"))
            await self.home.shows(session, *PEOPLE)
            await self.home.tell(session, i.RoomCalled(ROOM.leg))

    async def change(self, codes: tuple[str, ...]) -> dict[str, float]:
        """Somebody's picture comes or goes."""
        self.without ^= set(codes)
        self.cpu = 0.0
        await asyncio.gather(*(self._shows(code) for code in codes))
        return {code: self.told[code] for code in codes}

    async def _shows(self, code: str) -> None:
        first = leg(PEOPLE[0].name, media=code not in self.without)
        await self.home.shows(self.sessions[code], ROOM, first, *PEOPLE[1:])


_SLOT = {"date": "2026-11-05", "start": "10:00", "end": "11:00"}


def _frame(view: bytes) -> bytes:
    """One text frame of a server."""
    assert 126 <= len(view) < 1 << 16
    return bytes([0x80 | WSMsgType.TEXT, 126]) + len(view).to_bytes(2, "big") + view


async def main() -> None:
    establishments = [
        {"code": code, "name": code, "rooms": [{"key": f"{code}-1", "name": "Video room", "address": f"r@{code}.test"}]}
        for code in CODES
    ]
    senders = [{"system": "bvls", "secrets": [KEY], "establishments": list(CODES), "authority": "upstream"}]
    with tempfile.TemporaryDirectory(prefix="vmrd-bench-") as folder:
        async with house(Path(folder), establishments=establishments, senders=senders, directory={}) as home:
            await _serve(home)


async def _serve(home: House) -> None:
    vmrd, floor = Vmrd(home), Floor()
    home.engine.listeners.insert(0, vmrd.heard)
    await vmrd.open()
    await vmrd.change(CODES)
    for code, session in vmrd.sessions.items():
        seen = await home.store.read(lambda rx, session=session: look_at(rx, session))  # type: ignore[misc]
        assert seen is not None
        floor.frames[code] = _frame(home.deps.viewer.view(seen).model_dump_json().encode())
    app = web.Application()
    app.router.add_get("/v1/live", floor.open)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    _say({"vmrd": home.client.port, "floor": runner.addresses[0][1], "bytes": len(floor.frames[CODES[0]])})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        what, _, count = line.partition(" ")
        if what == "fill":
            for _ in range(int(count)):
                await vmrd.change(CODES)
            _say("filled")
            continue
        if what == "behind":
            _say(_behind(home.deps.hub))
            continue
        codes, cpu = CODES[: int(count)], time.process_time()
        async with lagging() as lag:
            began = await vmrd.change(codes) if what == "vmrd" else floor.write(codes)
            await loop.run_in_executor(None, sys.stdin.readline)  # all has arrived
        used = time.process_time() - (vmrd.cpu if what == "vmrd" else cpu)
        _say({"began": began, "cpu": used, "lag": max(lag, default=0.0)})
    await runner.cleanup()


@asynccontextmanager
async def lagging() -> AsyncIterator[list[float]]:
    """By how many seconds the loop was late, each time somebody wanted a turn of it every millisecond."""
    lags: list[float] = []

    async def look() -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(_TURN)
            lags.append(time.monotonic() - began - _TURN)

    looking = asyncio.create_task(look())
    await asyncio.sleep(0)  # it waits for its first turn from here on
    try:
        yield lags
    finally:
        looking.cancel()


def _behind(hub: Hub) -> int:
    return sum(bool(each.pending) for each in hub.screens.everyone)


def _say(told: object) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    allow_many_connections()
    asyncio.run(main())
