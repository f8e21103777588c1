"""A signed booking event from the wire to the disk and back, against the least that is durable and the usual stack.

Three servers are up at once, each in a process of its own, and are asked in turn within each round: a bare one-row
group-commit handler (`webhook_floor`), vmrd (`webhook_vmrd`) and FastAPI with SQLAlchemy (`webhook_fastapi`). Every
request is a new signed booking. Ratios are taken within a round, and their median counts.
"""

from __future__ import annotations

import asyncio
import statistics
from contextlib import AsyncExitStack
from itertools import islice
from pathlib import Path

from benchmarks.bench import ROUNDS, Result, Sample
from benchmarks.mock_wire import process
from benchmarks.webhook_load import requests, sample

SUBJECTS = ("floor", "vmrd", "fastapi")
TARGETS = {1: None, 16: 0.8, 64: 0.6}
MOST_MS = 1.0
"""Of one at a time."""
LEAST_OVER_USUAL = {64: 25.0}
_FIRST_RATES = {"floor": 4_000.0, "vmrd": 400.0, "fastapi": 150.0}
"""Requests in the first sample of each, which counts for nothing but the size of the next ones."""
SECONDS = 0.7


async def measure(folder: Path) -> dict[str, Result]:
    """Events per second at 1, 16 and 64 at once."""
    results: dict[str, Result] = {}
    async with AsyncExitStack() as up:
        servers = {}
        for name in SUBJECTS:
            pid, said = await up.enter_async_context(process(f"benchmarks.webhook_{name}", str(folder / f"{name}.db")))
            servers[name] = pid, int(said)
        events = {name: requests() for name in SUBJECTS}
        rates = dict(_FIRST_RATES)
        for concurrency, target in TARGETS.items():
            samples = {name: Sample() for name in SUBJECTS}
            for taken in (False, *[True] * ROUNDS):
                for name, (pid, port) in servers.items():
                    todo = list(islice(events[name], max(concurrency * 2, round(rates[name] * SECONDS))))
                    into = samples[name] if taken else Sample()
                    await sample(port, pid, todo, concurrency, into)
                    rates[name] = into.rates[-1]
            results |= _results(concurrency, target, samples)
    return results


def _results(concurrency: int, target: float | None, samples: dict[str, Sample]) -> dict[str, Result]:
    ours, floor = samples["vmrd"], samples["floor"]
    over_floor = _ratio(ours, floor)
    results = {
        f"booking events, {concurrency} at once": Result(
            value=round(ours.rate),
            unit="per second",
            ratio=round(over_floor, 3),
            against=f"a bare handler that commits one row, {floor.rate:.0f} per second",
            target=f"p50 <= {MOST_MS} ms" if target is None else f">= {target}",
            goal="G2",
            met=ours.p50 <= MOST_MS if target is None else over_floor >= target,
            beside=f"p50 {ours.p50:.1f} ms, p99 {ours.p99:.1f} ms (floor {floor.p50:.1f} and {floor.p99:.1f} ms)",
            cpu=f"{ours.cpu_us:.0f} us (floor {floor.cpu_us:.0f})",
        ),
    }
    return results | (_over_usual(concurrency, ours, samples["fastapi"]) if "fastapi" in samples else {})


def _over_usual(concurrency: int, ours: Sample, usual: Sample) -> dict[str, Result]:
    ratio, least = _ratio(ours, usual), LEAST_OVER_USUAL.get(concurrency)
    return {
        f"booking events over the usual stack, {concurrency} at once": Result(
            value=round(ours.rate),
            unit="per second",
            ratio=round(ratio, 2),
            against=f"FastAPI and SQLAlchemy, {usual.rate:.0f} per second",
            target="none promised: it does less" if least is None else f">= {least:.0f}, though it does less",
            goal="" if least is None else "G2",
            met=None if least is None else ratio >= least,
            beside=f"p50 of the usual {usual.p50:.1f} ms, p99 {usual.p99:.1f} ms",
            cpu=f"{ours.cpu_us:.0f} us (usual {usual.cpu_us:.0f})",
        ),
    }


def _ratio(ours: Sample, theirs: Sample) -> float:
    return statistics.median(one / other for one, other in zip(ours.rates, theirs.rates, strict=True))


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory(prefix="vmrd-bench-") as there:
        for what, result in asyncio.run(measure(Path(there))).items():
            print(what, result)
