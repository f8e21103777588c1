"""The cost of a day's availability: 200 bookings in ten rooms, beside a bare SELECT of the same rows."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

from benchmarks.bench import ROUNDS, Result
from vmrd import rooms
from vmrd.config_establishments import EstablishmentConfig, RoomConfig
from vmrd.lifecycle.capacity import at
from vmrd.rooms import room_subject
from vmrd.store.base import Claim, Tx
from vmrd.store.connection import for_reading
from vmrd.store.migrate import migrate
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import open_for_reading, write_once
from vmrd.web.availability import day_view

DAY = date(2026, 11, 5)
BOOKINGS = 200
ROOMS = 10
TIMES = 50
BUDGET_MS = 5.0
_KEYS = derive_keys(bytes(range(32)))


def measure(folder: Path) -> dict[str, Result]:
    """CPU of one establishment-day, from rows to JSON, and of the SELECT alone."""
    path = folder / "vmrd.db"
    migrate(path)
    rooms_there = tuple(RoomConfig(key=f"R{n}", name=f"Room {n}") for n in range(ROOMS))
    establishment = EstablishmentConfig(code="MDI", name="HMP Example", rooms=rooms_there)
    premises = establishment.premises
    write_once(path, _KEYS, _book)
    costs: dict[str, list[float]] = {"day": [], "select": []}
    with open_for_reading(path, _KEYS) as rx, closing(for_reading(path)) as connection:

        def told() -> str:
            return day_view(establishment, DAY, rooms.availability(rx, premises, DAY)).model_dump_json()

        for _ in range(ROUNDS):
            costs["day"].append(_each(told))
            costs["select"].append(_each(lambda: _select(connection)))
    day, select = (statistics.median(costs[name]) for name in ("day", "select"))
    return {
        "availability of one day": Result(
            value=round(day, 3),
            unit="ms",
            ratio=round(day / select, 2),
            against=f"a bare SELECT of the same {BOOKINGS} rows, {select:.3f} ms",
            target=f"under {BUDGET_MS:.0f} ms of CPU",
            met=day < BUDGET_MS,
            beside="CPU is the value: one thread, no waiting",
        )
    }


def _book(tx: Tx) -> None:
    each = BOOKINGS // ROOMS
    for number in range(BOOKINGS):
        start = at(DAY, 480) + number % each * 1_800_000
        tx.claim(f"s{number}", [Claim("room", room_subject("MDI", f"R{number // each}"), start, start + 1_500_000)])


def _select(connection: sqlite3.Connection) -> list[tuple[str, int, int]]:
    subjects = [room_subject("MDI", f"R{n}") for n in range(ROOMS)]
    marks = ", ".join("?" * ROOMS)
    return connection.execute(
        f"SELECT subject, starts_at, ends_at FROM claim WHERE kind = 'room' AND subject IN ({marks})"
        " AND ends_at > ? AND starts_at < ? ORDER BY starts_at",
        (*subjects, at(DAY, 0), at(DAY, 1_439)),
    ).fetchall()


def _each(work: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(TIMES):
        work()
    return (time.process_time() - began) / TIMES * 1e3
