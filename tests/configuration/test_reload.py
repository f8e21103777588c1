"""A running vmrd told to read its configuration again: all of it is in force, or nothing, and the log says why."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.crash.house import SECRET, House, house
from tests.crash.story import booking
from tests.settings import least
from vmrd.config import Config, from_values
from vmrd.reload import needs_restart

OTHER_SECRET = "whsec_YW5vdGhlci1zaWduaW5nLWtleS1vZi1hLXRlc3Q="


async def reloaded(vmrd: House, **swaps: str) -> list[dict[str, Any]]:
    """The log's lines since the configuration was changed this way and SIGHUP was sent, up to what came of it."""
    file, log = vmrd.folder / "vmrd.toml", vmrd.folder / "log-1.txt"
    text = file.read_text()
    for old, new in swaps.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    before = len(log.read_text().splitlines())
    assert vmrd.process is not None
    assert vmrd.process.pid is not None
    os.kill(vmrd.process.pid, signal.SIGHUP)

    async def said() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in log.read_text().splitlines()[before:]]
        lines = [line for line in lines if line["event"].startswith("config_")]
        return lines if any(line["event"] in ("config_reloaded", "config_not_reloaded") for line in lines) else []

    found: list[dict[str, Any]] = await vmrd.until(said, "the log says what came of it")
    return found


async def play(folder: Path) -> None:
    async with house(folder, seed=1) as vmrd:
        file = folder / "vmrd.toml"
        file.write_text(file.read_text().replace("[timing]", "[timing]\nopen_before = 900"))
        await vmrd.begin()
        status, answer = await vmrd.book(booking())
        assert status == 202, answer
        session = answer["sessionIds"][0]["sessionId"]

        async def seen(holds: Any) -> bool:
            return bool(holds((await vmrd.api("GET", f"/v1/sessions/{session}"))[1]))

        await vmrd.until(lambda: seen(lambda view: view["phase"] == "ready"), "ready")
        early, _ = await vmrd.api("POST", f"/v1/sessions/{session}/open")

        broken = await reloaded(
            vmrd, **{"open_before = 900": "open_befor = 1800", "probe_after = 0.2": "probe_after = -1"}
        )
        faults = [line["what"] for line in broken if line["event"] == "config_fault"]
        assert [fault.partition(" (line")[0] for fault in faults] == [
            "timing.probe_after: must be at least 0",
            "timing.open_befor: is no key of vmrd: did you mean open_before?",
        ]
        assert "vmrd_config_reload_failed 1.0" in await vmrd.metrics()

        half = await reloaded(
            vmrd,
            **{
                "open_befor = 1800": "open_before = 1800",
                "probe_after = -1": "probe_after = 0.2",
                'user = "admin"': 'user = "other"',
            },
        )
        faults = [line["what"] for line in half if line["event"] == "config_fault"]
        assert faults == ["pexip.user: has changed and needs a restart; nothing of the new configuration is in force"]
        still_early, _ = await vmrd.api("POST", f"/v1/sessions/{session}/open")
        assert (early, still_early) == (409, 409)

        # Nobody has come and the clock stands still: only the new rule brings vmrd in, twenty minutes before the start.
        good = await reloaded(
            vmrd, **{'user = "other"': 'user = "admin"', SECRET: OTHER_SECRET, "HMP Example": "HMP Example, new name"}
        )
        assert [line["event"] for line in good] == ["config_reloaded"]
        assert "vmrd_config_reload_failed 0.0" in await vmrd.metrics()
        own = lambda view: any(each["kind"] == "own" for each in view["participants"])  # noqa: E731
        await vmrd.until(lambda: seen(own), "vmrd is there by the new rule")
        await vmrd.until(lambda: seen(lambda view: view["establishmentName"] == "HMP Example, new name"), "its name")
        former_key, _ = await vmrd.book(booking())
        assert former_key == 401
        in_time, _ = await vmrd.api("POST", f"/v1/sessions/{session}/open")
        assert in_time == 202


def test_a_timing_changes_for_a_live_session_and_a_faulty_file_changes_nothing(tmp_path: Path) -> None:
    asyncio.run(play(tmp_path))


def configured(**changes: dict[str, object] | object) -> Config:
    return from_values(least(**changes))


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, []),
        ({"log_level": "debug", "timing": {"end_grace": 60}, "retention": {"personal": 10}}, []),
        ({"establishments": [{"code": "MDI", "name": "Another name", "opening": "locked-first"}]}, []),
        ({"establishments": [{"code": "MDI", "name": "HMP Example", "rooms": [{"key": "1", "name": "One more"}]}]}, []),
        ({"senders": [{"system": "desk", "token": "t" * 32}]}, []),
        ({"establishments": [{"code": "BAI", "name": "HMP Example"}]}, ["establishments"]),
        ({"listen": {"port": 8081}, "demo": True}, ["demo", "listen.port"]),
        ({"policy": {"password": "new"}}, ["policy.password"]),
        ({"policy": {"protocols": ["sip"]}}, []),
        ({"smtp": {"host": "mail.example.org", "sender": "links@vmrd.example.org"}}, ["smtp"]),
        ({"store": {"path": "other.db", "key": "5b" * 32}}, ["store.path", "store.key"]),
    ],
    ids=str,
)
def test_what_takes_a_restart_is_named_by_its_key(changes: dict[str, object], keys: list[str]) -> None:
    assert sorted(needs_restart(configured(), configured(**changes))) == sorted(keys)
