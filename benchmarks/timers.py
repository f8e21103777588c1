"""G7: a hundred thousand sessions that want to be woken some day, a thousand at one instant, a thousand in two seconds.

There is no timer in vmrd: a session's next wish is a column with an index, and the alarm sleeps until the earliest. The
reference is one `call_at` for each, in the same loop and the same minute. Late is measured to the *start* of each.
"""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.bench import Result
from benchmarks.crowd import KEY, fill, session_of
from benchmarks.estate import until
from benchmarks.mock import resident_kb
from vmrd import collector
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
OVER_MS = 2_000
"""Within which those that are not due at one instant are due."""
MOST_LAST, MOST_LATE, MOST_IDLE, MOST_BYTES = 20.0, 5.0, 0.01, 300.0
AHEAD_MS = 400
IDLE_S = 2.0
_NEVER = 4_000_000_000_000


async def measure(folder: Path) -> dict[str, Result]:
    """How late the last of a thousand is, how late one among few, and what waiting costs."""
    with _collected_as_in_vmrd():
        return await _measure(folder)


@contextmanager
def _collected_as_in_vmrd() -> Iterator[None]:
    """As `vmrd run` does: else a look at all that the benchmark itself holds falls into one round or the other."""
    former = gc.get_threshold()
    collector.begin()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*former)


async def _measure(folder: Path) -> dict[str, Result]:
    path = folder / "timers.db"
    fill(path, PENDING, running=False, wake_at=_NEVER)
    rules, before = Rules(), resident_kb()
    engine = Engine(connect(path, derive_keys(bytes.fromhex(KEY))), SystemClock(), lambda _: rules, Metrics())
    started: dict[str, float] = {}
    submit = engine.store.write

    async def noted(sessions, step, told=None):  # type: ignore[no-untyped-def]  # the store's own, with a watch in hand
        def first(tx):  # type: ignore[no-untyped-def]
            started[sessions[0]] = time.time() * 1e3
            return step(tx)

        return await submit(sessions, first, told)

    engine.store.write = noted  # type: ignore[method-assign]
    alarm = Alarm(engine)
    running = asyncio.create_task(alarm.run())
    await asyncio.sleep(0.2)
    cpu = time.process_time()
    await asyncio.sleep(IDLE_S)
    idle, held = (time.process_time() - cpu) / IDLE_S, max(0, resident_kb() - before) * 1_024 / PENDING
    ours, theirs, one_by_one, called = [], [], [], []
    cpu = time.process_time()
    for number in range(ROUNDS):
        ours.append(max(await _due(path, alarm, started, number, 0)))
        one_by_one.append(_p99(await _due(path, alarm, started, ROUNDS + number, OVER_MS)))
    woken = (time.process_time() - cpu) / (2 * ROUNDS * DUE) * 1e6
    for _ in range(ROUNDS):
        theirs.append(max(await _called(0)))
        called.append(_p99(await _called(OVER_MS)))
    running.cancel()
    await engine.store.close()
    last, floor = statistics.median(ours), statistics.median(theirs)
    drift, drifted = statistics.median(one_by_one), statistics.median(called)
    return {
        f"{DUE} of {PENDING} timers due at one instant": Result(
            value=round(last, 1),
            unit="ms until the last has started",
            ratio=round(last / floor, 1),
            against=f"call_at for each, {floor:.1f} ms",
            target=f"<= {MOST_LAST:.0f} ms",
            met=last <= MOST_LAST,
            beside="each is a step of its own in the store",
            goal="G7",
            cpu=f"{woken:.0f} us, decided and written",
        ),
        f"{DUE} of {PENDING} timers due within {OVER_MS / 1e3:.0f} s, slowest percent": Result(
            value=round(drift, 1),
            unit="ms late",
            ratio=round(drift / drifted, 1),
            against=f"call_at for each, {drifted:.1f} ms",
            target=f"<= {MOST_LATE:.0f} ms",
            met=drift <= MOST_LATE,
            beside="from the instant to the start of the step",
            goal="G7",
        ),
        f"waiting with {PENDING} timers": Result(
            value=round(idle * 100, 3),
            unit="% of a core",
            ratio=None,
            against="nothing",
            target=f"< {MOST_IDLE:.0%}",
            met=idle < MOST_IDLE,
            beside=f"over {IDLE_S:.0f} s",
            goal="G7",
        ),
        "memory of a timer": Result(
            value=round(held),
            unit="bytes",
            ratio=None,
            against="what the process grows by from opening the store, divided by the timers",
            target=f"<= {MOST_BYTES:.0f}",
            met=held <= MOST_BYTES,
            beside="a timer is a column with an index, on disk",
            goal="G7",
        ),
    }


async def _due(path: Path, alarm: Alarm, started: dict[str, float], number: int, over: int) -> list[float]:
    """Milliseconds from each one's instant to the start of its step; they are due evenly within `over` milliseconds."""
    first = int(time.time() * 1_000) + AHEAD_MS
    due = {session_of(number * DUE + each): first + over * each // DUE for each in range(DUE)}
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("UPDATE session SET wake_at = ? WHERE id = ?", [(at, each) for each, at in due.items()])
    started.clear()
    alarm._poke()  # as a commit of our own would have done
    await until(lambda: len(started) >= DUE, 30.0, "all are woken")
    return [started[each] - at for each, at in due.items()]


async def _called(over: int) -> list[float]:
    loop = asyncio.get_running_loop()
    late: list[float] = []
    far = [loop.call_later(3_600, print) for _ in range(PENDING)]
    first = loop.time() + AHEAD_MS / 1e3
    for each in range(DUE):
        at = first + over * each / DUE / 1e3
        loop.call_at(at, lambda at=at: late.append((loop.time() - at) * 1e3))  # type: ignore[misc]
    await asyncio.sleep((AHEAD_MS + over) / 1e3 + 0.3)
    for handle in far:
        handle.cancel()
    return late


def _p99(late: list[float]) -> float:
    return statistics.quantiles(late, n=100)[98]
