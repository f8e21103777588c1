"""Windows of works: who may keep them, what they hit is seen first, and the prison is told of it."""

import asyncio
import json
from contextlib import closing

import pytest
from aiohttp import ClientResponse

from tests.web.house import AUDITOR, BOOKER, OFFICER, START, STRANGER, SUPERVISOR, House, Json, event
from tests.web.test_booking_events import main
from tests.web.wanted import another, refused
from vmrd.lifecycle.works import WorksKind
from vmrd.store.connection import for_reading
from vmrd.store.journal import verify
from vmrd.store.secrets import derive_keys

pytestmark = pytest.mark.asyncio
PATH = "/v1/establishments/MDI/works"
WORKS: Json = {
    "kind": "installation",
    "rooms": ["MDI-VCC-1"],
    "from": "2026-11-05T08:00",
    "to": "2026-11-05T12:00",
    "supplier": "Sample Cabling Ltd",
    "visitLead": "Sample Estates",
    "note": "North gate",
}


async def send(
    home: House, method: str, path: str, body: Json | None = None, token: str = SUPERVISOR
) -> ClientResponse:
    return await home.client.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})


async def add(home: House, **changes: object) -> Json:
    answer = await send(home, "POST", PATH, WORKS | changes)
    assert answer.status == 201, await answer.text()
    window: Json = await answer.json()
    return window


async def change(home: House, window: Json, **changes: object) -> Json:
    answer = await send(home, "PATCH", f"{PATH}/{window['id']}", changes)
    assert answer.status == 200, await answer.text()
    changed: Json = await answer.json()
    return changed


async def alerts(home: House, session: str) -> list[str]:
    return [alert["text"] for alert in (await home.view(session))["alerts"]]


async def test_a_window_is_told_as_it_was_asked_for(home: House) -> None:
    window = await add(home, spocTold=True)
    assert {name: window[name] for name in WORKS} == WORKS
    assert window["startsAt"] == "2026-11-05T08:00:00.000Z"
    assert (window["consent"], window["blocks"], window["clashes"]) == ("requested", False, [])
    assert window["spocTold"] == {"at": "2026-11-05T09:00:00.000Z", "by": "s.upervisor"}
    assert [(each["did"], each["by"]) for each in window["history"]] == [("added", "s.upervisor")]
    assert (await (await send(home, "GET", PATH)).json())["works"] == [window]
    assert await (await send(home, "GET", f"{PATH}/{window['id']}")).json() == window


@pytest.mark.parametrize("kind", WorksKind)
async def test_every_kind_of_visit_the_note_speaks_of_takes_its_room_out_of_use(home: House, kind: str) -> None:
    window = await add(home, kind=kind, consent="agreed")
    assert (window["kind"], window["blocks"]) == (kind, True)
    day = await (await home.get("/v1/establishments/MDI/availability?date=2026-11-05")).json()
    assert [(each["from"], each["to"]) for each in day["rooms"][0]["outOfUse"]] == [("08:00", "12:00")]
    assert day["rooms"][1]["outOfUse"] == []


@pytest.mark.parametrize("consent", ["requested", "refused"])
async def test_a_room_stays_in_use_until_the_prison_agrees(home: House, consent: str) -> None:
    session = (await home.booked())["main"]
    window = await add(home, consent=consent)
    assert not window["blocks"]
    assert await alerts(home, session) == []
    assert (
        await home.deliver(
            event(id="bvls:2", prisoners=[{"prisonerNumber": "B9876BB"}], segments=[main(("11:00", "11:30"))]), "two"
        )
    ).status == 202


async def test_what_an_agreed_window_hits_is_listed_before_anything_is_saved(home: House) -> None:
    sessions = await home.booked()
    answer = await send(home, "POST", PATH, WORKS | {"consent": "agreed"})
    problem = await answer.json()
    assert answer.status == 409
    assert problem["type"] == "/problems/clashes"
    assert problem["clashes"][1] == {
        "sessionId": sessions["main"],
        "room": "MDI-VCC-1",
        "startsAt": "2026-11-05T10:00:00.000Z",
        "endsAt": "2026-11-05T10:30:00.000Z",
    }
    assert "Advocate" not in json.dumps(problem)
    assert (await (await send(home, "GET", PATH)).json())["works"] == []
    assert await alerts(home, sessions["main"]) == []


async def test_confirming_all_of_them_saves_it_and_the_prison_reads_it_at_each(home: House) -> None:
    sessions = await home.booked()
    window = await add(home, consent="agreed", confirm=list(sessions.values()))
    assert [each["sessionId"] for each in window["clashes"]] == [sessions["pre"], sessions["main"]]
    assert window["history"][0]["hit"] == [sessions["pre"], sessions["main"]]
    assert await alerts(home, sessions["pre"]) == ["Room out of use from 09:45: works"]
    assert await alerts(home, sessions["main"]) == ["Room out of use from 10:00: works"]


