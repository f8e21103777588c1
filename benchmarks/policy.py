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
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.bench import Result, Sample
from benchmarks.mock_wire import Line, cpu_of, process
from benchmarks.policy_floor import alias
from pexip_mock.knobs import Knobs
from pexip_mock.people import Kind
from pexip_mock.policy_query import Call, service_query

AT_ONCE = 16
ROUNDS = 5
SECONDS = 1.0
FEW, MANY = 10, 10_000
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
        samples = {name: Sample() for name in subjects}
        p99: dict[str, list[float]] = {name: [] for name in subjects}
        for _ in range(ROUNDS):
            for name, ((pid, port), known) in subjects.items():
                p99[name].append(await _turn(samples[name], pid, int(port), known))
    return {
        "policy answer": _answer(samples["bare"], samples["few"], p99["bare"], p99["few"]),
        f"policy answer, {MANY} sessions": _grown(samples["few"], samples["many"]),
    }


def _answer(bare: Sample, ours: Sample, bare_p99: list[float], our_p99: list[float]) -> Result:
    rate = statistics.median(mine / floor for mine, floor in zip(ours.rates, bare.rates, strict=True))
    late = statistics.median(mine / floor for mine, floor in zip(our_p99, bare_p99, strict=True))
    return Result(
        value=round(ours.rate),
        unit="answers per second",
        ratio=round(rate, 2),
        against=f"a bare aiohttp GET, {bare.rate:.0f}",
        target=f">= {SLOWEST} of its rate, p99 <= {LATEST} of its own",
        met=rate >= SLOWEST and late <= LATEST,
        goal="G1",
        beside=f"p99 {late:.2f} of the bare one's; CPU {ours.cpu_us:.0f} us, bare {bare.cpu_us:.0f} us",
    )


def _grown(few: Sample, many: Sample) -> Result:
    growth = statistics.median(b / a for a, b in zip(few.cpu, many.cpu, strict=True))
    return Result(
        value=round(many.cpu_us, 1),
        unit="us CPU",
        ratio=round(growth, 2),
        against=f"the same with {FEW} sessions, {few.cpu_us:.1f} us",
        target=f"unchanged: <= {UNCHANGED}",
        met=growth <= UNCHANGED,
        beside=f"{many.rate:.0f} per second, p99 {many.p99:.2f} ms",
    )


async def _turn(sample: Sample, pid: int, port: int, known: int) -> float:
    """A second of questions; its p99 in milliseconds."""
    lines = [Line(port, _headers()) for _ in range(AT_ONCE)]
    asked = [_question(number * (known // FEW)) for number in range(FEW)]
    numbers, latencies, done = itertools.count(), [], 0
    stop = time.perf_counter() + SECONDS

    async def worker(line: Line) -> None:
        nonlocal done
        while (began := time.perf_counter()) < stop:
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
        line.close()
    return statistics.quantiles(latencies, n=100)[98]


def _headers() -> str:
    basic = base64.b64encode(b"pexip:policy-password-canary").decode()
    return f"Authorization: Basic {basic}\r\n"


def _question(number: int) -> str:
    call = Call("10.0.0.1", f"{alias(number)}@meet.example.org", "Ada Byron", Kind.BROWSER, "Ada Byron")
    return f"/policy/v1/service/configuration?{urlencode(service_query(call, Knobs(), 'Main'))}"
