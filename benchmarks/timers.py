"""G7: a hundred thousand sessions that want to be woken some day, and a thousand at one instant.

There is no timer in vmrd: a session's next wish is a column with an index, and the alarm sleeps until the earliest. The
reference is one `call_at` for each, in the same loop and the same minute. Late is measured to the *start* of each.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import time
from contextlib import closing
from pathlib import Path

from benchmarks.bench import Result
from benchmarks.crowd import KEY, fill
from benchmarks.estate import until
from vmrd.alarm import Alarm
from vmrd.clock import SystemClock
from vmrd.engine import Engine
from vmrd.lifecycle.rules import Rules
from vmrd.metrics import Metrics
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect

PENDING = 100_000
DUE = 1_000
ROUNDS = 3
AHEAD_MS = 400
IDLE_S = 2.0
_NEVER = 4_000_000_000_000


async def measure(folder: Path) -> dict[str, Result]:
    """How late the last of a thousand is, and what waiting costs."""
    path = folder / "timers.db"
    fill(path, PENDING, running=False, wake_at=_NEVER)
    before = path.stat().st_size / PENDING
    rules = Rules()
    engine = Engine(connect(path, derive_keys(bytes.fromhex(KEY))), SystemClock(), lambda _: rules, Metrics())
    started: list[float] = []
    submit = engine.store.write

    async def noted(sessions, step, told=None):  # type: ignore[no-untyped-def]  # the store's own, with a watch in hand
        def first(tx):  # type: ignore[no-untyped-def]
            started.append(time.time())
            return step(tx)

        return await submit(sessions, first, told)

    engine.store.write = noted  # type: ignore[method-assign]
    alarm = Alarm(engine)
    running = asyncio.create_task(alarm.run())
    await asyncio.sleep(0.2)
    cpu = time.process_time()
    await asyncio.sleep(IDLE_S)
    idle = (time.process_time() - cpu) / IDLE_S
    ours, theirs = [], []
    for number in range(ROUNDS):
        ours.append(await _due(path, alarm, started, number))
        theirs.append(await _called())
    running.cancel()
    await engine.store.close()
    last, floor = statistics.median(ours), statistics.median(theirs)
    return {
        f"{DUE} of {PENDING} timers due at one instant": Result(
            value=round(last, 1),
            unit="ms until the last has started",
            ratio=round(last / floor, 1),
            against=f"call_at for each, {floor:.1f} ms",
            target="<= 20 ms; waiting < 1 % of a core",
            met=last <= 20 and idle < 0.01,
            beside=f"waiting costs {idle:.2%} of a core; a timer is a column of a row of {before:.0f} bytes",
            goal="G7",
        )
    }


async def _due(path: Path, alarm: Alarm, started: list[float], number: int) -> float:
    """Milliseconds from the instant to the start of the last step."""
    at = int(time.time() * 1_000) + AHEAD_MS
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE session SET wake_at = ? WHERE id IN (SELECT id FROM session ORDER BY id LIMIT ? OFFSET ?)",
            (at, DUE, number * DUE),
        )
    started.clear()
    alarm._poke()  # as a commit of our own would have done
    await until(lambda: len(started) >= DUE, 30.0, "all are woken")
    return max(started) * 1e3 - at


async def _called() -> float:
    loop, late = asyncio.get_running_loop(), []
    far = [loop.call_later(3_600, print) for _ in range(PENDING)]
    at = loop.time() + AHEAD_MS / 1e3
    for _ in range(DUE):
        loop.call_at(at, lambda: late.append(loop.time()))
    await asyncio.sleep(AHEAD_MS / 1e3 + 0.3)
    for each in far:
        each.cancel()
    return (max(late) - at) * 1e3
