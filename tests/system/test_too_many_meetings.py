"""Three meetings run and one vmrd may look at two: the third is dark on the officers' screens, rings, and says why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from benchmarks.estate import TOKEN, build, code_of, session_of, values
from benchmarks.estate_mock import Platform
from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from vmrd import serve
from vmrd.config import from_values
from vmrd.daemon import Daemon
from vmrd.health import Status
from vmrd.lifecycle.inputs import PrisonerOut
from vmrd.lifecycle.rules import Rules

pytestmark = pytest.mark.asyncio
MEETINGS, LIMIT, PASSED_OVER = 3, 2, 1


@dataclass(frozen=True)
class House:
    """A whole vmrd and its API."""

    daemon: Daemon
    api: str
    http: aiohttp.ClientSession

    async def view(self, number: int) -> dict[str, Any]:
        async with self.http.get(f"{self.api}/v1/sessions/{session_of(number)}") as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def rings(self, number: int) -> bool:
        return bool((await self.view(number))["alerts"])

    async def lit(self, number: int) -> bool:
        return bool((await self.view(number))["secure"])


@asynccontextmanager
async def too_many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Of three meetings one is without its prisoner, so that it is the least urgent. Its alarm waits for nothing."""
    async with MockServer(Knobs.fast().changed({"token_ttl_s": 7_200.0}), seed=1) as server:
        platform = Platform(server)
        for number in range(MEETINGS):
            platform.run(number)
        said: dict[str, Any] = platform.said()
        configured = values(folder, said, MEETINGS)
        configured["pexip"]["meetings_at_most"] = LIMIT
        config = from_values(configured)
        await build(folder, said, range(0), 0, config)
        run = Daemon.run

        async def impatient(daemon: Daemon) -> None:
            rules = daemon.engine.rules
            quick = replace(rules(code_of(PASSED_OVER)), eyes_fresh_for=0, blind_alarm_after=0)

            def in_force(code: str) -> Rules:
                return quick if code == code_of(PASSED_OVER) else rules(code)

            daemon.engine.rules = in_force
            await daemon.engine.submit(session_of(PASSED_OVER), PrisonerOut("k.shah"))
            await run(daemon)

        monkeypatch.setattr(Daemon, "run", impatient)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with serve.running(config) as vmrd, aiohttp.ClientSession(headers=headers) as http:
            yield House(vmrd.daemon, vmrd.api, http)


async def until(holds: Any) -> None:
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110  # each try is a request
            await asyncio.sleep(0.02)


async def test_a_meeting_nobody_looks_at_rings_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with too_many(tmp_path, monkeypatch) as house:
        await until(lambda: house.rings(PASSED_OVER))
        view = await house.view(PASSED_OVER)
        assert [alert["code"] for alert in view["alerts"]] == ["unwatched"]
        assert view["alerts"][0]["text"].startswith("vmrd is not watching this room: it has more meetings than it can")
        assert (view["secure"], view["secureUntil"], view["darkBecause"]) == (False, None, "blind")
        for number in {0, 1, 2} - {PASSED_OVER}:
            await until(lambda number=number: house.lit(number))  # type: ignore[misc]
            assert not await house.rings(number)
        state = await house.daemon.health.look()
        (part,) = (part for part in state.parts if part.name == "meetings")
        assert (state.status, part.up, part.figures["unwatched"]) == (Status.DEGRADED, False, 1)


async def test_a_meeting_gets_its_light_when_another_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with too_many(tmp_path, monkeypatch) as house:
        await until(lambda: house.rings(PASSED_OVER))
        for action in ("prisoner-out", "end"):
            async with house.http.post(f"{house.api}/v1/sessions/{session_of(0)}/{action}", json={}) as answer:
                assert answer.status == 202, await answer.text()

        async def quiet() -> bool:
            return not await house.rings(PASSED_OVER)

        await until(quiet)
        assert house.daemon.eyes.watched(session_of(PASSED_OVER))
