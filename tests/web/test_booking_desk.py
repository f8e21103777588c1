"""Bookings at vmrd's own desk, which refuses what the guidance would, and from systems that have decided already."""

from __future__ import annotations

import json

import pytest

from tests.web.house import DESK_KEY, EVENT, SUPERVISOR, House, Json, event
from vmrd.lifecycle.words import AttendeeRole, Purpose

pytestmark = pytest.mark.asyncio

TWO_DAYS_ON = "2026-11-08"
P1, P2 = EVENT["booking"]["attendees"]


def desk(**changes: object) -> Json:
    """A booking with everything the guidance asks for, three days ahead."""
    whole: Json = {
        "id": "desk:1",
        "segments": [
            {
                "key": "main",
                "slots": [{"date": TWO_DAYS_ON, "start": "10:00", "end": "10:30"}],
                "prisonRoom": {"locationKey": "MDI-VCC-1"},
            }
        ],
        "attendees": [P1, {**P2, "linkForwardedBy": "p1", "vouchedBy": "p1", "presenceConfirmed": True}],
        "bookedBy": {"name": "Canary Clerk", "email": "canary.clerk@example.cjsm.net"},
        "answers": {"papers": "Canary Porter at nine"},
        **changes,
    }
    return {**event(**whole), "source": {"system": "desk"}}


async def test_a_whole_booking_is_taken_without_a_warning(home: House) -> None:
    answer = await home.deliver(desk(), key=DESK_KEY)
    told = await answer.json()
    assert (answer.status, told["warnings"]) == (202, [])
    view = await home.view(told["sessionIds"][0]["sessionId"])
    assert (view["needsApproval"], view["flags"]) == (False, [])


async def test_everything_that_is_missing_is_named_at_once_and_nothing_is_booked(home: House) -> None:
    bare = desk(
        attendees=[{"ref": "p1", "role": "interpreter", "name": "Canary Name"}],
        bookedBy={"email": "canary@gov.uk.example.com"},
        case={"reference": "", "hearingDate": "canary"},
        prisoners=[{"prisonerNumber": "A1234AA"}],
        answers={},
    )
    answer = await home.deliver(bare, key=DESK_KEY)
    problem = await answer.json()
    assert answer.status == 422
    assert {(fault["pointer"], fault["code"]) for fault in problem["errors"]} == {
        ("/booking/bookedBy/email", "booker_email"),
        ("/booking/prisoners/0/dateOfBirth", "date_of_birth"),
        ("/booking/attendees/0", "contact_missing"),
        ("/booking/attendees/0", "presence_unconfirmed"),
        ("/booking/case", "case_missing"),
        ("/booking/answers/papers", "question_unanswered"),
    }
    assert "canary" not in json.dumps(problem).lower()
    assert (await home.get("/v1/bookings/desk:1")).status == 404


@pytest.mark.parametrize("purpose", Purpose)
async def test_everybody_and_every_purpose_the_guidance_names_is_known(home: House, purpose: str) -> None:
    people = [{**P1, "ref": role, "role": role, "name": role, "displayName": role} for role in AttendeeRole]
    people = [{**each, "vouchedBy": "defence", "presenceConfirmed": True} for each in people]
    told = await (await home.deliver(desk(purpose=purpose, attendees=people), key=DESK_KEY)).json()
    assert told["warnings"] == []
    view = await home.view(told["sessionIds"][0]["sessionId"])
    assert view["purpose"] == purpose
    assert {each["ref"]: each["role"] for each in view["expected"]} == {role: role for role in AttendeeRole}


async def test_why_a_booking_has_priority_stands_on_the_sessions_page_and_goes_with_an_amendment(home: House) -> None:
    urgent = desk(priority={"class": "high", "reason": "custody_time_limit"})
    told = await (await home.deliver(urgent, key=DESK_KEY)).json()
    session = told["sessionIds"][0]["sessionId"]
    assert told["warnings"] == []
    assert [flag["code"] for flag in (await home.view(session))["flags"]] == ["priority_custody_time_limit"]
    page = await (await home.get(f"/panel/sessions/{session}")).text()
    assert "high priority, because a custody time limit runs" in page
    await home.deliver(desk(version=4, priority={"class": "normal", "reason": "bail"}), "two", DESK_KEY)
    assert (await home.view(session))["flags"] == []


