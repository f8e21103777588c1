"""The mock over HTTP, in a process of its own: 1,000 meetings of four legs with an event stream each.

An update is one `mute` asked by the meeting's own control token; it is over when the meeting's stream has shown it. The
floor answers one POST and writes the same frame to one of as many open streams (`mock_floor`). Both are measured in
turn, first with ten meetings, then with a thousand. CPU is that of the server's process alone.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from benchmarks.bench import Result, Sample
from benchmarks.mock import FULLEST, GUEST, HOST, alias, resident_kb
from benchmarks.mock_wire import Eyes, Line, Sink, cpu_of, process

FEW, MANY = 10, 1000
AT_ONCE = 8
ROUNDS = 5
SECONDS = 0.8
ADMIN = "/api/admin"
KNOBS = "rate_limit = 100000000\ntoken_ttl_s = 100000.0\nwaiting_for_chair_timeout = 100000.0\n"
DEAREST = 3.0
"""How much CPU an update may take, in POSTs to the floor."""
T = TypeVar("T")
Act = Callable[[int], Coroutine[object, object, float]]


@dataclass(slots=True)
class Meeting:
    """One meeting: its client API path, its control token and stream, and whom to mute."""

    path: str
    token: str
    guest: str
    eyes: Eyes
    muted: bool = False


class Subject:
    """One server: its process, and lines to ask it on."""

    def __init__(self, pid: int, port: int, headers: str = "") -> None:
        self.pid = pid
        self.port = port
        self.lines: asyncio.Queue[Line] = asyncio.Queue()
        for _ in range(AT_ONCE):
            self.lines.put_nowait(Line(port, headers))

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        line = await self.lines.get()
        try:
            yield line
        finally:
            self.lines.put_nowait(line)


class Bench:
    """The mock, the floor, and all clients."""

    def __init__(self, mock: Subject, node: Subject, floor: Subject) -> None:
        self.mock = mock
        self.node = node
        self.floor = floor
        self.meetings: list[Meeting] = []
        self.floor_eyes: list[Eyes] = []

    async def grow(self, wanted: int) -> None:
        """Have so many meetings, and as many streams at the floor."""
        fresh = range(len(self.meetings), wanted)
        await _all(self._vmr(number) for number in fresh)
        await asyncio.sleep(0.3)  # until every node answers for them
        self.meetings += await _all(self._meeting(number) for number in fresh)
        self.floor_eyes += await _all(Eyes.open(self.floor.port, f"/{number}") for number in fresh)

    async def lend_frame(self) -> None:
        """Let the floor write what the mock writes."""
        await self.update(0)
        _, _, body = self.meetings[0].eyes.last.partition(b"\r\n")
        async with self.floor.line() as line:
            await line.ask("POST", "/frame", body.rpartition(b"\r\n")[0])

    async def update(self, number: int) -> float:
        """Seconds from asking the mock to seeing the event."""
        meeting = self.meetings[number % len(self.meetings)]
        meeting.muted = not meeting.muted
        async with self.node.line() as line:
            seen, began = meeting.eyes.next(), time.perf_counter()
            verb = "mute" if meeting.muted else "unmute"
            await line.ask("POST", f"{meeting.path}/participants/{meeting.guest}/{verb}", headers=meeting.token)
            return await seen - began

    async def say(self, number: int) -> float:
        """Seconds from asking the floor to seeing the frame."""
        which = number % len(self.floor_eyes)
        async with self.floor.line() as line:
            seen, began = self.floor_eyes[which].next(), time.perf_counter()
            await line.ask("POST", f"/{which}")
            return await seen - began

    async def page(self, number: int) -> float:
        """A page of 20 of everybody's legs."""
        return await self._list(f"limit=20&offset={number * 20 % (4 * len(self.meetings))}")

    async def legs(self, number: int) -> float:
        """The legs of one meeting."""
        return await self._list(f"conference=meeting%20{number % len(self.meetings)}")

    async def take_sink(self, url: str) -> None:
        """Attach a bulk sink to the location."""
        async with self.mock.line() as line:
            body = {"name": "bench", "url": url, "bulk_support": True}
            sink = await line.post(f"{ADMIN}/configuration/v1/event_sink/", body)
            attached = json.dumps({"event_sinks": [sink]}).encode()
            status, _, answer = await line.ask("PATCH", f"{ADMIN}/configuration/v1/system_location/1/", attached)
            assert status == 202, answer

    async def turns(self) -> dict[str, Sample]:
        """Every subject in turn, several rounds."""
        acts: dict[str, tuple[int, Act]] = {
            "floor": (self.floor.pid, self.say),
            "update": (self.node.pid, self.update),
            "page": (self.mock.pid, self.page),
            "legs": (self.mock.pid, self.legs),
        }
        samples = {name: Sample() for name in acts}
        for _ in range(ROUNDS):
            for name, (pid, act) in acts.items():
                await self._turn(samples[name], pid, act)
        return samples

    async def turns_in_use(self) -> Sample:
        """Updates while a sink is told of each and somebody looks at the status list."""
        sample, sink = Sample(), Sink()
        await self.take_sink(await sink.open())
        looking = asyncio.create_task(self._look())
        for _ in range(ROUNDS):
            await self._turn(sample, self.node.pid, self.update)
        looking.cancel()
        await asyncio.wait({looking})
        sink.close()
        return sample

    async def _turn(self, sample: Sample, pid: int, act: Act) -> None:
        stop, numbers, done = time.perf_counter() + SECONDS, itertools.count(), 0

        async def worker() -> None:
            nonlocal done
            while time.perf_counter() < stop:
                sample.latencies.append(await act(next(numbers)) * 1e3)
                done += 1

        began, cpu = time.perf_counter(), cpu_of(pid)
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        sample.rates.append(done / (time.perf_counter() - began))
        sample.cpu.append((cpu_of(pid) - cpu) / done * 1e6)

    async def _look(self) -> None:
        for number in itertools.count():
            await self.page(number)
            await asyncio.sleep(0.05)

    async def _list(self, query: str) -> float:
        async with self.mock.line() as line:
            began = time.perf_counter()
            status, _, answer = await line.ask("GET", f"{ADMIN}/status/v1/participant/?{query}")
            assert status == 200, answer
            assert b'"objects": []' not in answer, query
            return time.perf_counter() - began

    async def _vmr(self, number: int) -> None:
        body = {"name": f"meeting {number}", "aliases": [{"alias": alias(number)}], "allow_guests": True}
        async with self.mock.line() as line:
            await line.post(f"{ADMIN}/configuration/v1/conference/", body | {"pin": HOST, "guest_pin": GUEST})

    async def _meeting(self, number: int) -> Meeting:
        path = f"/api/client/v2/conferences/{alias(number)}"
        async with self.node.line() as line:
            body = {"display_name": "control", "call_tag": f"tag{number}"}
            granted = (await line.post(f"{path}/request_token", body, f"pin: {HOST}\r\n"))["result"]
        async with self.mock.line() as line:
            for kind, pin in (("room-system", HOST), ("browser", GUEST), ("app", GUEST)):
                person = {"alias": alias(number), "name": f"{kind} {number}", "kind": kind, "pin": pin}
                dialled = await line.post("/mock/v1/people", person)
        eyes = await Eyes.open(self.node.port, f"{path}/events?token={granted['token']}")
        return Meeting(path, f"token: {granted['token']}\r\n", dialled["participant"], eyes)


