"""What a screen is told of a session: the light, its evidence, who is where, and what may be pressed."""

import re
from typing import Any

import pytest

from tests.web.house import AUDITOR, BOOKER, MINUTE, OFFICER, ROOM, START, STRANGER, House, event, leg
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.words import Role, Where

pytestmark = pytest.mark.asyncio

ADVOCATE = leg("b. advocate")
INTERPRETER = leg("Interpreter 1")
CARD = ["photo_card"]
OF_A_SESSION = """id bookingId segment purpose establishment room phase control startsAt endsAt version lock secure
secureUntil secureBlockedBy darkBecause evidence vmr endpoint prisoner observation ticks expected participants knocks
alerts clocks eyes allowed outcome"""
OF_A_PARTICIPANT = "id name kind role hasVideo where attendee checked since"


def person(view: dict[str, Any], participant: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in view["participants"] if each["id"] == participant)
    return found


async def secured(home: House) -> str:
    """An open session with everybody checked and Pexip showing the lock."""
    session = await home.opened(ADVOCATE, INTERPRETER)
    await home.pressed(session, "check", {"participant": ADVOCATE.leg, "attendee": "p1", "documents": CARD})
    words = {"participant": INTERPRETER.leg, "attendee": "p2", "documents": CARD, "practitionerWord": True}
    await home.pressed(session, "check", words)
    await home.pressed(session, "lock")
    await home.shows(session, ROOM, ADVOCATE, INTERPRETER, locked=True)
    return session


async def test_the_light_is_lit_when_pexip_shows_the_lock_and_everybody_was_checked(home: House) -> None:
    view = await home.view(await secured(home))
    assert view["secure"] is True
    assert view["secureUntil"] == "2026-11-05T10:00:08.000Z"
    assert view["secureBlockedBy"] == []
    assert view["evidence"] == "Locked per Pexip 10:00:00 · 2 of 2 checked by k.shah"
    assert view["endpoint"]["state"] == "inside"


async def test_evidence_is_told_in_the_prisons_own_time(home: House) -> None:
    session = await secured(home)
    home.clock.at += 200 * 24 * 60 * MINUTE
    home.eyes.saw(session, home.monotonic[0])
    assert "Locked per Pexip 11:00:00" in (await home.view(session))["evidence"]


async def test_the_light_goes_dark_when_nobody_has_read_the_meeting_for_long_enough(home: House) -> None:
    session = await secured(home)
    home.monotonic[0] += 8.1
    view = await home.view(session)
    assert (view["secure"], view["secureUntil"], view["darkBecause"]) == (False, None, "blind")
    assert view["secureBlockedBy"] == ["blind"]
    assert view["eyes"]["source"] == "none"


async def test_a_stranger_inside_while_the_prisoner_is_in_is_a_breach_that_names_them(home: House) -> None:
    session = await secured(home)
    await home.pressed(session, "prisoner-in")
    await home.shows(session, ROOM, ADVOCATE, INTERPRETER, leg("Mallory"), locked=True)
    view = await home.view(session)
    assert (view["secure"], view["darkBecause"], view["phase"]) == (False, "breach", "private")
    assert {"code": "unchecked", "text": "Mallory has not been checked", "about": "leg-Mallory"} in view[
        "secureReasons"
    ]
    assert view["prisoner"]["in"] is True


async def test_a_session_whose_rules_fail_shows_dark_with_an_alert(home: House) -> None:
    session = await secured(home)

    def broken(ref: object) -> i.Input:
        raise RuntimeError("a fault of ours")

    await home.engine.submit(session, broken)
    view = await home.view(session)
    assert view["secure"] is False
    assert "vmrd-fault" in [alert["code"] for alert in view["alerts"]]
    await home.tell(session, i.WakeUp())
    assert (await home.view(session))["secure"] is True


