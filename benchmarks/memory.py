"""G8: what a running session weighs in memory, beside the same data as bare dataclasses; and the collector's pause.

What watching it over HTTP weighs as well (a connection, its buffers and its tasks) is measured by `scale live`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.bench import Result
from benchmarks.crowd import fill
from benchmarks.mock_wire import process
from vmrd.store.migrate import migrate

SESSIONS = 10_000
MOST_KB, MOST_MB, MOST_PAUSE = 8.0, 180.0, 30.0


async def measure(folder: Path) -> dict[str, Result]:
    """Ten thousand meetings of six people and our own leg."""
    full, empty = folder / "memory.db", folder / "empty.db"
    fill(full, SESSIONS)
    migrate(empty)
    said, weigh = {}, {}
    for kind in ("shown", "plain"):
        said[kind], nobody = await _held(kind, full), await _held(kind, empty)
        weigh[kind] = (said[kind]["resident"] - nobody["resident"]) / said[kind]["sessions"]
    ours, megabytes = said["shown"], said["shown"]["resident"] / 1_024
    met = weigh["shown"] <= MOST_KB and megabytes <= MOST_MB and ours["frozen"] <= MOST_PAUSE
    return {
        f"memory of a session, {SESSIONS} running": Result(
            value=round(weigh["shown"], 1),
            unit="KiB",
            ratio=round(weigh["shown"] / weigh["plain"], 2),
            against=f"the same as bare dataclasses, {weigh['plain']:.1f} KiB",
            target=f"<= {MOST_KB:.0f} KiB, process <= {MOST_MB:.0f} MB, collector <= {MOST_PAUSE:.0f} ms",
            met=met,
            beside=(
                f"process {megabytes:.0f} MB; the collector looks at all of it in {ours['pause']:.0f} ms, in "
                f"{ours['frozen']:.0f} ms once frozen (bare {said['plain']['pause']:.0f} ms)"
            ),
            goal="G8",
        )
    }


async def _held(kind: str, database: Path) -> dict[str, Any]:
    async with process("benchmarks.memory_house", kind, str(database)) as (_, line):
        said: dict[str, Any] = json.loads(line)
        return said
