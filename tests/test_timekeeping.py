"""Whose time it is where several replicas work on one database, whatever their own clocks say."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from tests.chaos.site import configured
from vmrd import clock, timekeeping
from vmrd.clock import ServerClock, SystemClock
from vmrd.config import Config
from vmrd.lifecycle.words import Instant
from vmrd.store.base import StoreError
from vmrd.timekeeping import clock_with, keep_time

pytestmark = pytest.mark.asyncio

NINE = 1_790_000_000_000


class Gone(Exception):
    """The database has no answer left."""


@dataclass(slots=True)
class Database:
    """Its server reads its clock at the end of each answer, which takes as long as it is told, in seconds.

    After the last answer the database is gone.
    """

    answers: Sequence[float]
    shared: bool = True
    now: float = 500.0
    _given: int = field(default=0)

    async def time(self) -> Instant | None:
        if self._given == len(self.answers):
            raise Gone
        self.now += self.answers[self._given]
        self._given += 1
        return self.server

    @property
    def server(self) -> Instant:
        return NINE + int(self.now * 1_000)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return configured(tmp_path, located=False)


def on(database: Database, monkeypatch: pytest.MonkeyPatch, ahead: int = 0) -> None:
    """Monotonic time is the database's; this machine's own clock is so many milliseconds ahead of it."""
    monkeypatch.setattr(time, "monotonic", lambda: database.now)
    wall = SimpleNamespace(monotonic=lambda: database.now, time_ns=lambda: (database.server + ahead) * 1_000_000)
    monkeypatch.setattr(clock, "time", wall)


async def test_a_replica_with_a_wrong_clock_says_so_and_goes_by_the_servers(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database([0.01])
    on(database, monkeypatch, ahead=90_000)
    with capture_logs() as logged:
        kept = await clock_with(config, database)  # type: ignore[arg-type]
    assert abs(kept.now() - database.server) < 50
    assert [line["event"] for line in logged] == ["clock_apart"]
    assert logged[0]["seconds"] == 90.0


async def test_a_replica_whose_clock_is_right_says_nothing(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database([0.01])
    on(database, monkeypatch)
    with capture_logs() as logged:
        await clock_with(config, database)  # type: ignore[arg-type]
    assert logged == []


async def test_a_replica_whose_database_answered_late_is_not_ahead_of_the_others(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timekeeping, "_LOOK_EVERY", 0.0)
    database = Database([0.01, 40.0])
    on(database, monkeypatch)
    kept = await clock_with(config, database)  # type: ignore[arg-type]
    with capture_logs() as logged, pytest.raises(Gone):
        await keep_time(kept, database)  # type: ignore[arg-type]
    assert isinstance(kept, ServerClock)
    assert abs(kept.now() - database.server) < 50, "by half the time it waited, it would take meetings from the others"
    assert [line["event"] for line in logged] == ["clock_not_looked_at"]


async def test_a_replica_begins_with_a_look_that_was_answered_at_once(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database([8.0, 8.0, 0.01])
    on(database, monkeypatch)
    kept = await clock_with(config, database)  # type: ignore[arg-type]
    assert abs(kept.now() - database.server) < 50


async def test_a_database_that_cannot_say_what_time_it_is_ends_the_start(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database([8.0] * 9)
    on(database, monkeypatch)
    with pytest.raises(StoreError, match="too slowly to say what time it is"):
        await clock_with(config, database)  # type: ignore[arg-type]


async def test_alone_a_daemon_goes_by_its_own_clock(config: Config) -> None:
    database = Database([], shared=False)
    assert isinstance(await clock_with(config, database), SystemClock)  # type: ignore[arg-type]