async def test_the_officer_is_led_from_one_person_to_the_next_and_then_to_the_lock(home: House) -> None:
    session = await home.opened(ADVOCATE, INTERPRETER)
    steps = []
    for who, ref in ((INTERPRETER, "p2"), (ADVOCATE, "p1"), (None, "")):
        page = await (await home.get(f"/panel/sessions/{session}")).text()
        steps += re.findall(r'<span class="step-label">Next</span> ([^<]*)</h2>', page)
        if who is not None:
            said = {"participant": who.leg, "attendee": ref, "documents": CARD, "practitionerWord": True}
            await home.pressed(session, "check", said)
    assert steps == ["Check the ID of Interpreter 1", "Check the ID of b. advocate", "Lock"]


async def test_a_required_attendee_who_is_missing_is_named(home: House) -> None:
    view = await home.view(await home.opened(ADVOCATE))
    texts = {reason["text"] for reason in view["secureReasons"]}
    assert "Interpreter 1 must be in the meeting and checked" in texts
    assert "b. advocate has not been checked" in texts


async def test_a_name_is_suggested_tolerantly_and_checks_nobody(home: House) -> None:
    view = await home.view(await home.opened(ADVOCATE, leg("Somebody Else")))
    assert person(view, ADVOCATE.leg)["suggested"] == "p1"
    assert person(view, ADVOCATE.leg)["checked"] is False
    assert person(view, "leg-Somebody Else")["suggested"] is None


async def test_who_would_come_in_is_shown_before_open(home: House) -> None:
    session = await home.ready()
    phone = leg("caller", Where.WAITING, protocol=i.Protocol.SIP, address="sip:+441632960123@example.org")
    await home.shows(session, leg("b. advocate", Where.WAITING), leg("Mallory", Where.WAITING), phone, started=False)
    view = await home.view(session)
    assert [(each["name"], each["attendee"]) for each in view["wouldEnter"]] == [
        ("b. advocate", "p1"),
        ("Mallory", None),
    ]
    assert person(view, "leg-caller")["kind"] == "phone"
    assert view["clocks"]["waitingDropsIn"] == 900


async def test_a_phone_number_is_masked_wherever_it_shows(home: House) -> None:
    session = await home.ready()
    number = "+441632960123"
    phone = leg(number, Where.WAITING, id="leg-phone", protocol=i.Protocol.SIP, address=f"sip:{number}@example.org")
    await home.shows(session, phone, started=False)
    answer = await home.get(f"/v1/sessions/{session}")
    assert "1632960" not in await answer.text()
    assert person(await answer.json(), "leg-phone")["name"] == "number ending 123"


async def test_the_clocks_of_the_platform_are_counted_down(home: House) -> None:
    session = await home.opened(ADVOCATE)
    home.clock.at += 10_000
    await home.shows(session, ADVOCATE)
    home.clock.at += 15_000
    clocks = (await home.view(session))["clocks"]
    assert clocks["endsIn"] == 30 * 60 - 25
    assert clocks["guestsOnlyDropsIn"] == 45


async def test_a_late_comer_knocks_by_name(home: House) -> None:
    session = await secured(home)
    home.clock.at += 1_000
    await home.shows(session, ROOM, ADVOCATE, INTERPRETER, leg("Mallory", Where.WAITING), locked=True)
    knock = (await home.view(session))["knocks"][0]
    assert (knock["name"], knock["state"], knock["participant"]) == ("Mallory", "ringing", "leg-Mallory")
    view = await home.pressed(session, "refuse", {"participant": "leg-Mallory", "reason": "not on the list"})
    assert view["knocks"][0]["state"] == "refused"
    assert [each["participant"] for each in view["removalsOutstanding"]] == ["leg-Mallory"]


async def test_an_unexpected_host_is_named_in_an_alert(home: House) -> None:
    session = await secured(home)
    await home.shows(session, ROOM, ADVOCATE, INTERPRETER, leg("Mallory", role=Role.HOST), locked=True)
    texts = [alert["text"] for alert in (await home.view(session))["alerts"]]
    assert "Mallory came in with the Host PIN. Somebody else knows it. A supervisor can make a new one" in texts


