"""`vmrd demo`: the story is confirmed by Pexip's own account, and turns red when any operation of Pexip is broken."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.system.demo_process import run, running
from vmrd.demo.run import WrongOption, planned

HEADLESS = ("--story", "consultation", "--headless", "--exit")
SUMMARY = re.compile(r"story consultation: (\d+) steps confirmed by Pexip, (\d+) not")


def test_the_story_is_confirmed_and_nothing_is_left_behind(tmp_path: Path) -> None:
    ended = run(tmp_path, *HEADLESS)

    assert ended.code == 0, ended.err[-3:]
    summary = SUMMARY.fullmatch(ended.out[-1])
    assert summary is not None
    assert int(summary[1]) >= 20
    assert summary[2] == "0"
    assert [line[:3] for line in ended.err] == ["ok "] * int(summary[1])
    assert len(ended.out) == 2
    assert list(tmp_path.iterdir()) == []


def test_the_first_line_says_where_everything_is(tmp_path: Path) -> None:
    with running(tmp_path, "--story", "none", "--json") as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        asyncio.run(_look_around(told))
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


async def _look_around(told: Mapping[str, Any]) -> None:
    """Every address answers, both tokens are good, and the board shows four rooms in four states."""
    assert set(told["bookings"]) == {"url", "secret"}
    pexip = told["pexip"]
    async with aiohttp.ClientSession(raise_for_status=True) as http:
        for who in ("officer", "supervisor"):
            headers = {"Authorization": f"Bearer {told[who]['token']}"}
            board = await _board(http, f"{told['api']}/v1/sessions", headers)
            assert [name for name, view in board.items() if view["secure"]] == ["Video room 2"]
            assert {name: view["phase"] for name, view in board.items()} == {
                "Video room 1": "ready",
                "Video room 2": "private",
                "Video room 3": "ready",
                "Video room 4": "planned",
            }
        for path in ("metrics", "healthz", "readyz"):
            async with http.get(f"{told['ops']}/{path}") as answer:
                assert answer.status == 200
        async with http.get(f"{told['mock']}/mock/v1/state") as answer:
            assert len((await answer.json())["vmrs"]) == 3
        basic = base64.b64encode(f"{pexip['user']}:{pexip['password']}".encode()).decode()
        async with http.get(
            f"{pexip['management']}/api/admin/configuration/v1/conference/",
            headers={"Authorization": f"Basic {basic}"},
        ) as answer:
            assert answer.status == 200
        for node in pexip["nodes"]:
            async with http.get(f"{node}/api/client/v2/status") as answer:
                assert answer.status == 200


async def _board(http: aiohttp.ClientSession, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The day's sessions by room, once those who dialled are seen to wait."""
    async with asyncio.timeout(15):
        while True:
            async with http.get(url, headers=headers) as answer:
                board = {view["roomName"]: view for view in (await answer.json())["sessions"]}
            if _waiting(board["Video room 1"]) == ["browser"] * 3 + ["phone"] and _waiting(board["Video room 3"]):
                return board


def _waiting(view: Mapping[str, Any]) -> list[str]:
    return sorted(each["kind"] for each in view["participants"] if each["where"] == "waiting")


def test_on_a_terminal_few_plain_lines_and_a_link_that_signs_in(tmp_path: Path) -> None:
    terminal, theirs = os.openpty()
    try:
        with running(tmp_path, out=theirs):
            lines: list[str] = []
            while not any("Ctrl+C" in line for line in lines):
                lines += os.read(terminal, 65_536).decode().splitlines()
            assert len(lines) <= 8
            link = re.search(r"http://\S+/sign-in/demo\S+", "\n".join(lines))
            assert link is not None
            asyncio.run(_sign_in_and_see_the_story_begin(link[0]))
    finally:
        os.close(theirs)
        os.close(terminal)


