"""Durable submits: one officer's press decided, journalled and committed, against two bare writers (`floors`).

The press is Lock or Unlock, in turn, in a running meeting of six people and our own leg: three facts, a command that
takes the place of the one before, and the session's row. Nothing grows from press to press but the journal.
"""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path

from benchmarks.bench import Result, Sample, interleaved
from benchmarks.floors import one_row, same_rows
from benchmarks.samples import opening
from vmrd.clock import SystemClock
from vmrd.engine import Applied, Engine
from vmrd.lifecycle.inputs import LockRoom, UnlockRoom
from vmrd.lifecycle.rules import Rules
from vmrd.metrics import Metrics
from vmrd.store.migrate import migrate
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect

SESSIONS = 500
FACTS = 3
"""Of each press but a session's first."""
TARGETS = {1: None, 16: 0.8, 64: 0.6}


async def measure(folder: Path) -> dict[str, Result]:
    """Presses per second at 1, 16 and 64 at once."""
    database = folder / "vmrd.db"
    migrate(database)
    store = connect(database, derive_keys(b"k" * 32))
    rules = Rules()
    engine = Engine(store, SystemClock(), lambda _: rules, Metrics())
    ids, presses = [f"s{number}" for number in range(SESSIONS)], count()

    async def begin(session: str) -> None:
        for given in opening(session, engine.clock.now()):
            assert isinstance(await engine.submit(session, given), Applied)

    async def press(_number: int) -> int:
        turn, session = divmod(next(presses), SESSIONS)
        kind = UnlockRoom if turn % 2 else LockRoom
        answer = await engine.submit(ids[session], kind("k.shah"))
        assert isinstance(answer, Applied)
        return len(answer.facts)

    await asyncio.gather(*(begin(session) for session in ids))
    await asyncio.gather(*(press(0) for _ in ids))
    assert await asyncio.gather(*(press(0) for _ in ids)) == [FACTS] * SESSIONS
    floor, same = one_row(folder / "floor.db"), same_rows(database, folder / "same.db", FACTS)
    results: dict[str, Result] = {}
    for concurrency, target in TARGETS.items():
        samples = await interleaved({"floor": floor.put, "same": same.put, "submit": press}, concurrency)
        results |= _results(concurrency, target, samples["submit"], samples["floor"], samples["same"])
    floor.stop()
    same.stop()
    await store.close()
    return results


def _results(concurrency: int, target: float | None, ours: Sample, least: Sample, same: Sample) -> dict[str, Result]:
    ratio, over_same = ours.rate / least.rate, ours.rate / same.rate
    return {
        f"durable submits, {concurrency} at once": Result(
            value=round(ours.rate),
            unit="per second",
            ratio=round(ratio, 3),
            against=f"one-row group commit, {least.rate:.0f} per second",
            target="p50 <= 1.0 ms" if target is None else f">= {target}",
            met=ours.p50 <= 1.0 if target is None else ratio >= target,
            beside=(
                f"p50 {ours.p50:.2f} ms, p99 {ours.p99:.2f} ms, CPU {ours.cpu_us:.0f} us (floor {least.cpu_us:.0f} us)"
            ),
        ),
        f"durable submits over their own rows, {concurrency} at once": Result(
            value=round(ours.rate),
            unit="per second",
            ratio=round(over_same, 3),
            against=f"the same rows and bytes written without deciding, {same.rate:.0f} per second",
            target="none promised: it says what all but the disk costs",
            met=None,
            beside=f"CPU {ours.cpu_us:.0f} us (bare {same.cpu_us:.0f} us), p50 of the bare {same.p50:.2f} ms",
        ),
    }
