"""`python -m benchmarks.growth [PICTURE]`: how the cost of one event grows with what else there is; draws it as SVG.

One event is somebody's sharing or not in a running meeting of six: decided, committed, made a view, offered to a panel.
Each kind of growth has four sizes, each in a process of its own and visited in turn, so that whatever else the machine
does falls on all of them alike, and none pays for what another looks after. A size costs what its cheaper rounds cost:
other work only ever adds. The line is the median of those through any two sizes, the further apart the weightier, which
one disturbed size does not turn (Theil and Sen); its slope is what one more costs.

Whatever grows with an event's *own* meeting is not here: that is `benchmarks.core`.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from benchmarks.crowd import KEY, fill, session_of
from benchmarks.samples import sighting
from vmrd.clock import SystemClock
from vmrd.config import from_values
from vmrd.engine import Applied, Engine
from vmrd.eyes import Eyes
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.words import Where
from vmrd.metrics import Metrics
from vmrd.settings import Settings
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect
from vmrd.web import hub as hub_module
from vmrd.web.hub import Hub
from vmrd.web.screens import Client
from vmrd.web.viewer import Viewer

PICTURE = Path("docs/pictures/growth.svg")
ROUNDS = 12
EVENTS = 40
SIZES = {
    "sessions": (10, 1_000, 4_000, 10_000),
    "panels elsewhere": (0, 300, 1_000, 3_000),
    "establishments": (1, 50, 120, 400),
    "journal of others": (0, 10_000, 50_000, 200_000),
}


@dataclass(slots=True)
class Place:
    """One vmrd without a network, and the number of the next event."""

    engine: Engine
    shown: asyncio.Event
    number: int = 11

    async def event(self) -> None:
        self.number += 1
        seen = replace(sighting("leg1", Where.INSIDE), presenting=self.number % 2 == 0)
        answer = await self.engine.submit(session_of(0), i.LegSeen(i.Order(1, self.number), i.Source.STREAM, seen))
        assert isinstance(answer, Applied)
        assert answer.facts
        await self.shown.wait()
        self.shown.clear()

    async def cost(self) -> float:
        """CPU microseconds of an event, the mean of many."""
        began = time.process_time()
        for _ in range(EVENTS):
            await self.event()
        return (time.process_time() - began) / EVENTS * 1e6


@asynccontextmanager
async def place(folder: Path, what: str, size: int) -> AsyncIterator[Place]:
    """With so many of that, and one of all else."""
    path = folder / f"{what}-{size}.db"
    fill(path, size if what == "sessions" else 10)
    if what == "journal of others":
        _lengthen(path, size)
    codes = ["MDI", *(f"E{n:03d}" for n in range((size if what == "establishments" else 1) - 1))]
    config = from_values(
        {
            "pexip": {
                "management": "http://127.0.0.1:9",
                "nodes": ["http://127.0.0.1:9"],
                "password": "none",
                "domain": "meet.example.org",
                "web_join": "https://join.example.org/{alias}",
            },
            "store": {"path": str(path), "key": KEY},
            "establishments": [{"code": code, "name": code, "rooms": [{"key": "r", "name": "r"}]} for code in codes],
        }
    )
    store, clock, settings, metrics = (
        connect(path, derive_keys(bytes.fromhex(KEY))),
        SystemClock(),
        Settings(config),
        Metrics(),
    )
    engine = Engine(store, clock, settings.rules, metrics)
    hub = Hub(store, Viewer(engine, Eyes(clock), settings), metrics)
    engine.listeners.append(hub.heard)
    running = asyncio.create_task(hub.run())
    shown = asyncio.Event()

    def show(_view: bytes) -> bool:
        shown.set()
        return True

    panel = await hub.connect(("MDI",), show)
    panel.taken()
    panel._idle = True
    for _ in range(size if what == "panels elsewhere" else 0):
        hub.screens.join(Client(("ELSEWHERE",)))
    try:
        yield Place(engine, shown)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await store.close()


def _lengthen(path: Path, facts: int) -> None:
    """So many facts of other sessions, as old ones lie there."""
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(journal)")]
        chosen = ", ".join({"session_id": "'old' || i", "seq": "1"}.get(name, f"j.{name}") for name in columns)
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            f" INSERT INTO journal ({', '.join(columns)}) SELECT {chosen}"
            " FROM n, (SELECT * FROM journal LIMIT 1) AS j WHERE i <= ?",
            (max(facts, 1), facts),
        )


_HOUSE = asyncio.Runner()
_UP = AsyncExitStack()
_places: list[Place] = []
"""Of the process of one size: its loop, what is up in it, and the one place."""


def _settle(folder: Path, what: str, size: int) -> None:
    hub_module._LOOK_EVERY = 3_600.0  # what is looked at twice a second is no event's, however long events take here
    _places.append(_HOUSE.run(_UP.enter_async_context(place(folder, what, size))))


def _cost() -> float:
    return _HOUSE.run(_places[0].cost())


def _leave() -> None:
    _HOUSE.run(_UP.aclose())


def measure(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Size and microseconds, of each kind of growth."""
    found = {}
    for what, sizes in SIZES.items():
        costs: dict[int, list[float]] = {size: [] for size in sizes}
        alone = multiprocessing.get_context("spawn")
        homes = {size: ProcessPoolExecutor(1, alone, _settle, (folder, what, size)) for size in sizes}
        for taken in (False, *[True] * ROUNDS):
            for size, home in homes.items():
                cost = home.submit(_cost).result()
                if taken:
                    costs[size].append(cost)
        for home in homes.values():
            home.submit(_leave).result()
            home.shutdown()
        found[what] = [(size, undisturbed(values)) for size, values in costs.items()]
        base, slope = fitted(found[what])
        print(f"{what}: {', '.join(f'{cost:.0f} us with {size}' for size, cost in found[what])}", flush=True)
        grown = slope * max(sizes) / base
        print(f"    fit: {base:.0f} us + {slope * 1e3:.2f} ns for each, {grown:+.0%} with the most", flush=True)
    return found


