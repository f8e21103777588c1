"""G5: commands to two hundred rooms at once, at a Pexip that takes 20 ms to answer, beside a raw asyncio client.

Every room runs and is unlocked; all are locked within the same moment. The reference sends the same requests from as
many workers as vmrd has slots, with nothing else to do. Opening itself also asks the Management Node, whose limit and
not our speed then decides: that is `scale burst`.
"""

from __future__ import annotations

import asyncio
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


async def measure(folder: Path) -> dict[str, Result]:
    """From the first press to the last room's being locked in Pexip."""
    async with estate(folder, ROOMS, latency=LATENCY_S) as (mock, daemon):
        daemon.launch()
        await daemon.ready()
        screen = asyncio.create_task(daemon.look())
        try:
            await until(lambda: _lit(daemon), 60.0, "every room is SECURE")
            floor = await _raw(mock)
            await _pressed(daemon, "prisoner-out")
            await _pressed(daemon, "unlock")
            await until(
                lambda: all(each["lock"]["state"] == "unlocked" for each in daemon.views.values()), 30.0, "unlocked"
            )
            asked, cpu, began = (await mock.ask("asked"))["asked"], daemon.used()[0], time.monotonic()
            pressing = asyncio.create_task(_pressed(daemon, "lock"))
            while (await mock.ask("state"))["locked"] < ROOMS:
                assert time.monotonic() - began < 30.0, "not all were locked"
            took, used = time.monotonic() - began, daemon.used()[0] - cpu
            await pressing
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
            target=f"<= {MOST} of it, CPU <= {MOST_CPU:.0f} us for each request to Pexip",
            met=took <= MOST * floor and cpu_us <= MOST_CPU,
            beside=f"CPU {cpu_us:.0f} us for each of {sent} requests: presses, facts, reads and screens are in it",
            goal="G5",
        )
    }


def _lit(daemon: Daemon) -> bool:
    return len(daemon.views) == ROOMS and all(each["secure"] for each in daemon.views.values())


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
