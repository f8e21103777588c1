"""A morning by hand: one meeting locked late, one with a phone, one never locked; vmrd saw it and did nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from tests.shadow.played import PHONE, Morning, alias_of, is_open, morning
from vmrd.cli import app
from vmrd.demo import cast
from vmrd.lifecycle.words import OVER, LockState, Phase, Where

pytestmark = pytest.mark.asyncio(loop_scope="module")

LATE, PHONED, NEVER, IDLE = cast.ROOMS
TEN, HALF_PAST = time(10), time(10, 30)


@dataclass(frozen=True, slots=True)
class Told:
    """What was left of the morning once it was over."""

    requests: list[dict[str, Any]]
    sent: dict[str, int]
    refused: int
    booked: dict[str, Any]
    view: dict[str, Any]
    panel: str
    pressed: tuple[int, str]
    joining: tuple[int, str]
    report: dict[str, Any]
    text: str
    csv: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("shadow")
    async with morning(folder) as day:
        booked = await day.book(1001, LATE, TEN, HALF_PAST)
        for number, room in ((1002, PHONED), (1003, NEVER)):
            await day.book(number, room, TEN, HALF_PAST)
        await day.book(1004, IDLE, time(15), time(16))
        await day.until(NEVER, lambda s: s.phase is Phase.READY)
        day.strikes(10)
        await _opened(day, LATE, "Priya Nair")
        await _opened(day, PHONED, "Helen Marsh")
        await _opened(day, NEVER, "Owen Price")
        view = json.loads((await day.get("/v1/sessions"))[1])
        panel = (await day.get(f"/panel/sessions/{view['sessions'][0]['id']}"))[1]
        pressed = await day.press(view["sessions"][0]["id"], "lock", {})
        joining = await day.get(f"/v1/sessions/{view['sessions'][0]['id']}/joining")
        await _locked_late_and_slipped(day)
        await _a_phone_stays_a_while(day)
        await _over(day)
        requests = await day.requests()
        tally = day.vmrd.daemon.observer.tally if day.vmrd.daemon.observer is not None else None
        assert tally is not None
        sent, refused = dict(tally.sent), tally.refused
        report, text, csv = (_report(day, folder, shape) for shape in ("json", "text", "csv"))
    return Told(requests, sent, refused, booked, view, panel, pressed, joining, json.loads(report), text, csv)


async def _opened(day: Morning, room: str, visitor: str) -> None:
    day.visitor_dials(visitor, alias_of(room))
    day.room_opens(room, alias_of(room))
    await day.until(room, is_open)
    await day.until(room, lambda s: len(s.people_inside()) == 1)


async def _locked_late_and_slipped(day: Morning) -> None:
    day.passes(40)
    day.presses(LATE, "*7")
    await day.until(LATE, lambda s: s.lock.state is LockState.LOCKED)
    day.passes(60)
    day.presses(LATE, "*7")
    await day.until(LATE, lambda s: s.lock.state is LockState.LOCKING)
    day.passes(20)
    day.presses(LATE, "*7")
    await day.until(LATE, lambda s: s.lock.state is LockState.LOCKED)


async def _a_phone_stays_a_while(day: Morning) -> None:
    day.presses(PHONED, "*7")
    await day.until(PHONED, lambda s: s.lock.state is LockState.LOCKED)
    day.presses(PHONED, "*7")
    await day.until(PHONED, lambda s: s.lock.state is LockState.LOCKING)
    day.phone_dials(alias_of(PHONED))
    await day.until(PHONED, lambda s: bool(s.exposed))
    day.passes(90)
    day.leaves(PHONE)
    await day.until(PHONED, lambda s: all(s.legs[leg].where is Where.LEFT for leg in s.exposed))
    day.presses(PHONED, "*7")
    await day.until(PHONED, lambda s: s.lock.state is LockState.LOCKED)


async def _over(day: Morning) -> None:
    day.strikes(10, 30)
    for room in (LATE, PHONED):
        day.presses(room, "##")
        await day.until(room, lambda s: s.meeting is None)
    day.strikes(10, 33)
    day.presses(NEVER, "##")
    for room in (LATE, PHONED, NEVER):
        await day.until(room, lambda s: s.phase is Phase.ENDING and s.empty_at is not None)
    day.passes(10)
    for room in (LATE, PHONED, NEVER):
        await day.until(room, lambda s: s.phase in OVER)


def _report(day: Morning, folder: Path, shape: str) -> str:
    file = folder / "vmrd.toml"
    file.write_text("")
    environment = {
        f"VMRD_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in day.values.items()
    }
    done = CliRunner().invoke(
        app,
        ["shadow", "report", "--from", "2026-11-05", "--to", "2026-11-05", "--format", shape, "--config", str(file)],
        env=environment,
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    return done.output


def _meeting(told: Told, room: str) -> dict[str, Any]:
    (found,) = (each for each in told.report["meetings"] if each["room"] == room)
    return dict(found)


async def test_pexip_was_asked_nothing_but_reads_of_the_management_api_all_day(told: Told) -> None:
    asked = [each for each in told.requests if not each["path"].startswith("/mock/")]
    assert asked
    assert {each["method"] for each in asked} == {"GET"}
    assert all(each["path"].startswith("/api/admin/") for each in asked)
    assert told.sent.keys() == {"GET"}
    assert told.refused == 0


async def test_a_meeting_locked_late_is_told_to_the_second(told: Told) -> None:
    late = _meeting(told, LATE)
    assert late["lock_late_seconds"] == 40
    assert (late["unlocked_after"], late["unlocked_seconds"]) == (1, 20)
    assert "vmrd would have asked for the lock at 10:00:00; officers locked at 10:00:40 (+40 s)" in told.text
    assert "unlocked at 10:01:40 for 20 s" in told.text
    assert "locked again 2026-11-05T10:01:40" in late["would_have"]
    assert late["strange_hosts"] == 0, "the prison room itself is no stranger"


async def test_what_vmrd_would_have_done_is_no_more_than_officers_left_undone(told: Told) -> None:
    assert told.report["would_have"] == {"SetLock": 2, "DisconnectLeg": 1}


async def test_a_phone_that_stayed_is_told_with_how_long(told: Told) -> None:
    phoned = _meeting(told, PHONED)
    assert (phoned["phones"], phoned["phone_seconds"]) == (1, 90)
    assert "a phone was inside from 10:02:00 for 1 min 30 s: vmrd would have put it out" in told.text
    assert "vmrd would have put a connection out at 10:02:00" in told.text


async def test_a_meeting_nobody_locked_is_told_and_how_late_it_ended(told: Told) -> None:
    never = _meeting(told, NEVER)
    assert never["never_locked"] is True
    assert never["ended_late_seconds"] == 180
    assert "officers never locked" in told.text


async def test_what_was_booked_and_not_held_is_said(told: Told) -> None:
    assert "booked, and not seen to be held" in told.text
    assert told.report["totals"]["not_seen"] == 1


async def test_the_report_says_what_could_not_be_seen_and_that_nothing_was_sent(told: Told) -> None:
    assert "3 ID check(s), one for each visitor's connection" in told.text
    assert "the prisoner coming and going in 3 meeting(s)" in told.text
    assert "commands sent: 0 (asserted at the transport;" in told.text
    assert "all GET; 0 refused)" in told.text
    assert told.report["commands_sent"] == 0


async def test_the_report_ends_with_what_would_have_been_different(told: Told) -> None:
    _, _, end = told.text.partition("What would have been different\n")
    lines = end.splitlines()
    assert "  - 1 phone(s) would have been put out on sight, not after 90 s" in lines
    assert any("never locked would have had no SECURE light" in line for line in lines)
    assert "  - 3 ID check(s) would have been asked for by name before the light, and written down" in lines


async def test_nobody_is_named_in_any_form_of_the_report(told: Told) -> None:
    said = told.text + told.csv + json.dumps(told.report)
    for secret in ("Nair", "Marsh", "Price", "A1001AA", PHONE, "960123", "clerk"):
        assert secret not in said


async def test_one_row_stands_for_each_booked_meeting(told: Told) -> None:
    head, *rows = told.csv.splitlines()
    assert head.startswith("session,booking,establishment,room,")
    assert len(rows) == 4


async def test_events_told_the_changes_and_the_status_had_little_to_add(told: Told) -> None:
    coverage = told.report["coverage"]
    assert coverage["changes_by_event"] > coverage["changes_only_by_status"]
    assert coverage["blind"] == []


async def test_a_screen_says_shadow_and_offers_no_press_and_no_light(told: Told) -> None:
    for view in told.view["sessions"]:
        assert view["shadow"] is True
        assert view["secure"] is False
        assert view["allowed"] == []
        assert all(leg["allowed"] == [] for leg in view["participants"])
    assert "SHADOW" in told.panel
    assert "data-lit-words" not in told.panel
    assert "SECURE – bring in the prisoner" not in told.panel
    assert 'name="action"' not in told.panel


async def test_a_press_is_refused_in_a_plain_sentence(told: Told) -> None:
    status, said = told.pressed
    assert status == 409
    assert "it only watches" in said


async def test_nobody_is_given_a_link_to_a_meeting_that_does_not_exist(told: Told) -> None:
    assert [each["link"] for each in told.booked["sessionIds"]] == [None]
    assert told.joining[0] == 409
