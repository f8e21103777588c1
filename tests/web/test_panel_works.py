"""Works as forms: what is wrong is said in the form, meetings that are hit are named before anything is saved."""

from __future__ import annotations

import re

import pytest

from tests.web.house import OFFICER, STRANGER, SUPERVISOR, House, Json
from tests.web.test_works import PATH

pytestmark = pytest.mark.asyncio
FORM = {
    "kind": "maintenance",
    "rooms": "MDI-VCC-1",
    "from_date": "2026-11-05",
    "from_time": "08:00",
    "to_date": "2026-11-05",
    "to_time": "12:00",
    "supplier": "Sample Cabling Ltd",
    "visit_lead": "",
    "note": "<b>North gate",
    "consent": "requested",
}


async def send(home: House, path: str, fields: dict[str, str], token: str = SUPERVISOR) -> tuple[int, str]:
    """The status, and where it leads or the page."""
    answer = await home.client.post(
        f"/panel/works/{path}", data=fields, headers={"Authorization": f"Bearer {token}"}, allow_redirects=False
    )
    return answer.status, answer.headers.get("Location") or await answer.text()


async def page(home: House, path: str, token: str = SUPERVISOR) -> tuple[int, str]:
    answer = await home.get(f"/panel/works{path}", token)
    return answer.status, await answer.text()


async def windows(home: House) -> list[Json]:
    listed = await home.get(PATH, SUPERVISOR)
    found: list[Json] = (await listed.json())["works"]
    return found


async def saved(home: House, **changes: str) -> Json:
    assert await send(home, "MDI", FORM | changes) == (303, "/panel/works")
    [window] = await windows(home)
    return window


async def test_a_form_makes_the_window_the_api_would(home: House) -> None:
    window = await saved(home)
    assert (window["kind"], window["rooms"], window["from"], window["to"]) == (
        "maintenance",
        ["MDI-VCC-1"],
        "2026-11-05T08:00",
        "2026-11-05T12:00",
    )
    assert (window["supplier"], window["visitLead"], window["note"]) == ("Sample Cabling Ltd", None, "<b>North gate")
    assert [each["by"] for each in window["history"]] == ["s.upervisor"]
    _, text = await page(home, "")
    assert "Thursday 5 November 2026, 08:00 to 12:00" in text
    assert "&lt;b&gt;North gate" in text


async def test_a_form_sent_twice_makes_one_window(home: House) -> None:
    for _ in range(2):
        await saved(home, key="the-key-of-this-form")


async def test_everything_wrong_is_said_at_once_and_what_was_typed_stays(home: House) -> None:
    status, text = await send(home, "MDI", {"note": "kept", "consent": "requested", "to_date": "2026-11-05"})
    assert status == 422
    for words in ("what is done there", "at least one room", "time it begins", "time it ends"):
        assert words in text
    assert "kept</textarea>" in text
    assert 'value="2026-11-05"' in text
    assert await windows(home) == []


async def test_works_that_end_before_they_begin_are_said_to(home: House) -> None:
    status, text = await send(home, "MDI", FORM | {"from_time": "12:30"})
    assert (status, "Works end after they begin." in text) == (422, True)


async def test_meetings_that_are_hit_are_named_before_anything_is_saved(home: House) -> None:
    session = (await home.booked())["main"]
    agreed = FORM | {"consent": "agreed"}
    status, text = await send(home, "MDI", agreed)
    assert status == 409
    assert f'href="/panel/sessions/{session}"' in text
    assert "Nothing is saved yet" in text
    assert await windows(home) == []
    named = re.findall(r'name="confirm" value="([^"]+)"', text)
    assert session in named
    pairs = [*agreed.items(), *(("confirm", each) for each in named)]
    answer = await home.client.post(
        "/panel/works/MDI", data=pairs, headers={"Authorization": f"Bearer {SUPERVISOR}"}, allow_redirects=False
    )
    assert answer.status == 303
    [window] = await windows(home)
    assert window["blocks"]
    _, text = await page(home, f"/MDI/{window['id']}")
    assert "have no room because of it" in text


async def test_a_window_is_changed_only_as_it_was_looked_at(home: House) -> None:
    window = await saved(home)
    path = f"MDI/{window['id']}"
    assert (await send(home, path, FORM | {"seen": "1", "to_time": "13:00"}))[0] == 303
    assert (await windows(home))[0]["to"] == "2026-11-05T13:00"
    status, text = await send(home, path, FORM | {"seen": "1", "to_time": "14:00"})
    assert (status, "Somebody changed these works" in text) == (412, True)
    assert (await windows(home))[0]["to"] == "2026-11-05T13:00"


async def test_works_that_go_on_are_ended_now(home: House) -> None:
    window = await saved(home, from_time="08:30")
    assert (await send(home, f"MDI/{window['id']}", {"do": "end"}))[0] == 303
    assert await windows(home) == []
    answer = await home.get(f"{PATH}/{window['id']}", SUPERVISOR)
    assert (await answer.json())["to"] == "2026-11-05T09:00"


async def test_works_that_have_not_begun_are_withdrawn_not_ended(home: House) -> None:
    window = await saved(home, from_time="11:00")
    assert (await send(home, f"MDI/{window['id']}", {"do": "end"}))[0] == 409
    assert (await send(home, f"MDI/{window['id']}", {"do": "withdraw"}))[0] == 303
    assert await windows(home) == []
    assert (await page(home, f"/MDI/{window['id']}"))[0] == 404


async def test_officers_read_the_list_and_only_supervisors_of_the_prison_keep_it(home: House) -> None:
    window = await saved(home)
    status, text = await page(home, "", OFFICER)
    assert status == 200
    assert "Sample Cabling Ltd" in text
    assert "New works" not in text
    for path in ("/MDI/new", f"/MDI/{window['id']}"):
        assert (await page(home, path, OFFICER))[0] == 403
        assert (await page(home, path.replace("MDI", "HII")))[0] == 404
    assert (await send(home, "MDI", FORM, OFFICER))[0] == 403
    assert (await send(home, "HII", FORM))[0] == 404
    assert "Sample Cabling Ltd" not in (await page(home, "", STRANGER))[1]
