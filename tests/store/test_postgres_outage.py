"""A database that goes away or only reads while a daemon runs: dark and said, without a new start, and well again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.postgres import AWAY, FULL, PASSWORD, READS, Postgres
from vmrd.demo.cast import PRIVATE
from vmrd.demo.officer import NotShown
from vmrd.demo.stage import Plan, stage
from vmrd.health import Status
from vmrd.store import timed

pytestmark = pytest.mark.asyncio

PATIENCE = 30.0
_NO_ROOM = "the database refused: its disk is full"


def _said(logs: list[EventDict], event: str) -> int:
    return sum(line["event"] == event for line in logs)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_lights_go_dark_and_come_back_with_the_database_and_the_daemon_stays(
    postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    monkeypatch.setattr(timed, "_DOUBTED_FOR", PATIENCE)
    database = replace(postgres_server.empty(), password=None)
    with capture_logs() as logs:
        async with stage(Plan(database=database)) as built:
            officer, running = built.players.officers[PRIVATE.room], built.vmrd
            eyes, health = running.daemon.eyes, running.daemon.health
            for said, how in enumerate((READS, AWAY)):
                await officer.until(lambda seen: seen.secure)
                await asyncio.to_thread(postgres_server.lose, database, how)
                await _until(lambda: eyes.left(officer.session, 8_000) == 0)
                assert (await health.look()).status is Status.NOT_READY
                await asyncio.to_thread(postgres_server.find, database, how)
                await _until(lambda said=said: _said(logs, "store_back") > said)  # type: ignore[misc]
            await officer.until(lambda seen: seen.secure)
            # A full disk still answers and commits what is empty.
            await asyncio.to_thread(postgres_server.run_in, database, FULL[0])
            with pytest.raises(NotShown, match=r"503.*not done and not written down"):
                await officer.press("prisoner-out")
            assert (await health.look()).status is Status.NOT_READY
            await asyncio.to_thread(postgres_server.run_in, database, FULL[1])
            monkeypatch.setattr(timed, "_DOUBTED_FOR", 0.0)
            await _until(lambda: running.daemon.store.keeps)
            assert (await health.look()).status is not Status.NOT_READY
            await officer.until(lambda seen: seen.secure)
            assert not running.work.done()
    assert [str(line["error"]) for line in logs if line["event"] == "store_away"][2:] in ([], [_NO_ROOM])
