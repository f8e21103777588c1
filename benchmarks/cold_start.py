"""G9: a daemon started on ten thousand meetings that run: from exec to ready, and the first wake that is overdue.

Pexip is away, so every one of its ten thousand watches tries and fails meanwhile: no restart begins worse. The
reference is what a restart cannot do without: one SELECT of the same rows and their decoding, in a process of its own.
Restarts with a platform are `benchmarks.restart` and `scale restart`.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import aiohttp

from benchmarks.bench import Result
from benchmarks.crowd import KEY, fill, session_of
from benchmarks.estate import ESTABLISHMENTS, Daemon, free_ports, toml, until, values
from benchmarks.mock_wire import cpu_of

SESSIONS = 10_000
ROUNDS = 2
MOST_READY, MOST_LATE = 1.0, 0.1
_AWAY = {
    "management": "http://127.0.0.1:9",
    "nodes": ["http://127.0.0.1:9"],
    "user": "admin",
    "password": "nobody asks for it",
}
_LEAST = """
import sqlite3, sys
from vmrd.store.codec import SESSIONS
rows = sqlite3.connect(sys.argv[1]).execute("SELECT body FROM session").fetchall()
assert len([SESSIONS.decode(body) for (body,) in rows]) == int(sys.argv[2])
"""


async def measure(folder: Path) -> dict[str, Result]:
    """Medians of few starts: each takes seconds."""
    fill(folder / "first.db", SESSIONS)
    ready, late, cpu, least = [], [], [], []
    for number in range(ROUNDS):
        ours = folder / str(number)
        ours.mkdir()
        shutil.copy(folder / "first.db", ours / "vmrd.db")
        began = time.monotonic()
        await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", _LEAST, str(ours / "vmrd.db"), str(SESSIONS)],
            check=True,
        )
        least.append(time.monotonic() - began)
        took, woken, used = await _start(ours)
        ready.append(took)
        late.append(woken)
        cpu.append(used)
    first, floor, after = statistics.median(ready), statistics.median(least), statistics.median(late)
    return {
        f"from exec to ready with {SESSIONS} running": Result(
            value=round(first, 2),
            unit="s",
            ratio=round(first / floor, 2),
            against=f"a process that reads and decodes the same rows, {floor:.2f} s",
            target=f"<= {MOST_READY:.0f} s, the first overdue wake <= {MOST_LATE * 1e3:.0f} ms later",
            met=first <= MOST_READY and after <= MOST_LATE,
            beside=f"the overdue wake {after * 1e3:+.0f} ms from ready; CPU until then {statistics.median(cpu):.2f} s",
            goal="G9",
        )
    }


async def _start(folder: Path) -> tuple[float, float, float]:
    overdue = session_of(SESSIONS // 2)
    with closing(sqlite3.connect(folder / "vmrd.db")) as connection, connection:
        connection.execute("UPDATE session SET wake_at = 1 WHERE id = ?", (overdue,))
    port, ops = free_ports()
    told = values(folder, _AWAY, ESTABLISHMENTS, port, ops)
    told["store"]["key"] = KEY
    (folder / "vmrd.toml").write_text(toml(told))
    (folder / "vmrd.toml").chmod(0o600)

    def woken() -> bool:
        with closing(sqlite3.connect(f"file:{folder / 'vmrd.db'}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("SELECT wake_at FROM session WHERE id = ?", (overdue,)).fetchone()[0] != 1)

    async with aiohttp.ClientSession() as http:
        daemon = Daemon(folder, port, ops, http)
        began = time.monotonic()
        daemon.launch()
        try:
            await daemon.ready()
            ready, used = time.monotonic() - began, cpu_of(daemon.pid)
            await until(woken, 30.0, "the overdue session was woken")
            return ready, time.monotonic() - began - ready, used
        finally:
            await daemon.stop(signal.SIGKILL)
