"""How measurements are taken: interleaved rounds, medians, CPU beside wall time."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

ROUNDS = 4
SECONDS = 1.0


@dataclass(slots=True)
class Sample:
    """One subject's rounds: operations per second, CPU microseconds per operation, latencies in milliseconds."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def cpu_us(self) -> float:
        return statistics.median(self.cpu)

    @property
    def p50(self) -> float:
        return statistics.median(self.latencies)

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.latencies, n=100)[98]


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the account; `target` in words, `met` None where nothing was promised. `goal`: its number, if any.

    `cpu`: the processor's time for one operation, with that of the reference.
    """

    value: float
    unit: str
    ratio: float | None
    against: str
    target: str
    met: bool | None
    beside: str
    goal: str = ""
    cpu: str = ""


async def interleaved(
    subjects: dict[str, Callable[[int], Awaitable[object]]], concurrency: int, *, rounds: int = ROUNDS
) -> dict[str, Sample]:
    """Each subject for a second in turn, `rounds` times; the argument of a subject is a running number."""
    samples = {name: Sample() for name in subjects}
    number = 0
    for _ in range(rounds):
        for name, subject in subjects.items():
            stop = time.perf_counter() + SECONDS
            done = 0

            async def worker(subject: Callable[[int], Awaitable[object]], sample: Sample, stop: float) -> None:
                nonlocal done, number
                first = True
                while first or time.perf_counter() < stop:
                    first, began = False, time.perf_counter()
                    number += 1
                    await subject(number)
                    sample.latencies.append((time.perf_counter() - began) * 1e3)
                    done += 1

            began, cpu = time.perf_counter(), time.process_time()
            await asyncio.gather(*(worker(subject, samples[name], stop) for _ in range(concurrency)))
            samples[name].rates.append(done / (time.perf_counter() - began))
            samples[name].cpu.append((time.process_time() - cpu) / max(done, 1) * 1e6)
    return samples
