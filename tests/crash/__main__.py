"""`python -m tests.crash [--only TEXT] [--at-once N]`: the whole matrix, one line a point."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.crash.house import House, house
from tests.crash.points import POINTS, Point
from tests.crash.story import Story


async def one(point: Point | None, seed: int) -> tuple[int, str | None]:
    """Play one point; how often the daemon was killed, and what went wrong."""
    return await play(lambda built: Story(built, point), seed)


async def play(make: Callable[[House], Story], seed: int) -> tuple[int, str | None]:
    """Play a story in a house of its own."""
    wrong: str | None = None
    kills = 0
    with tempfile.TemporaryDirectory(prefix="vmrd-crash-") as folder:
        try:
            async with house(Path(folder), seed) as built:
                story = make(built)
                await story.run()
                kills = story.kills
        except* AssertionError as failed:
            wrong = "; ".join(str(each) for each in _leaves(failed))
    return kills, wrong


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [
        leaf
        for each in group.exceptions
        for leaf in (_leaves(each) if isinstance(each, BaseExceptionGroup) else [each])
    ]


async def matrix(points: list[Point], at_once: int) -> int:
    """Play the points side by side; how many did not recover."""
    slots = asyncio.Semaphore(at_once)
    lost = 0

    async def show(number: int, point: Point) -> None:
        nonlocal lost
        async with slots:
            began = time.monotonic()
            kills, wrong = await one(point, number)
            lost += wrong is not None
            verdict = f"recovered after {kills} kill{'s' * (kills != 1)}" if wrong is None else f"LOST: {wrong}"
            print(f"{number:3d} {point!s:45} {verdict} ({time.monotonic() - began:.1f} s)", flush=True)

    async with asyncio.TaskGroup() as tasks:
        for number, point in enumerate(points, start=1):
            tasks.create_task(show(number, point))
    print(f"crash matrix: {len(points)} points, {len(points) - lost} recovered, {lost} lost")
    return lost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--at-once", type=int, default=8)
    asked = parser.parse_args()
    points = [point for point in POINTS if asked.only in str(point)]
    sys.exit(asyncio.run(matrix(points, asked.at_once)) > 0)


if __name__ == "__main__":
    main()
