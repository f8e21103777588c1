"""Durable submits: one officer's press decided, journalled and committed, against a bare one-row group-commit writer.

The reference does the least that is durable: one row in one table, all waiting rows in one transaction, the same
SQLite settings, the same thread hand-over. It knows no session, fact, chain or seal.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from pathlib import Path

from benchmarks.bench import Result, interleaved
from benchmarks.samples import plan
from vmrd.clock import SystemClock
from vmrd.engine import Engine
from vmrd.lifecycle.inputs import Note
from vmrd.lifecycle.rules import Rules
from vmrd.metrics import Metrics
from vmrd.store.migrate import migrate
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect

SESSIONS = 500


class OneRow:
    """The floor: a thread that commits whatever rows wait."""

    def __init__(self, path: Path) -> None:
        self._rows: queue.SimpleQueue[tuple[asyncio.Future[None], bytes] | None] = queue.SimpleQueue()
        self._path = path
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    async def put(self, body: bytes) -> None:
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rows.put((told, body))
        await told

    def stop(self) -> None:
        self._rows.put(None)
        self._thread.join()

    def _run(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=200"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)")
        while True:
            group = [self._rows.get()]
            while not self._rows.empty() and len(group) < 512:
                group.append(self._rows.get())
            connection.execute("BEGIN IMMEDIATE")
            told = []
            for item in group:
                if item is None:
                    connection.execute("COMMIT")
                    connection.close()
                    return
                connection.execute("INSERT INTO row (body) VALUES (?)", (item[1],))
                told.append(item[0])
            connection.execute("COMMIT")
            told[0].get_loop().call_soon_threadsafe(lambda done=told: [each.set_result(None) for each in done])


async def measure(folder: Path) -> dict[str, Result]:
    """Presses per second at 1, 16 and 64 at once."""
    database = folder / "vmrd.db"
    migrate(database)
    store = connect(database, derive_keys(b"k" * 32))
    rules = Rules()
    engine = Engine(store, SystemClock(), lambda _: rules, Metrics())
    ids = [f"s{number}" for number in range(SESSIONS)]
    await asyncio.gather(*(engine.submit(each, plan(each, engine.clock.now())) for each in ids))
    floor = OneRow(folder / "floor.db")
    body = b"x" * 930

    async def press(number: int) -> None:
        session = ids[number % SESSIONS]
        await engine.submit(session, lambda ref: Note(ref(f"note {number}"), "k.shah"))

    results = {}
    for concurrency, target in ((1, None), (16, 0.8), (64, 0.6)):
        samples = await interleaved({"floor": lambda _: floor.put(body), "submit": press}, concurrency)
        ours, least = samples["submit"], samples["floor"]
        ratio = ours.rate / least.rate
        met = ours.p50 <= 1.0 if target is None else ratio >= target
        results[f"durable submits, {concurrency} at once"] = Result(
            value=round(ours.rate),
            unit="per second",
            ratio=round(ratio, 3),
            against=f"one-row group commit, {least.rate:.0f} per second",
            target="p50 <= 1.0 ms" if target is None else f">= {target}",
            met=met,
            beside=(
                f"p50 {ours.p50:.2f} ms, p99 {ours.p99:.2f} ms, CPU {ours.cpu_us:.0f} us (floor {least.cpu_us:.0f} us)"
            ),
        )
    floor.stop()
    await store.close()
    return results
