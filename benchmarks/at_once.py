"""G5: commands to two hundred rooms at once, at a Pexip that takes 20 ms to answer, beside a raw asyncio client.

Every room runs and is unlocked; all are locked within the same moment. The reference sends the same requests from as
many workers as vmrd has slots, with nothing else to do. Opening itself also asks the Management Node, whose limit and
not our speed then decides: that is `scale burst`.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

from benchmarks.bench import Result
from benchmarks.estate import Daemon, Mock, estate, until
from benchmarks.estate_mock import alias_of, session_of
from benchmarks.mock_wire import Line

ROOMS = 200
LATENCY_S = 0.02
WORKERS = 32
"""Sixteen slots for each of two nodes."""
MOST, MOST_CPU = 1.2, 300.0
MOST_WAIT = 3.0
"""How much longer an officer of another room waits meanwhile."""
IDLE_PRESSES = 40


async def measure(folder: Path) -> dict[str, Result]:
    """From the first press to the last room's being locked in Pexip."""
    async with estate(folder, ROOMS + 1, latency=LATENCY_S) as (mock, daemon):
        daemon.launch()
        await daemon.ready()
        screen = asyncio.create_task(daemon.look())
        try:
            await until(lambda: _lit(daemon), 60.0, "every room is SECURE")
            floor = await _raw(mock)
            await _pressed(daemon, "prisoner-out")
            await _pressed(daemon, "unlock")
            await until(lambda: _unlocked(daemon) == ROOMS, 30.0, "unlocked")
            quiet = [await _noted(daemon) for _ in range(IDLE_PRESSES)]
            asked, cpu, began = (await mock.ask("asked"))["asked"], daemon.used()[0], time.monotonic()
            pressing = asyncio.create_task(_pressed(daemon, "lock"))
            noting = asyncio.create_task(_noted_until(daemon, pressing))
            while (await mock.ask("state"))["locked"] <= ROOMS:
                assert time.monotonic() - began < 30.0, "not all were locked"
            took, used = time.monotonic() - began, daemon.used()[0] - cpu
            await pressing
            busy = await noting
            sent = sum((await mock.ask("asked"))["asked"].values()) - sum(asked.values())
        finally:
            screen.cancel()
    cpu_us = used / sent * 1e6
    return {
        f"locking {ROOMS} rooms at once, Pexip at 20 ms": Result(
            value=round(took * 1e3),
            unit="ms from the first press",
            ratio=round(took / floor, 2),
            against=f"a raw client with {WORKERS} workers, {floor * 1e3:.0f} ms",
            target=f"<= {MOST} of it",
            met=took <= MOST * floor,
            beside=f"{sent} requests",
            goal="G5",
            cpu=f"{cpu_us:.0f} us of a request",
        ),
        "CPU of a request to Pexip meanwhile": Result(
            value=round(cpu_us),
            unit="us",
            ratio=None,
            against="presses, facts, reads and screens are in it",
            target=f"<= {MOST_CPU:.0f} us",
            met=cpu_us <= MOST_CPU,
            beside=f"{used:.2f} s for {sent} requests",
            goal="G5",
        ),
        "another room's press meanwhile, slowest percent": Result(
            value=round(_p99(busy), 1),
            unit="ms",
            ratio=round(_p99(busy) / _p99(quiet), 1),
            against=f"the same with nothing else to do, {_p99(quiet):.1f} ms",
            target=f"<= {MOST_WAIT:.0f} of it",
            met=_p99(busy) <= MOST_WAIT * _p99(quiet),
            beside=f"{len(busy)} presses, one after another",
            goal="G5",
        ),
    }


async def _noted(daemon: Daemon) -> float:
    """Seconds until a remark on the room that nobody locks is answered."""
    began = time.monotonic()
    status, answer = await daemon.press(session_of(ROOMS), "note", {"text": "all quiet"})
    assert status == 202, answer
    return time.monotonic() - began


async def _noted_until(daemon: Daemon, over: asyncio.Task[None]) -> list[float]:
    took = [await _noted(daemon)]
    while not over.done():
        took.append(await _noted(daemon))
    return took


def _p99(seconds: list[float]) -> float:
    """In milliseconds; of fewer than a hundred, the slowest but for what cannot be told apart from it."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[98] * 1e3 if len(seconds) > 1 else seconds[0] * 1e3


def _lit(daemon: Daemon) -> bool:
    return len(daemon.views) == ROOMS + 1 and all(each["secure"] for each in daemon.views.values())


def _unlocked(daemon: Daemon) -> int:
    return sum(each["lock"]["state"] == "unlocked" for each in daemon.views.values())


async def _pressed(daemon: Daemon, action: str) -> None:
    async def press(number: int) -> None:
        status, answer = await daemon.press(session_of(number), action)
        assert status == 202, answer

    await asyncio.gather(*map(press, range(ROOMS)))


async def _raw(mock: Mock) -> float:
    """As many requests as there are rooms."""
    left = iter(range(ROOMS))

    async def worker(port: int) -> None:
        line = Line(port, "token: none\r\n")
        for number in left:
            await line.ask("POST", f"/api/client/v2/conferences/{alias_of(number)}%40meet.example.org/lock")
        line.close()

    ports = [int(node.rpartition(":")[2]) for node in mock.said["nodes"]]
    began = time.monotonic()
    await asyncio.gather(*(worker(ports[number % len(ports)]) for number in range(WORKERS)))
    return time.monotonic() - began
