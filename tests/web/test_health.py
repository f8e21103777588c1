"""What ops and orchestrators are told: whether vmrd serves, and what of it is away."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from tests.web.house import MINUTE, House, leg, soon
from vmrd.health import State, Status

pytestmark = pytest.mark.asyncio


async def ready(home: House) -> tuple[int, str, dict[str, Any]]:
    answer = await home.ops.get("/readyz")
    body = await answer.json()
    return answer.status, body["status"], body["parts"]


def down(parts: dict[str, Any]) -> set[str]:
    return {name for name, part in parts.items() if part["status"] == "down"}


async def test_all_is_well(home: House) -> None:
    status, said, parts = await ready(home)
    assert (status, said, down(parts)) == (200, "ready", set())
    assert {"store", "loops", "pexipManagement", "pexipNodes", "meetings", "outbox-live", "outbox-mail"} <= parts.keys()
    answer = await home.ops.get("/health")
    body = await answer.json()
    assert (answer.status, body["status"], body["degraded"]) == (200, "UP", False)
    assert {part["status"] for part in body["components"].values()} == {"UP"}


async def test_a_pexip_that_is_away_is_degraded_as_a_restart_would_not_help(home: House) -> None:
    home.pexip.outcome = "lost"
    await home.pexip.answer()
    assert (await ready(home))[1] == "ready"  # one answer that got lost
    await home.pexip.answer()
    home.pexip.nodes_away = 1
    status, said, parts = await ready(home)
    assert (status, said, down(parts)) == (200, "degraded", {"pexipManagement", "pexipNodes"})
    assert parts["pexipNodes"] == {"status": "down", "nodes": 2, "away": 1}
    answer = await home.ops.get("/health")
    body = await answer.json()
    assert (answer.status, body["status"], body["degraded"]) == (200, "UP", True)
    assert body["components"]["pexipManagement"] == {"status": "DOWN"}
    home.pexip.outcome, home.pexip.nodes_away = "refused", 0  # a refusal is an answer
    await home.pexip.answer()
    assert (await ready(home))[1] == "ready"


async def test_a_database_that_is_gone_is_not_ready(home: House) -> None:
    home.deps.config.store.path.unlink()
    status, said, parts = await ready(home)
    assert (status, said, down(parts)) == (503, "not-ready", {"store"})
    assert (await (await home.ops.get("/health")).json())["status"] == "DOWN"
    assert (await home.ops.get("/health/readiness")).status == 503
    for path in ("/healthz", "/health/liveness", "/health/ping"):
        assert (await home.ops.get(path)).status == 200, path


async def test_a_store_that_hangs_is_not_ready_and_the_answer_comes_all_the_same(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vmrd.health._ANSWERS_WITHIN", 0.05)
    release = threading.Event()
    hung = [asyncio.ensure_future(home.store.read(lambda _rx: release.wait())) for _ in range(3)]
    try:
        assert (await soon(ready(home)))[:2] == (503, "not-ready")
    finally:
        release.set()
        await asyncio.gather(*hung)


async def test_a_loop_of_ours_that_stands_still_is_not_ready(home: House) -> None:
    home.pexip.loops = False
    status, _, parts = await ready(home)
    assert (status, down(parts)) == (503, {"loops"})


async def test_a_running_meeting_that_nobody_reads_is_told_by_number(home: House) -> None:
    await home.opened(leg("B Advocate"))
    assert (await ready(home))[2]["meetings"] == {"status": "up", "running": 1, "unseen": 0, "unwatched": 0}
    home.monotonic[0] += 60
    _, said, parts = await ready(home)
    assert said == "degraded"
    assert parts["meetings"] == {"status": "down", "running": 1, "unseen": 1, "unwatched": 0}


async def test_more_meetings_than_can_be_looked_at_are_degraded_though_none_runs_yet(home: House) -> None:
    home.pexip.unwatched = 7
    status, said, parts = await ready(home)
    assert (status, said, down(parts)) == (200, "degraded", {"meetings"})
    assert parts["meetings"] == {"status": "down", "running": 0, "unseen": 0, "unwatched": 7}


async def test_commands_that_wait_too_long_are_told_by_lane(home: House) -> None:
    await home.booked()
    assert (await ready(home))[1] == "ready"
    home.clock.at += 61 * MINUTE
    _, said, parts = await ready(home)
    assert said == "degraded"
    assert down(parts) == {"outbox-provisioning", "outbox-notify"}
    assert parts["outbox-notify"]["oldestSeconds"] == 61 * 60


async def test_info_names_the_build_and_the_establishments(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_REF", raising=False)
    body = await (await home.ops.get("/info")).json()
    assert body["activeAgencies"] == ["BAI", "HII", "MDI"]
    assert body["build"]["name"] == "vmrd"
    assert "git" not in body
    monkeypatch.setenv("GIT_REF", "0123abc")
    assert (await (await home.ops.get("/info")).json())["git"] == {"commit": {"id": "0123abc"}}
    monkeypatch.setenv("GIT_REF", "a token, by mistake")
    assert "mistake" not in await (await home.ops.get("/info")).text()


async def test_nothing_of_a_booking_or_a_person_is_in_any_of_it(home: House) -> None:
    session = await home.opened(leg("B Advocate"))
    home.pexip.nodes_away = 2
    for path in ("/readyz", "/health", "/info"):
        text = await (await home.ops.get(path)).text()
        for canary in (
            session,
            "Advocate",
            "bvls",
            "pexip.example.org",
            "node.example.org",
            str(home.deps.config.store),
        ):
            assert canary not in text, path


async def test_a_management_node_nobody_asks_is_asked(home: House) -> None:
    health = home.health
    await health.pulse()
    assert home.pexip.asked == 0  # somebody asked a moment ago
    home.pexip.management._asked_at -= 31
    home.pexip.outcome = "unsent"
    await health.pulse()
    assert home.pexip.asked == 1
    await home.pexip.answer()
    await health.pulse()  # and again while it is away
    assert home.pexip.asked == 3
    state: State = await health.look()
    assert state.status is Status.DEGRADED
    assert state.sentence == "degraded; down: pexipManagement"
