"""The mock over HTTP, in a process of its own: 1,000 meetings of four legs with an event stream each.

An update is one `mute` asked by the meeting's own control token; it is over when the meeting's stream has shown it. The
floor answers one POST and writes the same frame to one of as many open streams (`mock_floor`). It, a mock with ten
meetings and a mock with a thousand are measured in turn. CPU is that of the server's process alone.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import statistics
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
from pexip_mock.cli import allow_many_connections

FEW, MANY = 10, 1000
AT_ONCE = 8
ROUNDS = 5
SECONDS = 0.7
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


class Floor:
    """The floor and its streams."""

    def __init__(self, pid: int, port: int) -> None:
        self.subject = Subject(pid, port)
        self.eyes: list[Eyes] = []

    async def open(self, streams: int, frame: bytes) -> None:
        """Have so many streams, and this to write to them."""
        self.eyes = await _all(Eyes.open(self.subject.port, f"/{number}") for number in range(streams))
        async with self.subject.line() as line:
            await line.ask("POST", "/frame", frame)

    async def say(self, number: int) -> float:
        """Seconds from asking to seeing the frame."""
        which = number % len(self.eyes)
        async with self.subject.line() as line:
            seen, began = self.eyes[which].next(), time.perf_counter()
            await line.ask("POST", f"/{which}")
            return await seen - began


class Mock:
    """One mock, and the clients of its meetings."""

    def __init__(self, pid: int, said: str) -> None:
        where = json.loads(said)
        ports = [urlsplit(url).port or 0 for url in (where["management"], where["nodes"][0])]
        basic = base64.b64encode(f"{where['user']}:{where['password']}".encode()).decode()
        self.pid = pid
        self.mock = Subject(pid, ports[0], f"Authorization: Basic {basic}\r\n")
        self.node = Subject(pid, ports[1])
        self.meetings: list[Meeting] = []
        self.weighs_kb = 0.0

    async def open(self, meetings: int) -> None:
        """Have so many meetings."""
        await _all(self._vmr(number) for number in range(meetings))
        await asyncio.sleep(0.3)  # until every node answers for them
        before = resident_kb(self.pid)
        self.meetings = await _all(self._meeting(number) for number in range(meetings))
        self.weighs_kb = (resident_kb(self.pid) - before) / meetings

    async def frame(self) -> bytes:
        """What a stream shows of an update."""
        await self.update(0)
        _, _, chunk = self.meetings[0].eyes.last.partition(b"\r\n")
        return chunk.rpartition(b"\r\n")[0]

    async def update(self, number: int) -> float:
        """Seconds from asking to seeing the event."""
        meeting = self.meetings[number % len(self.meetings)]
        meeting.muted = not meeting.muted
        async with self.node.line() as line:
            seen, began = meeting.eyes.next(), time.perf_counter()
            verb = "mute" if meeting.muted else "unmute"
            await line.ask("POST", f"{meeting.path}/participants/{meeting.guest}/{verb}", headers=meeting.token)
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

    async def look(self) -> None:
        """Ask for a page now and then, for ever."""
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
    allow_many_connections()
    (folder / "knobs.toml").write_text(KNOBS, encoding="utf-8")
    run = ("pexip_mock", "run", "--fast", "--config", str(folder / "knobs.toml"))
    async with process(*run) as first, process(*run) as second, process("benchmarks.mock_floor") as third:
        few, many, floor = Mock(*first), Mock(*second), Floor(third[0], int(third[1]))
        await few.open(FEW)
        await many.open(MANY)
        await floor.open(MANY, await few.frame())
        acts: dict[str, tuple[int, Act]] = {
            "floor": (third[0], floor.say),
            "update of few": (few.pid, few.update),
            "update of many": (many.pid, many.update),
            "update of few of many": (many.pid, lambda number: many.update(number % FEW)),
            "page of few": (few.pid, few.page),
            "page of many": (many.pid, many.page),
            "legs of few": (few.pid, few.legs),
            "legs of many": (many.pid, many.legs),
        }
        samples = {name: Sample() for name in acts}
        for _ in range(ROUNDS):
            for name, (pid, act) in acts.items():
                await _turn(samples[name], pid, act)
        samples["in use"] = await _in_use(many)
    return _results(samples, many.weighs_kb)


async def _in_use(mock: Mock) -> Sample:
    """Updates while a sink is told of each and somebody looks at the status list."""
    sample, sink = Sample(), Sink()
    await mock.take_sink(await sink.open())
    looking = asyncio.create_task(mock.look())
    for _ in range(ROUNDS):
        await _turn(sample, mock.pid, mock.update)
    looking.cancel()
    await asyncio.wait({looking})
    sink.close()
    return sample


async def _turn(sample: Sample, pid: int, act: Act) -> None:
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


def _results(samples: dict[str, Sample], weight: float) -> dict[str, Result]:
    floor, update, busy = samples["floor"], samples["update of many"], samples["in use"]
    ratio = update.cpu_us / floor.cpu_us
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
                f"p99 {update.p99:.2f} ms (floor {floor.p99:.2f} ms); "
                f"with a bulk sink and a status page every 50 ms {busy.cpu_us:.0f} us, p99 {busy.p99:.2f} ms"
            ),
        )
    }
    warm = f"{samples['update of few of many'].cpu_us:.0f} us where the same {FEW} of the 1000 are updated"
    for name, words, beside in (
        ("update", "one update, growth", warm),
        ("page", "a page of 20 legs of 4000", "in the order in which they came"),
        ("legs", "status legs of one meeting", "found by name"),
    ):
        few, many = samples[f"{name} of few"], samples[f"{name} of many"]
        growth = statistics.median(b / a for a, b in zip(few.cpu, many.cpu, strict=True))
        results[f"mock over HTTP, {words}, 1000 meetings"] = Result(
            value=round(many.cpu_us),
            unit="us CPU",
            ratio=round(growth, 2),
            against=f"the same with {FEW} meetings, {few.cpu_us:.0f} us",
            target=f"<= {FULLEST}",
            met=growth <= FULLEST,
            beside=f"{beside}; p50 {many.p50:.2f} ms, p99 {many.p99:.2f} ms",
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