def undisturbed(costs: Sequence[float]) -> float:
    """The lower quartile."""
    return statistics.quantiles(costs, n=4, method="inclusive")[0]


def fitted(points: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """Base and slope of the straight line that goes best with these, whatever one of them says."""
    pairs = [(other[0] - one[0], other[1] - one[1]) for one, other in combinations(points, 2)]
    left = sum(apart for apart, _ in pairs) / 2
    for slope, apart in sorted((grown / apart, apart) for apart, grown in pairs):  # noqa: B007 - the last one counts
        left -= apart
        if left <= 0:
            break
    return statistics.median(cost - slope * size for size, cost in points), slope


def drawn(found: dict[str, list[tuple[int, float]]]) -> str:
    """One small chart for each kind, all with one scale of cost."""
    most = max(cost for points in found.values() for _, cost in points) * 1.2
    parts = []
    for number, (what, points) in enumerate(found.items()):
        left, top, wide, high = 60 + number % 2 * 340, 40 + number // 2 * 220, 260, 140
        end = max(size for size, _ in points) or 1
        base, slope = fitted(points)

        def at(size: float, cost: float, left: int = left, top: int = top, end: int = end) -> str:
            return f"{left + size / end * 260:.1f},{top + 140 - cost / most * 140:.1f}"

        dots = "".join(
            f'<circle cx="{at(size, cost).split(",")[0]}" cy="{at(size, cost).split(",")[1]}" r="4" fill="#1d70b8"/>'
            for size, cost in points
        )
        parts.append(
            f'<rect x="{left}" y="{top}" width="{wide}" height="{high}" fill="none" stroke="#b1b4b6"/>'
            f'<polyline points="{at(0, base)} {at(end, base + slope * end)}" fill="none" stroke="#d4351c"/>{dots}'
            f'<text x="{left}" y="{top - 8}">{what}</text>'
            f'<text x="{left + wide}" y="{top + high + 16}" text-anchor="end">{end:,}</text>'
            f'<text x="{left}" y="{top + high + 16}">0</text>'
            f'<text x="{left - 6}" y="{top + 10}" text-anchor="end">{most:.0f} us</text>'
            f'<text x="{left - 6}" y="{top + high}" text-anchor="end">0</text>'
        )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 460" font-family="sans-serif" font-size="12">'
        f'<rect width="680" height="460" fill="white"/>{"".join(parts)}</svg>\n'
    )


def main() -> None:
    picture = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    with tempfile.TemporaryDirectory(prefix="vmrd-growth-") as folder:
        picture.write_text(drawn(measure(Path(folder))), encoding="utf-8")
    print(f"drawn in {picture}")


if __name__ == "__main__":
    main()
