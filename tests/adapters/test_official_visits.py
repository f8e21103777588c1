"""Official Visits: what becomes of consultations a prison has booked."""

from typing import Any

import pytest

from tests.adapters.estate import VISIT_PATH, Estate, official_visit
from tests.adapters.upstreams import VISIT, Json, visit
from tests.web.house import MINUTE, START

pytestmark = pytest.mark.asyncio

BOOKING = "visits:77"


async def attendees(here: Estate) -> dict[str, tuple[str, bool, bool]]:
    session = (await here.sessions(BOOKING))["main"]
    return {ref: (str(who.role), who.required, who.needs_word) for ref, who in session.attendees.items()}


async def test_a_visit_without_date_of_birth_or_case_is_a_consultation_in_a_room_of_ours(here: Estate) -> None:
    answer = await here.taken(official_visit(), name="official-visits")
    assert answer["bookingId"] == BOOKING
    assert [each["link"] is not None for each in answer["sessionIds"]] == [True]
    session = (await here.sessions(BOOKING))["main"]
    assert (session.purpose, session.room, session.control) == ("legal_consultation", "MDI-VCC-1", "full")
    assert (session.starts_at, session.ends_at) == (START, START + 60 * MINUTE)
    assert not session.needs_approval
    assert await attendees(here) == {"v31": ("defence", True, False), "v32": ("interpreter", True, True)}
    assert here.visits.asked == [VISIT_PATH]


async def test_somebody_taken_off_a_visit_is_off_the_roster_although_the_visit_has_not_changed_its_time(
    here: Estate,
) -> None:
    first = await here.taken(official_visit(), name="official-visits")
    answer = await here.visited(visit(officialVisitors=VISIT["officialVisitors"][:1]), "visitor.deleted")
    assert answer["sessionIds"] == first["sessionIds"]
    assert set(await attendees(here)) == {"v31"}
    await here.visited(visit(), "visitor.created")
    assert set(await attendees(here)) == {"v31", "v32"}


@pytest.mark.parametrize("changes", [{"visitStatus": "CANCELLED"}, {"visitTypeCode": "IN_PERSON"}])
async def test_a_visit_that_is_cancelled_or_no_longer_by_video_frees_its_room(
    here: Estate, changes: dict[str, Any]
) -> None:
    await here.taken(official_visit(), name="official-visits")
    answer = await here.visited(visit(updatedTime="2026-11-02T08:00:00", **changes))
    assert {each["state"] for each in answer["sessionIds"]} == {"cancelled"}
    again = await here.visited(visit(updatedTime="2026-11-03T08:00:00"))
    assert [each["state"] for each in again["sessionIds"]] == ["preparing"]


async def test_visits_that_are_none_of_ours_leave_no_trace(here: Estate) -> None:
    for changes, code in (
        ({"visitTypeCode": "IN_PERSON"}, "not_by_video"),
        ({"visitTypeCode": "TELEPHONE"}, "not_by_video"),
        ({"visitStatus": "COMPLETED", "completionCode": "NORMAL"}, "over"),
        ({"visitStatus": "EXPIRED"}, "over"),
    ):
        here.visits.held[VISIT_PATH] = visit(**changes)
        found = await here.outcome(official_visit(), name="official-visits")
        assert (found["outcome"], found["codes"]) == ("ignored", [code])
    assert await here.record(BOOKING) is None


async def test_a_visit_completed_by_hand_does_not_undo_the_session(here: Estate) -> None:
    await here.taken(official_visit(), name="official-visits")
    here.visits.held[VISIT_PATH] = visit(visitStatus="COMPLETED", updatedTime="2026-11-05T11:00:00")
    assert (await here.outcome(official_visit("visit.updated"), name="official-visits"))["outcome"] == "ignored"
    assert (await here.sessions(BOOKING))["main"].phase == "preparing"


def visitors(**changes: object) -> dict[str, Any]:
    """The visit with its first visitor changed."""
    first, *others = VISIT["officialVisitors"]
    return {"officialVisitors": [{**first, **changes}, *others]}


LIVED_WITH: list[tuple[Json, str]] = [
    (visitors(relationshipCode="CANARY"), "unknown_relationship"),
    (visitors(firstName=None, lastName=" "), "visitor_without_name"),
    (visitors(firstName="Canary" * 60), "too_long: visitor_name"),
    (visitors(leadVisitor=False), "no_lead_visitor"),
    ({"officialVisitors": None}, "roster_incomplete"),
    ({"officialVisitors": []}, "unknown_purpose"),
    ({"visitStatus": "CANARY"}, "unknown_status"),
    ({"staffNotes": "canary" * 60}, "too_long: staff_notes"),
]


async def test_what_can_be_lived_with_is_taken_with_a_warning(here: Estate) -> None:
    for minute, (changes, warning) in enumerate(LIVED_WITH):
        answer = await here.visited(visit(updatedTime=f"2026-11-03T10:{minute:02}:00", **changes))
        assert answer["result"] == "accepted"
        assert any(said.startswith(warning) for said in answer["warnings"]), (warning, answer)
        assert "canary" not in str(answer["warnings"]).lower()


async def test_two_visitors_with_one_number_are_two_people(here: Estate) -> None:
    first = VISIT["officialVisitors"][0]
    twins = [{**first, "officialVisitorId": None}, {**first, "officialVisitorId": None, "firstName": "Bo"}]
    await here.visited(visit(officialVisitors=twins))
    assert set(await attendees(here)) == {"c4001", "n2"}


async def test_what_can_be_no_booking_is_named_by_code(here: Estate) -> None:
    impossible: list[tuple[Json, str]] = [
        ({"prisoner": None}, "unreadable:prisoner"),
        ({"officialVisitors": [{"leadVisitor": "canary"}]}, "unreadable:officialVisitors.#.leadVisitor"),
        ({"startTime": "10:00:30"}, "time:/booking/segments/#/slots/#/start"),
        ({"dpsLocationId": None}, "unknown_room:/booking/segments/#/prisonRoom"),
        ({"officialVisitId": "canary"}, "another_booking"),
    ]
    for changes, code in impossible:
        here.visits.held[VISIT_PATH] = visit(**changes)
        found = await here.outcome(official_visit(), name="official-visits")
        assert found["outcome"] == "refused", code
        assert code in found["codes"], found
        assert "canary" not in str(found)