async def test_a_priority_in_words_we_do_not_know_is_taken_with_a_warning(home: House) -> None:
    told = await (await home.deliver(desk(priority={"class": "high", "reason": "canary"}), key=DESK_KEY)).json()
    assert told["warnings"] == ["unknown_priority_reason: taken as other"]
    flags = (await home.view(told["sessionIds"][0]["sessionId"]))["flags"]
    assert flags == [{"code": "priority_other", "text": "high priority"}]


async def test_a_booking_of_high_priority_takes_nobodys_room_and_is_told_what_it_can_have(home: House) -> None:
    former = (await (await home.deliver(desk(), key=DESK_KEY)).json())["sessionIds"][0]["sessionId"]
    urgent = desk(id="desk:2", prisoners=[{"prisonerNumber": "B9876BB", "dateOfBirth": "1990-01-31"}])
    urgent["booking"]["priority"] = {"class": "high", "reason": "bail"}
    answer = await home.deliver(urgent, "two", DESK_KEY)
    assert answer.status == 409
    assert len((await answer.json())["alternatives"]) == 3
    assert (await home.view(former))["phase"] == "planned"


async def test_other_uses_wait_until_a_supervisor_decides(home: House) -> None:
    told = await (await home.deliver(desk(purpose="other"), key=DESK_KEY)).json()
    session = told["sessionIds"][0]["sessionId"]
    assert (await home.view(session))["needsApproval"]
    assert (await home.press(session, "approve")).status == 403
    assert (await home.press(session, "approve", token=SUPERVISOR)).status == 202
    assert not (await home.view(session))["needsApproval"]
    record = await (await home.get(f"/v1/sessions/{session}/record")).text()
    assert "s.upervisor" in record


async def test_short_notice_waits_for_a_supervisor_who_can_read_who_asked_and_for_what(home: House) -> None:
    soon = desk(segments=[{**desk()["booking"]["segments"][0], "slots": EVENT["booking"]["segments"][1]["slots"]}])
    told = await (await home.deliver(soon, key=DESK_KEY)).json()
    session = told["sessionIds"][0]["sessionId"]
    view = await home.view(session)
    assert view["needsApproval"]
    assert [flag["code"] for flag in view["flags"]] == ["short_notice"]
    assert view["backgroundAvailable"]
    shown = await home.press(session, "reveal", {"what": "background"}, SUPERVISOR)
    assert (await shown.json())["value"].splitlines() == [
        "Booked by Canary Clerk, canary.clerk@example.cjsm.net",
        "Case CANARYCASE1, 2026-11-20",
        "papers: Canary Porter at nine",
        'extra: {"unknown":["to","us"]}',
    ]
    assert (await home.press(session, "approve", {}, SUPERVISOR)).status == 202
    assert not (await home.view(session))["needsApproval"]


async def test_a_named_person_at_the_prison_allowed_less_notice(home: House) -> None:
    soon = desk(
        segments=[{**desk()["booking"]["segments"][0], "slots": EVENT["booking"]["segments"][1]["slots"]}],
        noticeOverride={"by": "Canary Sergeant", "reason": "custody time limit"},
    )
    told = await (await home.deliver(soon, key=DESK_KEY)).json()
    view = await home.view(told["sessionIds"][0]["sessionId"])
    assert not view["needsApproval"]
    assert [flag["code"] for flag in view["flags"]] == ["notice_waived"]
    assert told["warnings"] == ["notice_waived: less notice than this prison asks for, allowed by a named person"]


