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
    said, nobody, weigh = {}, {}, {}
    for kind in ("shown", "plain"):
        said[kind], nobody[kind] = await _held(kind, full), await _held(kind, empty)
        weigh[kind] = (said[kind]["resident"] - nobody[kind]["resident"]) / said[kind]["sessions"]
    ours, megabytes = said["shown"], said["shown"]["resident"] / 1_024
    return {
        f"memory of a session, {SESSIONS} running": Result(
            value=round(weigh["shown"], 1),
            unit="KiB",
            ratio=round(weigh["shown"] / max(weigh["plain"], 0.1), 2),
            against=f"the same as bare dataclasses, {weigh['plain']:.1f} KiB",
            target=f"<= {MOST_KB:.0f} KiB",
            met=weigh["shown"] <= MOST_KB,
            beside="decoded, on the screens, and known at the door",
            goal="G8",
        ),
        f"the whole process, {SESSIONS} running": Result(
            value=round(megabytes),
            unit="MB",
            ratio=round(ours["resident"] / said["plain"]["resident"], 2),
            against=f"the same as bare dataclasses, {said['plain']['resident'] / 1_024:.0f} MB",
            target=f"<= {MOST_MB:.0f} MB",
            met=megabytes <= MOST_MB,
            beside=f"without a session {nobody['shown']['resident'] / 1_024:.0f} MB",
            goal="G8",
        ),
        f"the collector's look at all of it, {SESSIONS} running": Result(
            value=round(ours["frozen"], 1),
            unit="ms",
            ratio=None,
            against=f"bare dataclasses, {said['plain']['pause']:.0f} ms",
            target=f"<= {MOST_PAUSE:.0f} ms",
            met=ours["frozen"] <= MOST_PAUSE,
            beside=f"before they are frozen, ten seconds after the start, {ours['pause']:.0f} ms",
            goal="G8",
        ),
    }


async def _held(kind: str, database: Path) -> dict[str, Any]:
    async with process("benchmarks.memory_house", kind, str(database)) as (_, line):
        said: dict[str, Any] = json.loads(line)
        return said
