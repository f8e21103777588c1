"""A prisoner leaves, or has another number: what becomes of what was booked."""

from __future__ import annotations

import pytest

from tests.web.house import DESK_KEY, EVENT, START, House, Json, event
from vmrd.lifecycle.words import Phase

pytestmark = pytest.mark.asyncio

BOOKED = START - 60 * 60_000
LATER = "2026-11-05T09:30:00+00:00"
BEFORE = "2026-11-05T08:30:00+00:00"


def moved(kind: str = "transferred", at: str = LATER, **changes: object) -> Json:
    prisoner = {"prisonerNumber": "A1234AA", "establishment": {"prisonCode": "MDI"}, **changes}
    return {
        "eventType": f"prisoner.{kind}",
        "occurredAt": at,
        "source": {"system": "bvls"},
        "prisoner": {key: value for key, value in prisoner.items() if value is not None},
    }


def merged(kept: str = "A9999AA", **changes: object) -> Json:
    return moved("merged", establishment=None, keptPrisonerNumber=kept, **changes)


@pytest.mark.parametrize("kind", ["transferred", "released"])
async def test_what_was_booked_for_somebody_who_left_is_cancelled_and_the_room_is_free(home: House, kind: str) -> None:
    sessions = await home.booked()
    answer = await home.deliver(moved(kind), "gone")
    assert answer.status == 202
    assert {each["sessionId"] for each in (await answer.json())["sessions"]} == set(sessions.values())
    assert [(await home.session(each)).phase for each in sessions.values()] == [Phase.CANCELLED] * 2
    other = event(id="bvls:2", prisoners=[{"prisonerNumber": "B9876BB"}], segments=EVENT["booking"]["segments"])
    assert not any("taken" in warning for warning in (await (await home.deliver(other, "o")).json())["warnings"])


async def test_where_a_prisoner_has_arrived_says_where_they_have_left(home: House) -> None:
    sessions = await home.booked()
    here = moved(establishment=None, arrivedAt={"prisonCode": "MDI"})
    assert (await home.deliver(here, "here")).status == 200
    elsewhere = moved(establishment=None, arrivedAt={"prisonCode": "XYZ"})
    assert (await home.deliver(elsewhere, "elsewhere")).status == 202
    assert [(await home.session(each)).phase for each in sessions.values()] == [Phase.CANCELLED] * 2
    released = {**elsewhere, "eventType": "prisoner.released"}
    answer = await home.deliver(released, "released")
    assert (answer.status, (await answer.json())["errors"][0]["code"]) == (422, "missing")


async def test_a_running_meeting_goes_on_until_an_officer_ends_it(home: House) -> None:
    session = await home.opened()
    assert (await home.deliver(moved(), "gone")).status == 202
    view = await home.view(session)
    assert view["phase"] == "open"
    assert "booking-cancelled" in {alert["code"] for alert in view["alerts"]}
    assert (await home.deliver(moved(), "gone again")).status == 200


async def test_a_message_that_comes_late_cancels_nothing_that_was_booked_since(home: House) -> None:
    sessions = await home.booked()
    assert (await home.deliver(moved(at=BEFORE), "late")).status == 200
    assert (await home.session(sessions["main"])).phase is not Phase.CANCELLED


async def test_a_day_in_hospital_takes_nobodys_booking(home: House) -> None:
    sessions = await home.booked()
    assert (await home.deliver(moved(temporary=True), "ward")).status == 200
    assert (await home.session(sessions["main"])).phase is not Phase.CANCELLED


async def test_somebody_elses_booking_is_left_alone(home: House) -> None:
    sessions = await home.booked()
    assert (await home.deliver(moved(prisonerNumber="B9876BB"), "other")).status == 200
    assert (await home.deliver(moved(establishment={"prisonCode": "HII"}), "elsewhere")).status == 200
    assert (await home.session(sessions["main"])).phase is not Phase.CANCELLED


async def test_after_a_merge_the_session_is_for_the_kept_number_and_so_is_its_claim(home: House) -> None:
    sessions = await home.booked()
    answer = await home.deliver(merged(), "merge")
    assert {each["sessionId"] for each in (await answer.json())["sessions"]} == set(sessions.values())
    assert (await home.view(sessions["main"]))["prisoner"]["number"] == "A9999AA"
    clash = event(
        id="bvls:2",
        prisoners=[{"prisonerNumber": "A9999AA"}],
        segments=[{**EVENT["booking"]["segments"][1], "prisonRoom": {"locationKey": "MDI-VCC-2"}}],
    )
    told = await (await home.deliver(clash, "clash")).json()
    assert any(warning.startswith("prisoner_taken") for warning in told["warnings"])
    assert (await home.deliver(merged(), "merge again")).status == 200


async def test_the_same_message_gets_its_first_answer_and_another_body_under_its_id_is_refused(home: House) -> None:
    await home.booked()
    first = await (await home.deliver(moved(), "gone")).json()
    again = await home.deliver(moved(), "gone")
    assert (again.status, await again.json()) == (202, first)
    assert (await home.deliver(moved("released"), "gone")).status == 422


async def test_every_fault_is_named_and_nothing_is_echoed(home: House) -> None:
    bad = moved(prisonerNumber="canary", establishment={"prisonCode": "CANARY"})
    answer = await home.deliver(bad, "bad")
    problem = await answer.json()
    assert answer.status == 422
    assert [fault["pointer"] for fault in problem["errors"]] == [
        "/prisoner/prisonerNumber",
        "/prisoner/establishment/prisonCode",
    ]
    assert "canary" not in (await answer.text()).lower()
    assert (await home.deliver(moved(establishment=None), "nowhere")).status == 422
    assert (await home.deliver(merged("nobody"), "kept")).status == 422
    assert (await home.deliver(moved(at="yesterday"), "when")).status == 422


async def test_a_sender_speaks_only_for_its_own_name_and_establishments(home: House) -> None:
    assert (await home.deliver(moved(), "desk", key=DESK_KEY)).status == 403
    assert (await home.deliver(moved(establishment={"prisonCode": "BAI"}), "belmarsh")).status == 403