async def test_the_panel_says_it_in_plain_words_on_the_board_and_on_the_sessions_page(home: House) -> None:
    session = (await home.booked(segments=[main(("10:00", "10:30"))]))["main"]
    await add(home, consent="agreed", confirm=[session])
    board = await (await home.get("/panel")).text()
    page = await (await home.get(f"/panel/sessions/{session}")).text()
    assert "Room out of use from 10:00: works." in board
    assert "Room out of use from 10:00: works" in page
    assert "The room is out of use for works" in page  # in what has happened so far


async def test_a_meeting_booked_since_the_list_was_seen_is_not_hit_unseen(home: House) -> None:
    sessions = await home.booked()
    seen = list(sessions.values())
    late = event(id="bvls:2", prisoners=[{"prisonerNumber": "B9876BB"}], segments=[main(("11:00", "11:30"))])
    await home.deliver(late, "late")
    answer = await send(home, "POST", PATH, WORKS | {"consent": "agreed", "confirm": seen})
    assert answer.status == 409
    assert len((await answer.json())["clashes"]) == 3
    assert (await (await send(home, "GET", PATH)).json())["works"] == []


async def test_agreeing_later_asks_too_and_what_was_confirmed_is_not_asked_again(home: House) -> None:
    sessions = list((await home.booked()).values())
    window = await add(home)
    agreed = await send(home, "PATCH", f"{PATH}/{window['id']}", {"consent": "agreed"})
    assert agreed.status == 409
    window = await change(home, window, consent="agreed", confirm=sessions)
    assert window["blocks"]
    told = await change(home, window, spocTold=True, note=None)
    assert told["spocTold"]["by"] == "s.upervisor"
    assert told["note"] is None
    assert told["supplier"] == WORKS["supplier"]
    assert [each["did"] for each in told["history"]] == ["added", "changed", "changed"]


async def test_a_change_that_changes_nothing_writes_nothing(home: House) -> None:
    window = await add(home)
    assert await change(home, window, consent="requested", rooms=["MDI-VCC-1"]) == window


async def test_a_window_that_is_withdrawn_or_moved_clears_what_it_flagged(home: House) -> None:
    session = (await home.booked(segments=[main(("10:00", "10:30"))]))["main"]
    window = await add(home, consent="agreed", confirm=[session])
    assert await alerts(home, session) != []
    window = await change(home, window, to="2026-11-05T10:00")
    assert await alerts(home, session) == []
    await change(home, window, to="2026-11-05T10:15", confirm=[session])
    assert await alerts(home, session) != []
    assert (await send(home, "DELETE", f"{PATH}/{window['id']}")).status == 204
    assert await alerts(home, session) == []
    assert (await send(home, "DELETE", f"{PATH}/{window['id']}")).status == 404
    kept = await (await send(home, "GET", f"{PATH}/{window['id']}")).json()
    assert kept["withdrawn"]
    assert kept["history"][-1]["did"] == "withdrawn"
    assert (await (await send(home, "GET", PATH)).json())["works"] == []


async def test_a_refused_window_gives_the_room_back(home: House) -> None:
    session = (await home.booked())["main"]
    sessions = [
        each["sessionId"]
        for each in (await (await send(home, "POST", PATH, WORKS | {"consent": "agreed"})).json())["clashes"]
    ]
    window = await add(home, consent="agreed", confirm=sessions)
    await change(home, window, consent="refused")
    assert await alerts(home, session) == []


async def test_a_booking_moved_out_of_the_works_is_no_longer_flagged(home: House) -> None:
    session = (await home.booked(segments=[main(("10:00", "10:30"))]))["main"]
    await add(home, consent="agreed", confirm=[session])
    moved = event(version=4, segments=[main(("13:00", "13:30"))])
    assert (await home.deliver(moved, "moved")).status == 202
    assert await alerts(home, session) == []


async def test_a_running_meeting_is_flagged_and_goes_on(home: House) -> None:
    session = await home.opened()
    hit = (await (await send(home, "POST", PATH, WORKS | {"consent": "agreed"})).json())["clashes"]
    await add(home, consent="agreed", confirm=[each["sessionId"] for each in hit])
    view = await home.view(session)
    assert view["phase"] == "open"
    assert "Room out of use from 10:00: works" in await alerts(home, session)


