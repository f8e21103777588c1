"""Presses over HTTP: what is taken, refused, repeated, or was meant for another roster."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tests.web.house import AUDITOR, BOOKER, ROOM, START, SUPERVISOR, House, event, house, leg
from vmrd.clock import from_datetime
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.words import Where
from vmrd.store.base import StoreError
from vmrd.web import sessions
from vmrd.web.contract import ALWAYS_TAKEN, actions

pytestmark = pytest.mark.asyncio

ADVOCATE = leg("B Advocate")


async def test_a_refusal_is_a_sentence_an_officer_understands(home: House) -> None:
    session = (await home.booked())["main"]
    answer = await home.press(session, "open")
    problem = await answer.json()
    assert answer.status == 409
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert (problem["type"], problem["code"]) == ("/problems/refused", "not-ready")
    assert problem["detail"] == "The meeting room is still being prepared. It will say Ready when it can be opened."


async def test_a_press_is_answered_with_the_new_view_and_its_tag(home: House) -> None:
    session = await home.opened(ADVOCATE)
    answer = await home.press(session, "lock")
    view = await answer.json()
    assert answer.status == 202
    assert view["lock"]["state"] == "locking"
    assert answer.headers["ETag"] == f'"{view["etag"]}"'


async def test_a_press_that_was_kept_before_the_database_went_away_is_not_said_to_be_undone(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await home.opened(ADVOCATE)

    def gone(rx: object, session_id: str) -> None:
        raise StoreError("the database went away")

    with monkeypatch.context() as lost:
        lost.setattr(sessions, "look_at", gone)
        answer = await home.press(session, "lock")
    assert answer.status == 503
    assert "it is done, or it is not. Look before you do it again, or by hand." in (await answer.json())["detail"]
    assert (await home.view(session))["lock"]["state"] == "locking"


async def test_a_press_made_for_another_roster_is_not_carried_out(home: House) -> None:
    session = await home.opened(ADVOCATE)
    seen = (await home.view(session))["etag"]
    await home.shows(session, ROOM, ADVOCATE, leg("Mallory"))
    answer = await home.press(session, "unlock", **{"If-Match": f'"{seen}"'})
    problem = await answer.json()
    assert answer.status == 412
    assert problem["type"] == "/problems/stale"
    assert "Mallory" in [each["name"] for each in problem["session"]["participants"]]
    now = problem["session"]["etag"]
    assert (await home.press(session, "call-room", **{"If-Match": now})).status == 202


async def test_what_does_not_touch_roster_or_lock_makes_no_press_stale(home: House) -> None:
    session = await home.opened(ADVOCATE)
    seen = (await home.view(session))["etag"]
    await home.pressed(session, "note", {"text": "a remark"})
    assert (await home.press(session, "unlock", **{"If-Match": seen})).status == 202


@pytest.mark.parametrize("tag", ["nonsense", '"7"', '"1-99999"'])
async def test_a_tag_that_is_not_of_this_roster_is_stale(home: House, tag: str) -> None:
    session = await home.opened(ADVOCATE)
    assert (await home.press(session, "officer-left", **{"If-Match": tag})).status == 412


async def test_what_makes_a_room_safe_is_taken_whatever_was_seen(home: House) -> None:
    session = await home.opened(ADVOCATE)
    await home.shows(session, ROOM, ADVOCATE, leg("Mallory"))
    for action, body in (
        ("lock", None),
        ("remove", {"participant": "leg-Mallory"}),
        ("signalled", None),
        ("end", None),
    ):
        assert action in ALWAYS_TAKEN
        assert (await home.press(session, action, body, **{"If-Match": '"1-1"'})).status == 202


async def test_a_repeated_press_with_its_key_counts_once(home: House) -> None:
    session = await home.ready()
    key = {"Idempotency-Key": "press-1"}
    first = await (await home.press(session, "extend", {"minutes": 10}, **key)).json()
    again = await home.press(session, "extend", {"minutes": 10}, **key)
    assert again.status == 202
    assert (await again.json())["endsAt"] == first["endsAt"] == "2026-11-05T10:40:00.000Z"
    other = await home.press(session, "extend", {"minutes": 20}, **key)
    assert other.status == 422
    assert (await other.json())["type"] == "/problems/key-reused"


async def test_the_prisoner_comes_in_only_when_a_read_made_now_shows_the_room_safe(home: House) -> None:
    session = await home.opened(ADVOCATE)
    refused = await home.press(session, "prisoner-in")
    assert refused.status == 409
    assert "SECURE is not lit" in (await refused.json())["detail"]
    await home.pressed(session, "check", {"participant": ADVOCATE.leg, "attendee": "p1", "documents": ["photo_card"]})
    await home.pressed(session, "waive", {"attendee": "p2"})
    await home.pressed(session, "lock")
    await home.shows(session, ROOM, ADVOCATE, locked=True)
    home.monotonic[0] += 60
    home.reads = False
    blind = await home.press(session, "prisoner-in")
    assert blind.status == 409
    assert "cannot see" in (await blind.json())["detail"]
    home.reads = True
    assert (await home.pressed(session, "prisoner-in"))["phase"] == "private"


async def test_what_has_happened_anyway_is_written_down_with_its_reason(home: House) -> None:
    session = await home.opened(ADVOCATE)
    view = await home.pressed(session, "prisoner-in", {"reason": "brought by another officer"})
    assert view["darkBecause"] == "breach"
    record = await (await home.get(f"/v1/sessions/{session}/record")).json()
    came = next(entry for entry in record["prisoner"] if entry["fact"] == "PrisonerCameIn")
    assert came["details"]["reasonRef"] == "brought by another officer"


async def test_a_check_needs_documents_that_identify(home: House) -> None:
    session = await home.opened(ADVOCATE)
    poor = {"participant": ADVOCATE.leg, "attendee": "p1", "documents": ["passport"]}
    assert (await (await home.press(session, "check", poor)).json())["code"] == "documents"
    paper = {"participant": ADVOCATE.leg, "attendee": "p1", "documents": ["paper_driving_licence"]}
    assert (await home.press(session, "check", paper)).status == 422


async def test_every_fault_of_a_press_is_told_with_pointers(home: House) -> None:
    session = await home.opened(ADVOCATE)
    answer = await home.press(session, "check", {"documents": ["canary"], "practitionerWord": "canary"})
    problem = await answer.json()
    assert answer.status == 422
    assert {error["pointer"] for error in problem["errors"]} == {
        "/participant",
        "/attendee",
        "/documents/0",
        "/practitionerWord",
    }
    assert "canary" not in json.dumps(problem)


async def test_only_a_supervisor_approves_and_replaces_the_link(home: House) -> None:
    session = await home.ready()
    before = await home.session(session)
    assert (await home.press(session, "replace-vmr")).status == 403
    answer = await home.press(session, "replace-vmr", token=SUPERVISOR)
    view = await answer.json()
    assert answer.status == 202
    assert view["vmr"]["generation"] == 2
    assert view["vmr"]["alias"] != before.alias
    pins = await home.store.read(lambda rx: [rx.secret(session, f"host-pin-{n}") for n in (1, 2)])
    assert None not in pins
    assert pins[0] != pins[1]


async def test_acknowledging_a_participant_answers_its_knocks(home: House) -> None:
    session = await home.opened(ADVOCATE)
    await home.pressed(session, "lock")
    home.clock.at += 1_000
    await home.shows(session, ROOM, ADVOCATE, leg("Mallory", Where.WAITING), locked=True)
    view = await home.pressed(session, "acknowledge", {"participant": "leg-Mallory"})
    assert [(knock["state"], knock["by"]) for knock in view["knocks"]] == [("acknowledged", "k.shah")]
    assert (await home.press(session, "acknowledge", {})).status == 422


async def test_who_sees_to_a_knock_is_on_every_screen_and_in_the_record(home: House) -> None:
    session = await home.opened(ADVOCATE)
    await home.pressed(session, "lock")
    home.clock.at += 1_000
    await home.shows(session, ROOM, ADVOCATE, leg("Mallory", Where.WAITING), locked=True)
    [knock] = (await home.view(session))["knocks"]
    assert knock["dealing"] is None
    answer = await home.press(session, "deal-with", {"what": knock["id"]}, **{"If-Match": '"1-1"'})
    assert answer.status == 202, "a screen that is behind may say so too"
    [knock] = (await home.view(session))["knocks"]
    assert (knock["state"], knock["dealing"]["by"]) == ("ringing", "k.shah")
    record = await (await home.get(f"/v1/sessions/{session}/record")).json()
    assert [entry["fact"] for entry in record["knocks"]] == ["Knocked", "DealingBegan"]


async def test_a_knock_nobody_answers_is_in_the_record_to_the_second(home: House) -> None:
    session = await home.opened(ADVOCATE)
    await home.pressed(session, "lock")
    home.clock.at += 1_000
    knocked_at = home.clock.at
    await home.shows(session, ROOM, ADVOCATE, leg("Mallory", Where.WAITING), locked=True)
    home.clock.at = knocked_at + 60_000
    await home.tell(session, i.WakeUp())
    record = await (await home.get(f"/v1/sessions/{session}/record")).json()
    came = [
        (entry["fact"], from_datetime(datetime.fromisoformat(entry["at"])) - knocked_at) for entry in record["knocks"]
    ]
    assert came == [("Knocked", 0), ("KnockEscalated", 60_000)]
    told = await (await home.ops.get("/metrics")).text()
    assert 'vmrd_facts_total{fact="KnockEscalated"} 1.0' in told


async def test_refusing_all_refuses_whom_the_officer_saw_named(home: House) -> None:
    session = await home.opened(ADVOCATE)
    await home.pressed(session, "lock")
    home.clock.at += 1_000
    held = [leg(name, Where.WAITING) for name in ("Mallory", "Trudy", "Late")]
    await home.shows(session, ROOM, ADVOCATE, *held, locked=True)
    view = await home.pressed(session, "refuse-all", {"participants": ["leg-Mallory", "leg-Trudy"]})
    assert [(each["what"], each["name"], each["late"]) for each in view["asked"]] == [
        ("refuse", "Mallory", False),
        ("refuse", "Trudy", False),
    ]
    assert {knock["participant"]: knock["state"] for knock in view["knocks"]}["leg-Late"] == "ringing"
    assert (await home.press(session, "refuse-all", {"participants": []})).status == 422


async def test_who_looked_at_a_secret_is_written_down_and_the_secret_is_not(home: House) -> None:
    session = await home.ready()
    revealed = {}
    for body in ({"what": "host-pin"}, {"what": "prisoner-name"}, {"what": "attendee-name", "attendee": "p2"}):
        answer = await home.press(session, "reveal", body)
        assert answer.status == 200
        revealed[body["what"]] = (await answer.json())["value"]
    assert revealed["host-pin"].isdigit()
    assert revealed["prisoner-name"] == "Canary Prisonername"
    assert revealed["attendee-name"] == "Canary Realname"
    record = await (await home.get(f"/v1/sessions/{session}/record", AUDITOR)).text()
    looked = [e for e in json.loads(record)["entries"] if e["fact"] == "Revealed"]
    assert [(each["by"], each["details"]["what"]) for each in looked] == [("k.shah", what) for what in revealed]
    assert not any(value in record for value in revealed.values())


async def test_what_is_not_hidden_cannot_be_revealed(home: House) -> None:
    session = await home.ready()
    assert (await home.press(session, "reveal", {"what": "attendee-name", "attendee": "p1"})).status == 404
    assert (await home.press(session, "reveal", {"what": "everything"})).status == 422
    assert (await home.press(session, "reveal", {"what": "host-pin"}, AUDITOR)).status == 403


async def test_the_record_says_who_did_what_when_and_can_be_printed(home: House) -> None:
    session = await home.opened(leg("<b>Ada</b>"))
    home.clock.at = START + 60_000
    await home.pressed(session, "lock")
    record = await (await home.get(f"/v1/sessions/{session}/record")).json()
    asked = next(entry for entry in record["locks"] if entry["fact"] == "LockRequested")
    assert (asked["by"], asked["at"]) == ("k.shah", "2026-11-05T10:01:00.000Z")
    assert [entry["seq"] for entry in record["entries"]] == list(range(1, len(record["entries"]) + 1))
    page = await home.get(f"/v1/sessions/{session}/record", Accept="text/html")
    assert page.content_type == "text/html"
    text = await page.text()
    assert "Lock requested" in text
    assert record["minutesLost"] == dict.fromkeys(
        ("lateOpen", "dropOuts", "lateGuest", "idCheck", "fetching", "overrun"), 0
    )
    assert "<dt>Minutes lost</dt><dd>none</dd>" in text
    assert "<b>Ada</b>" not in text
    assert "&lt;b&gt;Ada&lt;/b&gt;" in text


async def test_why_somebody_was_put_out_is_in_the_record(home: House) -> None:
    session = await home.opened(ADVOCATE)
    await home.pressed(session, "remove", {"participant": ADVOCATE.leg, "reason": "Shouted at the prisoner"})
    record = await (await home.get(f"/v1/sessions/{session}/record")).json()
    (removal,) = [entry for entry in record["entries"] if entry["fact"] == "RemovalRequested"]
    assert (removal["by"], removal["details"]["reason"]) == ("k.shah", "Shouted at the prisoner")


async def test_everybody_else_may_watch_or_nothing(home: House) -> None:
    session = await home.opened(ADVOCATE)
    for action in actions():
        body = {"participant": ADVOCATE.leg, "attendee": "p1", "documents": [], "name": "x", "minutes": 1, "text": "x"}
        for token in (AUDITOR, BOOKER):
            assert (await home.press(session, action, body, token)).status == 403


async def test_a_session_that_cannot_decide_says_so_and_stays_as_it_was(home: House) -> None:
    session = await home.opened(ADVOCATE)
    before = await home.session(session)
    answer = await home.press(session, "confirm-outcome")
    assert answer.status == 409
    assert await home.session(session) == before


async def test_a_screen_somebody_told_the_officer_of_is_shared_without_an_alert(home: House) -> None:
    session = await home.opened(ADVOCATE)
    await home.deliver(event(version=4, declarations=None), "not-declared")
    sharing = replace(ADVOCATE, presenting=True)
    await home.shows(session, ROOM, sharing)
    assert "presenting" in {alert["code"] for alert in (await home.view(session))["alerts"]}
    page = await (await home.get(f"/panel/sessions/{session}")).text()
    assert "They told me they will share a screen" in page
    view = await home.pressed(session, "share-announced")
    assert "presenting" not in {alert["code"] for alert in view["alerts"]}
    assert (view["screenShareDeclared"], view["shareAnnouncedBy"]) == (False, "k.shah")
    page = await (await home.get(f"/panel/sessions/{session}")).text()
    assert "A screen will be shared: told k.shah." in page
    assert "Told that a screen will be shared" in page


async def test_an_unknown_action_is_not_found(home: House) -> None:
    session = await home.ready()
    assert (await home.press(session, "explode")).status == 404


async def test_a_late_note_can_be_added_when_all_is_over(home: House) -> None:
    session = await home.opened(ADVOCATE)
    await home.pressed(session, "end")
    await home.tell(session, i.EmptySeen())
    home.clock.at += 6_000
    await home.tell(session, i.EmptySeen())
    assert (await home.pressed(session, "note", {"text": "keys were late"}))["phase"] == "ended"


async def test_a_screen_that_is_declared_while_the_meeting_runs_is_said_to_need_another(tmp_path: Path) -> None:
    rooms = [{"key": "MDI-VCC-1", "name": "Video room 1", "address": "room1@mdi.example.org"}]
    prison = {"code": "MDI", "name": "Moorland", "rooms": rooms, "undeclared_presentation": "stopped"}
    async with house(tmp_path, establishments=[prison]) as home:
        session = await home.ready(declarations=None)
        await home.shows(session, ROOM, ADVOCATE)
        page = f"/panel/sessions/{session}"
        assert "guests cannot show a screen in it" not in await (await home.get(page)).text()
        await home.deliver(event(version=4), "declared")
        assert (await home.view(session))["screenShareFromNext"] is True
        said = await (await home.get(page)).text()
        assert "That was said after Pexip had begun this meeting, so guests cannot show a screen in it." in said
        await home.deliver(event(version=5, declarations=None), "taken-back")
        assert (await home.view(session))["screenShareFromNext"] is False
