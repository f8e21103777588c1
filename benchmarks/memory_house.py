"""`python -m benchmarks.memory_house KIND DATABASE`: holds all sessions of a database, and says what they weigh.

KIND `shown`: as vmrd holds them, decoded, on the screens, and known at the door. KIND `plain`: decoded dataclasses in a
list, and nothing else. It prints one line of JSON: resident KiB, sessions, and milliseconds in which the collector
looked at everything, before and after `gc.freeze`. What the rest of the process weighs is asked of an empty database:
the hub fills itself while the house is being opened.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.crowd import KEY
from benchmarks.mock import resident_kb
from tests.web.house import house
from vmrd.store.base import SessionFilter
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import open_for_reading


async def shown(database: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="vmrd-bench-") as folder:
        async with house(Path(folder), store={"path": database, "key": KEY}) as home:
            home.clock.at = int(time.time() * 1_000)
            await home.deps.hub._load()
            while home.deps.hub._again:
                await home.deps.hub._draw(*home.deps.hub._next())
            await home.deps.policy.door.table.fill()
            return _said(len(home.deps.hub._shown))


def plain(database: Path) -> dict[str, Any]:
    with open_for_reading(database, derive_keys(bytes.fromhex(KEY))) as rx:
        sessions = rx.sessions(SessionFilter())
        rx._known._by_id.clear()
        return _said(len(sessions))


def _said(sessions: int) -> dict[str, Any]:
    pause = _pause()
    resident = resident_kb()
    gc.freeze()
    return {"resident": resident, "sessions": sessions, "pause": pause, "frozen": _pause()}


def _pause() -> float:
    began = time.perf_counter()
    gc.collect()
    return (time.perf_counter() - began) * 1e3


if __name__ == "__main__":
    kind, where = sys.argv[1], Path(sys.argv[2])
    print(json.dumps(asyncio.run(shown(where)) if kind == "shown" else plain(where)), flush=True)