async def test_a_court_that_has_decided_is_taken_with_what_is_missing_shown_to_the_prison(home: House) -> None:
    told = await (
        await home.deliver(
            event(
                case=None,
                bookedBy=None,
                extra=None,
                attendees=[],
                segments=[{**EVENT["booking"]["segments"][1], "attendeeRefs": None}],
            )
        )
    ).json()
    view = await home.view(told["sessionIds"][0]["sessionId"])
    assert {flag["code"] for flag in view["flags"]} == {
        "booker_email",
        "nobody_named",
        "case_missing",
        "question_unanswered",
        "short_notice",
    }
    assert all(flag["text"] for flag in view["flags"])
    assert view["alerts"] == []
    assert not view["backgroundAvailable"]


async def test_what_an_amendment_completes_is_no_longer_flagged(home: House) -> None:
    first = await (await home.deliver(event(case=None))).json()
    session = first["sessionIds"][1]["sessionId"]
    assert "case_missing" in {flag["code"] for flag in (await home.view(session))["flags"]}
    assert (await home.deliver(event(version=4), "msg-2")).status == 202
    assert "case_missing" not in {flag["code"] for flag in (await home.view(session))["flags"]}


async def test_a_booking_moved_to_short_notice_waits_for_a_supervisor_like_one_made_then(home: House) -> None:
    soon = [{**desk()["booking"]["segments"][0], "slots": EVENT["booking"]["segments"][1]["slots"]}]
    first = await (await home.deliver(desk(), "one", DESK_KEY)).json()
    moved = await (await home.deliver(desk(version=4, segments=soon), "two", DESK_KEY)).json()
    session = moved["sessionIds"][0]["sessionId"]
    assert session != first["sessionIds"][0]["sessionId"]
    assert (await home.view(session))["needsApproval"]
    assert (await home.press(session, "approve", token=SUPERVISOR)).status == 202
    again = await (await home.deliver(desk(version=5, segments=soon, attendees=[P1]), "three", DESK_KEY)).json()
    assert again["sessionIds"][0]["sessionId"] == session
    assert not (await home.view(session))["needsApproval"]


async def test_a_name_that_is_no_longer_said_cannot_be_revealed(home: House) -> None:
    told = await (await home.deliver(desk(), "one", DESK_KEY)).json()
    session = told["sessionIds"][0]["sessionId"]
    asked = {"what": "attendee-name", "attendee": "p2"}
    assert (await home.press(session, "reveal", asked, SUPERVISOR)).status == 200
    now_open = {**desk()["booking"]["attendees"][1], "protectedIdentity": False, "name": "Somebody Else"}
    await home.deliver(desk(version=4, attendees=[P1, now_open]), "two", DESK_KEY)
    assert (await home.press(session, "reveal", asked, SUPERVISOR)).status == 404
    await home.deliver(desk(version=5), "three", DESK_KEY)
    assert (await home.press(session, "reveal", asked, SUPERVISOR)).status == 200
    await home.deliver(desk(version=6, attendees=[P1]), "four", DESK_KEY)
    assert (await home.press(session, "reveal", asked, SUPERVISOR)).status == 404


async def test_who_passes_the_link_on_and_to_what_kind_of_people_is_shown_at_the_session(home: House) -> None:
    going = {"allowed": True, "to": [{"role": "interpreter", "count": 2}, {"role": "canary", "count": 1}]}
    told = await (await home.deliver(desk(linkForwarding=going), key=DESK_KEY)).json()
    session = told["sessionIds"][0]["sessionId"]
    assert told["warnings"] == ["unknown_role: taken as other"]
    view = await home.view(session)
    assert view["linkForwarding"] == {
        "allowed": True,
        "to": [{"role": "interpreter", "count": 2}, {"role": "other", "count": 1}],
    }
    assert [each["linkFrom"] for each in view["expected"]] == [None, "p1"]
    page = await (await home.get(f"/panel/sessions/{session}")).text()
    assert "the link may be passed on. It is said to go to 2 × interpreter, 1 × " in page
    assert "B Advocate passes the link on to them" in page
    await home.deliver(desk(version=4), "two", DESK_KEY)
    assert (await home.view(session))["linkForwarding"] is None
