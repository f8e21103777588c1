"""Screens of a day without a browser: who is shown what, and what a machine is told of a day."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from copy import deepcopy

import pytest

from tests.web.house import AUDITOR, BOOKER, MINUTE, OFFICER, START, STRANGER, House, Json, event
from tests.web.test_lost_time import NOTHING, held
from vmrd.lifecycle import inputs as i
from vmrd.store.account import AuditKind, Officer
from vmrd.web.caller import digest

pytestmark = pytest.mark.asyncio

DAY = "2026-11-05"
SCREENS = ("", "/print", "/summary", "/summary.csv", "/summary.json")


async def over(home: House) -> str:
    """A session whose link is dead too, opened four minutes late and locked six minutes after that."""
    session = await held(home, 4, 6)
    await home.tell(session, i.VmrDeleted(1))
    home.clock.at += 5 * MINUTE
    await home.tell(session, i.WakeUp())
    await home.tell(session, i.AliasProbed(1, 0, 2))
    return session


async def told(home: House, accept: str, query: str = f"?date={DAY}", token: str = AUDITOR) -> str:
    answer = await home.get(f"/panel/summary{query}", token, Accept=accept)
    assert (answer.status, answer.content_type) == (200, accept), await answer.text()
    return await answer.text()


async def test_a_machine_is_told_what_a_day_came_to_as_it_asks(home: House) -> None:
    await over(home)
    answer = await home.get(f"/panel/summary?establishment=MDI&date={DAY}", AUDITOR, Accept="application/json")
    summary: Json = await answer.json()
    assert (summary["date"], summary["establishments"], summary["openedLate"]) == (DAY, ["MDI"], 1)
    assert summary["minutesLost"] == {**NOTHING, "lateOpen": 4, "idCheck": 6}
    meeting = next(each for each in summary["meetings"] if each["segment"] == "main")
    assert (meeting["toConfirm"], meeting["confirmedBy"], meeting["minutesLost"]["lateOpen"]) == (True, None, 4)
    rows = list(csv.DictReader(io.StringIO(await told(home, "text/csv"))))
    main = next(row for row in rows if row["segment"] == "main")
    assert (main["phase"], main["late_open"], main["id_check"], main["to_confirm"]) == ("ended", "4", "6", "true")
    assert "A1234AA" not in await told(home, "text/csv") + await answer.text()
    assert "A1234AA" in await told(home, "text/html")
    for form, kind in (("csv", "text/csv"), ("json", "application/json")):
        answer = await home.get(f"/panel/summary.{form}?date={DAY}", AUDITOR, Accept="text/html,*/*")
        assert (answer.status, answer.content_type) == (200, kind)


async def test_a_journal_that_cannot_be_read_is_said_and_the_others_are_summed(home: House) -> None:
    broken = await held(home, 4, 6)
    with closing(sqlite3.connect(home.deps.config.store.path)) as database:
        database.execute("UPDATE journal SET body = 'x' WHERE session_id = ?", (broken,))
        database.commit()
    assert "The journal cannot be read." in await told(home, "text/html")
    answer = await home.get(f"/panel/summary.json?date={DAY}", AUDITOR)
    [meeting] = [each for each in (await answer.json())["meetings"] if each["session"] == broken]
    assert (meeting["unreadable"], meeting["minutesLost"]) == (True, None)
    record = await home.get(f"/panel/sessions/{broken}/record")
    assert (record.status, "Call support" in await record.text()) == (500, True)


async def test_no_cell_is_a_formula(home: House) -> None:
    session = await over(home)
    clever = Officer("=1+1", "officer", ("MDI",), None, digest("token-of-the-clever"))
    await home.store.write([], lambda tx: tx.put_officer(clever))
    assert (await home.press(session, "confirm-outcome", {}, "token-of-the-clever")).status == 202
    rows = list(csv.DictReader(io.StringIO(await told(home, "text/csv"))))
    assert [row["confirmed_by"] for row in rows if row["session"] == session] == ["'=1+1"]


async def test_another_prison_is_not_there_and_its_meetings_are_not_listed(home: House) -> None:
    session = (await home.booked())["main"]
    for screen in SCREENS:
        assert (await home.get(f"/panel{screen}?establishment=MDI&date={DAY}", STRANGER)).status == 404, screen
        own = await home.get(f"/panel{screen}?date={DAY}", STRANGER)
        assert own.status == 200
        assert session not in await own.text()
    assert (await home.get(f"/panel/sessions/{session}/record", STRANGER)).status == 404
    assert (await home.get(f"/panel/sessions/{session}/record")).status == 200


async def test_who_may_not_watch_has_none_of_these_screens(home: House) -> None:
    for screen in (*SCREENS, "/shift"):
        assert (await home.get(f"/panel{screen}", BOOKER)).status == 403, screen


@pytest.mark.parametrize(
    "query",
    ["?date=2026-02-30", "?date=5.11.2026", "?date=1066-10-14", "?establishment=a%26b", "?establishment=%3Cb%3E"],
)
async def test_a_day_or_prison_that_cannot_be_is_not_there(home: House, query: str) -> None:
    for screen in SCREENS:
        assert (await home.get(f"/panel{screen}{query}")).status == 404, screen


async def test_a_day_that_the_clocks_change_on_and_the_last_of_the_century_can_be_asked_for(home: House) -> None:
    for date in ("2026-10-25", "2099-12-31", "2000-01-01"):
        assert (await home.get(f"/panel?date={date}")).status == 200


async def test_names_that_are_html_are_text_on_paper(home: House) -> None:
    home.clock.at = START - 30 * MINUTE
    people = deepcopy(event()["booking"]["attendees"])
    people[0]["displayName"] = "<script>alert(1)</script>"
    await home.booked(attendees=people)
    page = await (await home.get(f"/panel/print?date={DAY}")).text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_taking_over_is_for_officers_from_our_own_page(home: House) -> None:
    async def taken(token: str, **headers: str) -> int:
        said = {"Authorization": f"Bearer {token}", **headers}
        return (await home.client.post("/panel/shift", headers=said, allow_redirects=False)).status

    assert await taken(OFFICER, Origin="https://elsewhere.example.org") == 403
    assert await taken(AUDITOR) == 403
    assert (await home.client.post("/panel/shift", allow_redirects=False)).headers["Location"] == "/sign-in?next=/shift"
    assert await taken(OFFICER) == 303
    entries = await home.store.read(lambda rx: rx.audit(10))
    assert [each.kind for each in entries] == [AuditKind.TOOK_OVER]
