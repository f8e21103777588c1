"""`python -m benchmarks [G2 G4 ...] [--all]`: each goal beside its reference; JSON for programs; then one table.

The table is Markdown, for docs/performance.md. `--all`: what belongs to no goal as well (rules, availability, a board,
pixels, the mock). A goal that is missed is not an error.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from itertools import chain
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
GOALS: dict[str, Measure] = {
    "G1": policy.measure,
    "G2": webhook.measure,
    "G3": webhook_postgres.measure,
    "G4": press.measure,
    "G5": at_once.measure,
    "G6": panels.measure,
    "G7": timers.measure,
    "G8": memory.measure,
    "G9": cold_start.measure,
    "G10": storm.measure,
}
OTHERS: tuple[Measure, ...] = (
    core.measure,
    availability.measure,
    submits.measure,
    board.measure,
    pixels.measure,
    mock.measure,
    mock_http.measure,
)
VERDICTS = {True: "met", False: "**missed**", None: ""}


async def measure(chosen: tuple[Measure, ...]) -> Results:
    """All of it, one after another, so that nothing disturbs anything."""
    results: Results = {}
    for each in chosen:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="vmrd-bench-") as folder:
            found = each(Path(folder)) if inspect.signature(each).parameters else each()
            results |= await found if inspect.isawaitable(found) else found
        print(f"{each.__module__}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return results


def table(results: Results) -> str:
    """The goals in order, as Markdown."""
    goals = sorted(((int(each.goal[1:]), at) for at, each in enumerate(results.values()) if each.goal))
    every = list(results.items())
    rows = [("goal", "what", "measured", "reference", "ratio", "target", "CPU of one", ""), ("---",) * 8]
    for _, at in goals:
        name, each = every[at]
        ratio = "" if each.ratio is None else f"{each.ratio:g}"
        seen = f"{each.value:g} {each.unit}"
        rows.append((each.goal, name, seen, each.against, ratio, each.target, each.cpu, VERDICTS[each.met]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("goals", nargs="*", metavar="GOAL", help=f"of {', '.join(GOALS)}; all if none is given")
    parser.add_argument("--all", action="store_true", help="what belongs to no goal too")
    asked = parser.parse_args()
    if unknown := [goal for goal in asked.goals if goal not in GOALS]:
        parser.error(f"no such goal: {', '.join(unknown)}")
    chosen = (GOALS[goal] for goal in asked.goals or GOALS)
    results = asyncio.run(measure((*chain(chosen, OTHERS if asked.all else ()),)))
    for name, result in results.items():
        verdict = {True: "met", False: "NOT met", None: "nothing promised"}[result.met]
        print(f"{name}: {result.value} {result.unit}, {result.ratio} of {result.against}; {result.beside}")
        print(f"    target {result.target}: {verdict}")
    print(json.dumps({name: asdict(result) for name, result in results.items()}))
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n\n{table(results)}")


if __name__ == "__main__":
    main()