async def test_only_a_supervisor_of_the_prison_keeps_works_and_only_its_people_see_them(home: House) -> None:
    window = await add(home)
    one = f"{PATH}/{window['id']}"
    for token in (OFFICER, BOOKER, AUDITOR):
        assert (await send(home, "POST", PATH, WORKS, token)).status == 403
        assert (await send(home, "PATCH", one, {"consent": "agreed"}, token)).status == 403
        assert (await send(home, "DELETE", one, None, token)).status == 403
    assert (await send(home, "POST", PATH, WORKS, "nobody")).status == 401
    assert (await send(home, "POST", "/v1/establishments/HII/works", WORKS)).status == 404
    for token, status in ((OFFICER, 200), (AUDITOR, 200), (BOOKER, 403), (STRANGER, 404)):
        assert (await send(home, "GET", PATH, None, token)).status == status
        assert (await send(home, "GET", one, None, token)).status == status
    assert (await send(home, "GET", f"/v1/establishments/HII/works/{window['id']}", None, AUDITOR)).status == 404


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"from": "yesterday"}, "/from", "date_time"),
        ({"from": "2026-11-31T08:00"}, "/from", "date_time"),
        ({"from": "9999-12-31T08:00"}, "/from", "date_time"),
        ({"from": "2026-10-25T01:30"}, "/from", "ambiguous_time"),
        ({"from": "2026-11-05T12:00"}, "/to", "order"),
        ({"from": "2026-11-04T08:00", "to": "2026-11-04T09:00"}, "/to", "past"),
        ({"rooms": ["MDI-VCC-1", "CANARY"]}, "/rooms/1", "unknown_room"),
        ({"rooms": []}, "/rooms", "too_short"),
        ({"kind": "canary"}, "/kind", "enum"),
        ({"consent": "canary"}, "/consent", "enum"),
        ({"supplier": "canary" * 20}, "/supplier", "string_too_long"),
        ({"note": "canary" * 100}, "/note", "string_too_long"),
        ({"note": "canary\0"}, "/note", "string_pattern_mismatch"),
    ],
)
async def test_what_cannot_be_meant_is_named(home: House, wrong: Json, pointer: str, code: str) -> None:
    answer = await send(home, "POST", PATH, WORKS | wrong)
    problem = await answer.json()
    assert answer.status == 422
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]
    assert "canary" not in json.dumps(problem).lower()


async def test_local_times_are_the_prisons_in_summer_too(home: House) -> None:
    window = await add(home, **{"from": "2027-07-05T08:00", "to": "2027-07-06T17:00"})
    assert (window["startsAt"], window["endsAt"]) == ("2027-07-05T07:00:00.000Z", "2027-07-06T16:00:00.000Z")
    assert window["from"] == "2027-07-05T08:00"


async def test_what_was_done_is_in_the_sealed_journal_without_names(home: House) -> None:
    window = await add(home, supplier="Canary Person")
    await send(home, "DELETE", f"{PATH}/{window['id']}")
    config = home.deps.config.store
    keys = derive_keys(bytes.fromhex(config.key.get_secret_value()))
    with closing(for_reading(config.path)) as connection:
        bodies = [body for (body,) in connection.execute("SELECT body FROM works_journal")]
        assert verify(connection, keys.seal) == []
    assert len(bodies) == 2
    assert "s.upervisor" in bodies[1]
    assert "Canary" not in "".join(bodies)


async def test_two_supervisors_at_once_leave_one_state_and_both_their_names(home: House) -> None:
    window = await add(home)
    answers = await asyncio.gather(*(change(home, window, note=f"note {n}") for n in range(6)))
    assert len(answers) == 6
    kept = await (await send(home, "GET", f"{PATH}/{window['id']}")).json()
    assert len(kept["history"]) == 7
    assert kept["note"] in {f"note {n}" for n in range(6)}


async def test_a_repeat_with_the_same_key_makes_no_second_window(home: House) -> None:
    async def keyed(body: Json) -> ClientResponse:
        headers = {"Authorization": f"Bearer {SUPERVISOR}", "Idempotency-Key": "k1"}
        return await home.client.post(PATH, json=body, headers=headers)

    session = (await home.booked(segments=[main(("10:00", "10:30"))]))["main"]
    wanted = WORKS | {"consent": "agreed"}
    assert (await keyed(wanted)).status == 409  # and can be confirmed under the same key
    first, second = [await keyed(wanted | {"confirm": [session]}) for _ in range(2)]
    assert (first.status, second.status) == (201, 201)
    assert await first.json() == await second.json()
    assert len((await (await send(home, "GET", PATH)).json())["works"]) == 1
    assert (await keyed(WORKS | {"note": "another"})).status == 422


async def test_over_works_are_not_listed(home: House) -> None:
    await add(home)
    home.clock.at = START + 3 * 3_600_000
    assert (await (await send(home, "GET", PATH)).json())["works"] == []


async def test_a_sample_booking_is_refused_while_works_have_its_room(home: House) -> None:
    await add(home, consent="agreed")
    problem = await refused(home, another(1, main(("10:00", "10:30"))))
    assert problem["code"] == "works"
    assert problem["detail"] == "The room is out of use for works at this time."
