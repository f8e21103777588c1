"""`python -m benchmarks [--all]`: every goal beside its reference, a line each; then one table, then JSON for programs.

`--all`: what belongs to no goal as well (rules, availability, a board, pixels, the mock). A goal that is missed is no
error.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks import (
    at_once,
    availability,
    board,
    cold_start,
    core,
    memory,
    mock,
    mock_http,
    panels,
    pixels,
    policy,
    press,
    storm,
    submits,
    timers,
    webhook,
    webhook_postgres,
)
from benchmarks.bench import Result

Results = dict[str, Result]
Measure = Callable[..., Results | Awaitable[Results]]
GOALS: tuple[Measure, ...] = (
    policy.measure,
    webhook.measure,
    webhook_postgres.measure,
    press.measure,
    at_once.measure,
    panels.measure,
    timers.measure,
    memory.measure,
    cold_start.measure,
    storm.measure,
)
OTHERS: tuple[Measure, ...] = (
    core.measure,
    availability.measure,
    submits.measure,
    board.measure,
    pixels.measure,
    mock.measure,
    mock_http.measure,
)


async def measure(chosen: tuple[Measure, ...]) -> Results:
    """All of it, one after another, so that nothing disturbs anything. What fails is told and costs its own line."""
    results: Results = {}
    for each in chosen:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="vmrd-bench-") as folder:
            found = each(Path(folder)) if inspect.signature(each).parameters else each()
            results |= await found if inspect.isawaitable(found) else found
        print(f"{each.__module__}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return results


def table(results: Results) -> str:
    """The goals, in order."""
    goals = sorted(
        ((int(each.goal[1:]), name, each) for name, each in results.items() if each.goal), key=lambda one: one[:2]
    )
    rows = [
        (
            each.goal,
            name,
            f"{each.value:g} {each.unit}",
            _times(each.ratio),
            each.target,
            "met" if each.met else "MISSED",
        )
        for _, name, each in goals
    ]
    rows.insert(0, ("goal", "what", "measured", "ratio", "target", ""))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:g}"


def main() -> None:
    results = asyncio.run(measure(GOALS + (OTHERS if "--all" in sys.argv[1:] else ())))
    for name, result in results.items():
        verdict = {True: "met", False: "NOT met", None: ""}[result.met]
        print(f"{name}: {result.value} {result.unit}, {result.ratio} of {result.against}; {result.beside}")
        print(f"    target {result.target}: {verdict}")
    print(json.dumps({name: asdict(result) for name, result in results.items()}))
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n{table(results)}")


if __name__ == "__main__":
    main()