async def _sign_in_and_see_the_story_begin(link: str) -> None:
    """One click shows the board with the story's controls, and the story starts."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, raise_for_status=True) as http:
        async with http.get(link) as page:
            text = await page.text()
            assert "Video room 2" in text
            assert 'id="demo-controls"' in text
            panel = page.url
        async with asyncio.timeout(30):
            while "Play it for me" not in text:
                async with http.get(panel.with_path("/panel/demo")) as fragment:
                    text = await fragment.text()
        assert "Press Refuse" in text or "press Refuse" in text


@pytest.mark.parametrize(
    ("operation", "step"),
    [
        ("refuse", "is refused"),
        ("disconnect", "is refused"),
        ("start_conference", "Open:"),
        ("lock", "Lock:"),
        ("admit", "alone is let in"),
        ("re-lock", "locks it again"),
        ("end", "End:"),
        ("delete", "is deleted"),
    ],
)
def test_a_broken_operation_turns_the_story_red(operation: str, step: str, tmp_path: Path) -> None:
    ended = run(tmp_path, *HEADLESS, "--fault", operation)

    assert ended.code == 1
    summary = SUMMARY.fullmatch(ended.out[-1])
    assert summary is not None
    assert int(summary[2]) >= 1
    assert len(ended.refuted) == 1
    assert step in ended.refuted[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"story": "hearing"}, "consultation, booking, tamper, outage or none"),
        ({"fault": "coffee"}, "start_conference"),
        ({"database": "mysql://localhost/vmrd"}, "mysql is no store"),
        ({"database": "postgresql://localhost/vmrd", "story": "tamper"}, "takes an SQLite file apart"),
        ({"database": __file__}, "begins with a new one"),
        ({"database": "sqlite:////no/such/folder/vmrd.db"}, "no such folder"),
    ],
)
def test_an_option_that_cannot_be_says_what_can(option: dict[str, str], told: str) -> None:
    options: dict[str, Any] = {"headless": True, "story": "none", "fault": None, "port": 0, "database": None}
    with pytest.raises(WrongOption, match=told):
        planned(**options | option)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (None, "No such file"),
        ("coffee = true", "no knob 'coffee'"),
        ("dtmf_controls = 1", "cannot take"),
        ("dtmf_controls", "--platform: "),
    ],
)
def test_a_platform_that_cannot_be_is_an_error_of_usage(written: str | None, told: str, tmp_path: Path) -> None:
    file = tmp_path / "platform.toml"
    if written is not None:
        file.write_text(written, "utf-8")
    options: dict[str, Any] = {"headless": True, "story": "none", "fault": None, "port": 0, "database": None}
    with pytest.raises(WrongOption, match=told):
        planned(**options, platform=file)


@pytest.mark.parametrize("headless", [True, False])
def test_a_platform_is_the_usual_one_but_for_what_the_file_turns(headless: bool, tmp_path: Path) -> None:
    file = tmp_path / "platform.toml"
    file.write_text("dtmf_controls = false\nstatus_lag_s = 3\n", "utf-8")
    options: dict[str, Any] = {"headless": headless, "story": "none", "fault": None, "port": 0, "database": None}
    usual, turned = planned(**options).knobs, planned(**options, platform=file).knobs
    assert turned == usual.changed({"dtmf_controls": False, "status_lag_s": 3.0}) != usual


def test_a_wrong_option_is_an_error_of_usage(tmp_path: Path) -> None:
    ended = run(tmp_path, "--story", "hearing")

    assert ended.code == 2
    assert ended.out == []
    assert ended.err == ["--story: consultation, booking, tamper, outage or none"]


def test_a_named_database_is_kept_with_its_key(tmp_path: Path) -> None:
    kept, temporary = tmp_path / "kept", tmp_path / "temporary"
    kept.mkdir()
    temporary.mkdir()

    ended = run(temporary, "--story", "none", "--exit", "--database", f"sqlite:///{kept}/vmrd.db")

    assert ended.code == 0
    assert {"vmrd.db", "vmrd.db.key"} <= {path.name for path in kept.iterdir()}
    assert (kept / "vmrd.db.key").stat().st_mode & 0o777 == 0o600
    assert list(temporary.iterdir()) == []
