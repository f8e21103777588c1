"""A change on a thousand screens: vmrd against a bare broadcast of ready frames, with one reader that has stalled.

In one round Pexip shows a change; in the next the floor (`panels_server`) writes as many frames of the same bytes to as
many connections of the same process. A latency is that of one panel: from the commit to its whole frame having arrived.
The clients are a process of their own.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.bench import Result
from benchmarks.mock import resident_kb
from benchmarks.panels_server import CODES
from tests.web.house import AUDITOR

PANELS = 1_000
ROUNDS = 6
FILLING = 40
"""Changes everywhere after which a reader that reads nothing has filled what the kernel holds for it."""
MOST = 1.3
"""How much later the last panels may have it than by the bare broadcast."""
MOST_STALLED = 1.1
"""How much later they may have it because of a reader that has stalled."""
MOST_LAG_MS = 10.0


class Child:
    """A process of ours that answers lines with lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def hear(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(await self.process.stdout.readline())

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    async def ask(self, line: str) -> Any:
        self.say(line)
        return await self.hear()


@asynccontextmanager
async def child(module: str) -> AsyncIterator[Child]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24
    )
    try:
        yield Child(process)
    finally:
        process.terminate()
        await process.wait()


@dataclass(slots=True)
class Took:
    """A round's median and 99th percentile over its panels, in milliseconds, the server's processor microseconds for
    each message and how late its loop was; of each the median over rounds, which one disturbed round does not move."""

    p50s: list[float] = field(default_factory=list)
    p99s: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)

    @property
    def lag(self) -> float:
        """Milliseconds by which the loop was late at most."""
        return statistics.median(self.lags)

    @property
    def p50(self) -> float:
        return statistics.median(self.p50s)

    @property
    def p99(self) -> float:
        return statistics.median(self.p99s)

    @property
    def cpu_us(self) -> float:
        return statistics.median(self.cpu)


async def measure() -> dict[str, Result]:
    """One change that very many panels see, and one in each of fifty establishments, of twenty panels each."""
    results: dict[str, Result] = {}
    for shape in SHAPES:
        async with child("benchmarks.panels_server") as server, child("benchmarks.panels_clients") as clients:
            results |= await _shape(server, clients, shape)
    return results


@dataclass(frozen=True, slots=True)
class Shape:
    """`each` panels at every one of these establishments; in one round there is a change in each. `stalled`: measured
    once more with a reader that takes nothing."""

    name: str
    codes: tuple[str, ...]
    each: int
    stalled: bool = True


SHAPES = (
    Shape(f"one change on {PANELS} panels", CODES[:1], PANELS),
    Shape(f"one change on {2 * PANELS} panels", CODES[:1], 2 * PANELS, stalled=False),
    Shape(f"{len(CODES)} changes at once on {PANELS} panels", CODES, PANELS // len(CODES)),
)


async def _shape(server: Child, clients: Child, shape: Shape) -> dict[str, Result]:
    ports = await server.hear()
    for what in ("vmrd", "floor"):
        for code in shape.codes:
            await clients.ask(f"open {ports[what]} {code} {shape.each} {AUDITOR}")
    freely = await _rounds(server, clients, ports, shape)
    results = _freely(shape, ports["bytes"], freely)
    if shape.stalled:
        before = resident_kb(server.process.pid)
        await clients.ask(f"stall {ports['vmrd']} {AUDITOR}")
        await clients.ask("rest")
        await server.ask(f"fill {FILLING}")
        await clients.hear()
        await clients.ask("rest")
        await clients.hear()  # everybody else has all there is
        behind = await server.ask("behind 0")
        assert behind == 1, f"{behind} readers are behind, not one"
        stalled = await _rounds(server, clients, ports, shape)
        results |= _stalled(shape, freely, stalled, resident_kb(server.process.pid) - before)
    return results


def _freely(shape: Shape, size: int, took: dict[str, Took]) -> dict[str, Result]:
    ours, floor = took["vmrd"], took["floor"]
    return {
        shape.name: Result(
            value=round(ours.p99, 2),
            unit="ms p99",
            goal="G6",
            ratio=round(ours.p99 / floor.p99, 2),
            against=f"a bare broadcast of the same {size} bytes, {floor.p99:.2f} ms",
            target=f"<= {MOST}",
            met=ours.p99 <= floor.p99 * MOST,
            beside=f"p50 {ours.p50:.2f} ms (floor {floor.p50:.2f})",
            cpu=f"{ours.cpu_us:.1f} us a message (floor {floor.cpu_us:.1f})",
        ),
        f"{shape.name}: the loop's lag": Result(
            value=round(ours.lag, 1),
            unit="ms at most",
            goal="G6",
            ratio=round(ours.lag / max(floor.lag, 0.1), 1),
            against=f"the bare broadcast, {floor.lag:.1f} ms",
            target=f"<= {MOST_LAG_MS:.0f} ms",
            met=ours.lag <= MOST_LAG_MS,
            beside="how late a turn comes that is wanted every millisecond; of each round the latest",
        ),
    }


def _stalled(shape: Shape, freely: dict[str, Took], stalled: dict[str, Took], grown: int) -> dict[str, Result]:
    before, after = freely["vmrd"].p99, stalled["vmrd"].p99
    floors = freely["floor"].p99, stalled["floor"].p99
    beyond = (after / floors[1]) / (before / floors[0])
    return {
        f"{shape.name}: with a reader that takes nothing": Result(
            value=round(after, 2),
            unit="ms p99",
            goal="G6",
            ratio=round(beyond, 2),
            against=f"before, {before:.2f} ms, less what the floor changed",
            target=f"<= {MOST_STALLED}",
            met=beyond <= MOST_STALLED,
            beside=f"the floor {floors[0]:.2f} ms before and {floors[1]:.2f} after; {grown} KiB more resident memory",
        )
    }


async def _rounds(server: Child, clients: Child, ports: dict[str, int], shape: Shape) -> dict[str, Took]:
    took = {what: Took() for what in ("vmrd", "floor")}
    for _ in range(ROUNDS):
        for what, sample in took.items():
            latencies, cpu, lag = await _round(server, clients, ports[what], what, shape)
            sample.p50s.append(statistics.median(latencies))
            sample.p99s.append(statistics.quantiles(latencies, n=100)[98])
            sample.cpu.append(cpu)
            sample.lags.append(lag)
    return took


async def _round(server: Child, clients: Child, port: int, what: str, shape: Shape) -> tuple[list[float], float, float]:
    await clients.ask(f"await {port} {shape.each * len(shape.codes)}")
    server.say(f"{what} {len(shape.codes)}")
    came = await clients.hear()
    told = await server.ask("")
    return [(at - told["began"][code]) * 1e3 for code, at in came], told["cpu"] / len(came) * 1e6, told["lag"] * 1e3
