"""An event costs SQLite what it costs, however much of other things there is: counted in steps of its machine, which
no other work on this machine changes. What it costs in time is `python -m benchmarks.growth`."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from benchmarks import growth

EVENTS = 10
PER_CALL = 10
"""Steps of SQLite's machine from one call of the counter to the next."""
FEW_MORE = 1.02


async def steps(folder: Path, what: str, size: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Of so many events, wherever they are read or written."""
    counted = 0
    connect = sqlite3.connect

    def count() -> None:
        nonlocal counted
        counted += PER_CALL

    def counting(*given: object, **named: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*given, **named)  # type: ignore[call-overload]
        connection.set_progress_handler(count, PER_CALL)
        return connection

    with monkeypatch.context() as patched:
        patched.setattr("vmrd.store.connection.sqlite3.connect", counting)
        async with growth.place(folder, what, size) as there:
            await there.event()
            counted = 0
            for _ in range(EVENTS):
                await there.event()
            return counted


@pytest.mark.asyncio
@pytest.mark.parametrize(("what", "few", "many"), [("sessions", 10, 1_000), ("journal of others", 10, 5_000)])
async def test_an_event_takes_no_more_steps_with_more_of_others(
    what: str, few: int, many: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await steps(tmp_path, what, many, monkeypatch) <= FEW_MORE * await steps(tmp_path, what, few, monkeypatch)