async def test_what_may_be_pressed_follows_the_rules_themselves(home: House) -> None:
    session = (await home.booked())["main"]
    assert "open" not in (await home.view(session))["allowed"]
    home.clock.at = START
    await home.tell(session, i.WakeUp(), i.VmrEnsured(1), i.AliasProbed(1, 2, 2))
    assert {"open", "end", "expect"} <= set((await home.view(session))["allowed"])
    await home.shows(session, leg("b. advocate", Where.WAITING), started=False)
    await home.pressed(session, "open")
    allowed = set((await home.view(session))["allowed"])
    assert "lock" in allowed
    assert not {"open", "pause", "prisoner-out"} & allowed


async def test_every_action_offered_is_taken_and_none_is_offered_that_is_refused(home: House) -> None:
    session = await secured(home)
    await home.pressed(session, "prisoner-in")
    offered = set((await home.view(session))["allowed"])
    for action in ("unlock", "open", "pause", "prisoner-out", "lock"):
        before = (await home.session(session)).version
        answer = await home.press(session, action)
        did_something = answer.status == 202 and (await home.session(session)).version > before
        assert did_something == (action in offered), action


async def test_people_carry_what_may_be_done_about_them(home: House) -> None:
    view = await home.view(await home.opened(ADVOCATE, leg("listener", media=False)))
    assert {"check", "remove"} <= set(person(view, ADVOCATE.leg)["allowed"])
    assert "admit" not in person(view, ADVOCATE.leg)["allowed"]
    assert "check" not in person(view, "leg-listener")["allowed"]  # no picture, no check


async def test_sessions_are_listed_by_day_establishment_and_phase(home: House) -> None:
    session = await home.ready()

    async def listed(query: str, token: str = OFFICER) -> list[str]:
        answer = await home.get(f"/v1/sessions{query}", token)
        assert answer.status == 200
        return [each["id"] for each in (await answer.json())["sessions"]]

    assert session in await listed("")
    assert session in await listed("?date=2026-11-05&establishment=MDI")
    assert await listed("?date=2026-11-06") == []
    assert await listed("?phase=ready,open") == [session]
    assert await listed("?establishment=HII") == []
    assert await listed("", STRANGER) == []
    assert session in await listed("", AUDITOR)
    assert (await home.get("/v1/sessions?date=9999-12-31")).status == 422
    wrong = await home.get("/v1/sessions?date=yesterday&phase=canary")
    assert wrong.status == 422
    assert {error["pointer"] for error in (await wrong.json())["errors"]} == {"/date", "/phase"}
    assert (await home.get("/v1/sessions", BOOKER)).status == 403


async def test_another_establishments_session_does_not_exist(home: House) -> None:
    session = await home.ready()
    for answer in (
        await home.get(f"/v1/sessions/{session}", STRANGER),
        await home.press(session, "lock", token=STRANGER),
        await home.get(f"/v1/sessions/{session}/record", STRANGER),
        await home.press(session, "reveal", {"what": "host-pin"}, STRANGER),
        await home.get("/v1/sessions/nosuch"),
    ):
        assert answer.status == 404
        assert (await answer.json())["type"] == "/problems/not-found"


async def test_a_view_has_everything_the_contract_names(home: House) -> None:
    view = await home.view(await secured(home))
    assert set(view) >= set(re.findall(r"\w+", OF_A_SESSION))
    assert set(view["participants"][0]) >= set(re.findall(r"\w+", OF_A_PARTICIPANT))
    assert set(view["lock"]) == {"state", "requestedAt", "confirmedAt"}
    assert set(view["vmr"]) >= {"alias", "uri", "browserLink", "dialable", "generation"}
    assert set(view["clocks"]) == {"endsIn", "waitingDropsIn", "guestsOnlyDropsIn"}


async def test_a_booking_with_nobody_named_can_be_completed_by_the_officer(home: House) -> None:
    session = await home.ready(attendees=[], segments=[{**event()["booking"]["segments"][1], "attendeeRefs": []}])
    view = await home.pressed(session, "expect", {"name": "Cy Psych", "role": "psychologist", "required": True})
    assert [(each["name"], each["role"], each["addedBy"]) for each in view["expected"]] == [
        ("Cy Psych", "psychologist", "k.shah")
    ]
