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
MOST_READY, MOST_LATE, MOST_IMPORT, MOST_LOAD = 1.0, 0.1, 0.6, 0.3
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
_IMPORTS = "import vmrd.cli, vmrd.serve, vmrd.web.routes"


async def measure(folder: Path) -> dict[str, Result]:
    """Medians of few starts: each takes seconds."""
    fill(folder / "first.db", SESSIONS)
    ready, late, cpu, least, imports = [], [], [], [], []
    for number in range(ROUNDS):
        ours = folder / str(number)
        ours.mkdir()
        shutil.copy(folder / "first.db", ours / "vmrd.db")
        least.append(await _took(_LEAST, str(ours / "vmrd.db"), str(SESSIONS)))
        imports.append(await _took(_IMPORTS))
        took, woken, used = await _start(ours)
        ready.append(took)
        late.append(woken)
        cpu.append(used)
    first, floor, after = statistics.median(ready), statistics.median(least), statistics.median(late)
    imported = statistics.median(imports)
    return {
        f"from exec to ready with {SESSIONS} running": Result(
            value=round(first, 2),
            unit="s",
            ratio=round(first / floor, 2),
            against=f"a process that reads and decodes the same rows, {floor:.2f} s",
            target=f"<= {MOST_READY:.0f} s",
            met=first <= MOST_READY,
            beside=f"{ROUNDS} starts",
            goal="G9",
            cpu=f"{statistics.median(cpu):.2f} s",
        ),
        "of it the imports": Result(
            value=round(imported, 2),
            unit="s",
            ratio=round(imported / first, 2),
            against="all of it",
            target=f"<= {MOST_IMPORT} s",
            met=imported <= MOST_IMPORT,
            beside="a process that imports what a daemon imports, and ends",
            goal="G9",
        ),
        "of it everything after the imports": Result(
            value=round(first - imported, 2),
            unit="s",
            ratio=round((first - imported) / first, 2),
            against="all of it",
            target=f"<= {MOST_LOAD} s",
            met=first - imported <= MOST_LOAD,
            beside="configuration, store, what is kept in memory, listeners",
            goal="G9",
        ),
        "the first overdue wake": Result(
            value=round(after * 1e3),
            unit="ms after ready",
            ratio=None,
            against="as far as a look at the database every 5 ms can tell",
            target=f"<= {MOST_LATE * 1e3:.0f} ms",
            met=after <= MOST_LATE,
            beside="woken, decided, committed",
            goal="G9",
        ),
    }


async def _took(code: str, *arguments: str) -> float:
    """Seconds of a Python of its own that does this."""
    began = time.monotonic()
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code, *arguments], check=True)
    return time.monotonic() - began


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