async def measure(folder: Path) -> dict[str, Result]:
    """Updates and lists with ten meetings and with a thousand, against the floor; and what a meeting weighs."""
    (folder / "knobs.toml").write_text(KNOBS, encoding="utf-8")
    async with (
        process("pexip_mock", "run", "--fast", "--config", str(folder / "knobs.toml")) as (mock, said),
        process("benchmarks.mock_floor") as (floor, port),
    ):
        where = json.loads(said)
        ports = [urlsplit(url).port or 0 for url in (where["management"], where["nodes"][0])]
        basic = base64.b64encode(f"{where['user']}:{where['password']}".encode()).decode()
        management = Subject(mock, ports[0], f"Authorization: Basic {basic}\r\n")
        bench = Bench(management, Subject(mock, ports[1]), Subject(floor, int(port)))
        await bench.grow(FEW)
        await bench.lend_frame()
        few = await bench.turns()
        before = resident_kb(mock)
        await bench.grow(MANY)
        weight = (resident_kb(mock) - before) / (MANY - FEW)
        many = await bench.turns()
        busy = await bench.turns_in_use()
    return _results(few, many, busy, weight)


def _results(few: dict[str, Sample], many: dict[str, Sample], busy: Sample, weight: float) -> dict[str, Result]:
    floor, update = many["floor"], many["update"]
    ratio = update.cpu_us / floor.cpu_us
    growth = ratio / (few["update"].cpu_us / few["floor"].cpu_us)
    results = {
        "mock over HTTP, one update, 1000 meetings": Result(
            value=round(update.cpu_us),
            unit="us CPU",
            ratio=round(ratio, 2),
            against=f"a bare POST that writes the same frame, {floor.cpu_us:.0f} us",
            target=f"<= {DEAREST}",
            met=ratio <= DEAREST,
            beside=(
                f"{update.rate:.0f} per second (floor {floor.rate:.0f}), to the event seen p50 {update.p50:.2f} ms, "
                f"p99 {update.p99:.2f} ms (floor {floor.p99:.2f} ms)"
            ),
        ),
        "mock over HTTP, one update, growth": Result(
            value=round(update.cpu_us),
            unit="us CPU with 1000 meetings",
            ratio=round(growth, 2),
            against=f"the same with {FEW}, {few['update'].cpu_us:.0f} us, both as multiples of the floor",
            target=f"<= {FULLEST}",
            met=growth <= FULLEST,
            beside=f"with a bulk sink and a status page every 50 ms {busy.cpu_us:.0f} us, p99 {busy.p99:.2f} ms",
        ),
    }
    for name, words in (("page", "a page of 20 legs of 4000"), ("legs", "legs of one meeting of 1000")):
        growth = many[name].cpu_us / few[name].cpu_us
        results[f"mock over HTTP, status list, {words}"] = Result(
            value=round(many[name].cpu_us),
            unit="us CPU",
            ratio=round(growth, 2),
            against=f"the same with {FEW} meetings, {few[name].cpu_us:.0f} us",
            target=f"<= {FULLEST}",
            met=growth <= FULLEST,
            beside=f"p50 {many[name].p50:.2f} ms, p99 {many[name].p99:.2f} ms",
        )
    results["mock over HTTP, memory of a meeting"] = Result(
        value=round(weight, 1),
        unit="KiB",
        ratio=None,
        against="nothing",
        target="none",
        met=None,
        beside="resident, with four legs, one open event stream, and its connection",
    )
    return results


async def _all(works: Iterable[Awaitable[T]]) -> list[T]:
    """All of them, not too many at once."""
    limit = asyncio.Semaphore(4 * AT_ONCE)

    async def one(work: Awaitable[T]) -> T:
        async with limit:
            return await work

    return list(await asyncio.gather(*(one(work) for work in works)))
