"""What Pexip waits for when it asks who may come in (G1): beside a bare aiohttp GET, with few and with 10,000 sessions.

The question is a whole one, as the mock's nodes put it; the bare handler is asked the same and reads none of it. All
servers are processes of their own, asked in turn by the same thin client. CPU is that of the server's process alone.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.bench import Result, Sample
from benchmarks.mock_wire import Line, cpu_of, process
from benchmarks.policy_floor import alias
from pexip_mock.knobs import Knobs
from pexip_mock.people import Kind
from pexip_mock.policy_query import Call, service_query

AT_ONCE = (16, 64)
ROUNDS = 5
SECONDS = 0.7
FEW, MANY = 10, 10_000
_LEAST_CPU = 1.0
"""Microseconds of an answer: the system counts in hundredths of a second, and may have counted none."""
SLOWEST, LATEST = 0.75, 1.5
UNCHANGED = 1.15
"""How much more CPU an answer may take with many sessions: what two runs of one server differ by."""


async def measure(folder: Path) -> dict[str, Result]:
    """Answers to a browser's question about a room that is open to it."""
    for name in ("few", "many"):
        (folder / name).mkdir()
    run = "benchmarks.policy_floor"
    async with (
        process(run) as bare,
        process(run, str(folder / "few"), str(FEW)) as few,
        process(run, str(folder / "many"), str(MANY)) as many,
    ):
        subjects = {"bare": (bare, FEW), "few": (few, FEW), "many": (many, MANY)}
        results: dict[str, Result] = {}
        for at_once in AT_ONCE:
            turns = {name: Turns() for name in subjects if name != "many" or at_once == AT_ONCE[0]}
            for _ in range(ROUNDS):
                for name, each in turns.items():
                    (pid, port), known = subjects[name]
                    each.p99.append(await _turn(each.sample, pid, int(port), known, at_once))
            results |= _answers(at_once, turns["bare"], turns["few"])
            if "many" in turns:
                results[f"policy answer, {MANY} sessions"] = _grown(turns["few"].sample, turns["many"].sample)
    return results


@dataclass(slots=True)
class Turns:
    """A subject's rounds, and the 99th percentile of each."""

    sample: Sample = field(default_factory=Sample)
    p99: list[float] = field(default_factory=list)


def _answers(at_once: int, bare: Turns, ours: Turns) -> dict[str, Result]:
    rates = zip(ours.sample.rates, bare.sample.rates, strict=True)
    rate = statistics.median(mine / floor for mine, floor in rates)
    late = statistics.median(mine / floor for mine, floor in zip(ours.p99, bare.p99, strict=True))
    cpu = f"{ours.sample.cpu_us:.0f} us (bare {bare.sample.cpu_us:.0f})"
    return {
        f"policy answers, {at_once} at once": Result(
            value=round(ours.sample.rate),
            unit="per second",
            ratio=round(rate, 2),
            against=f"a bare aiohttp GET, {bare.sample.rate:.0f}",
            target=f">= {SLOWEST} of its rate",
            met=rate >= SLOWEST,
            goal="G1",
            beside=f"CPU {cpu}",
            cpu=cpu,
        ),
        f"slowest percent of policy answers, {at_once} at once": Result(
            value=round(statistics.median(ours.p99), 2),
            unit="ms",
            ratio=round(late, 2),
            against=f"a bare aiohttp GET, {statistics.median(bare.p99):.2f} ms",
            target=f"<= {LATEST} of its",
            met=late <= LATEST,
            goal="G1",
            beside="median over rounds of a few tenths of a second",
        ),
    }


def _grown(few: Sample, many: Sample) -> Result:
    growth = statistics.median(b / max(a, _LEAST_CPU) for a, b in zip(few.cpu, many.cpu, strict=True))
    return Result(
        value=round(many.cpu_us, 1),
        unit="us CPU",
        ratio=round(growth, 2),
        against=f"the same with {FEW} sessions, {few.cpu_us:.1f} us",
        target=f"unchanged: <= {UNCHANGED}",
        met=growth <= UNCHANGED,
        goal="G1",
        cpu=f"{many.cpu_us:.1f} us (few {few.cpu_us:.1f})",
        beside=f"{many.rate:.0f} per second, p99 {many.p99:.2f} ms",
    )


async def _turn(sample: Sample, pid: int, port: int, known: int, at_once: int) -> float:
    """A second of questions; its p99 in milliseconds."""
    lines = [Line(port, _headers()) for _ in range(at_once)]
    asked = [_question(number * (known // FEW)) for number in range(FEW)]
    numbers, latencies, done = itertools.count(), [], 0
    stop = time.perf_counter() + SECONDS

    async def worker(line: Line) -> None:
        nonlocal done
        first = True
        while first or time.perf_counter() < stop:
            first, began = False, time.perf_counter()
            status, _, _ = await line.ask("GET", asked[next(numbers) % FEW])
            assert status == 200
            latencies.append((time.perf_counter() - began) * 1e3)
            done += 1

    began, cpu = time.perf_counter(), cpu_of(pid)
    await asyncio.gather(*map(worker, lines))
    sample.rates.append(done / (time.perf_counter() - began))
    sample.cpu.append((cpu_of(pid) - cpu) / done * 1e6)
    sample.latencies += latencies
    for line in lines:
        await line.closed()
    return statistics.quantiles(latencies, n=100)[98]


def _headers() -> str:
    basic = base64.b64encode(b"pexip:policy-password-canary").decode()
    return f"Authorization: Basic {basic}\r\n"


def _question(number: int) -> str:
    call = Call("10.0.0.1", f"{alias(number)}@meet.example.org", "Ada Byron", Kind.BROWSER, "Ada Byron")
    return f"/policy/v1/service/configuration?{urlencode(service_query(call, Knobs(), 'Main'))}"
