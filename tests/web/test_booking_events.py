"""What a booking system is answered, and what stands afterwards."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.web.house import BOOKER, EVENT, KEY, NEXT_KEY, OFFICER, START, STRANGER, House, Json, event
from vmrd.lifecycle import inputs as i
from vmrd.store.base import SessionFilter

pytestmark = pytest.mark.asyncio


def slots(*stretches: tuple[str, str], date: str = "2026-11-05") -> list[Json]:
    return [{"date": date, "start": start, "end": end} for start, end in stretches]


def main(*stretches: tuple[str, str], **changes: object) -> Json:
    """A main segment alone."""
    return {**EVENT["booking"]["segments"][1], "slots": slots(*stretches), **changes}


async def how_many(home: House) -> int:
    return len(await home.store.read(lambda rx: rx.sessions(SessionFilter())))


async def test_each_segment_becomes_a_session_with_a_link_and_a_host_pin(home: House) -> None:
    answer = await home.deliver(EVENT)
    told = await answer.json()
    assert answer.status == 202
    assert told["bookingId"] == "bvls:184233"
    assert told["result"] == "accepted"
    assert told["chosenSlot"]["segments"][1] == {
        "segmentKey": "main",
        "startsAt": "2026-11-05T10:00:00.000Z",
        "endsAt": "2026-11-05T10:30:00.000Z",
    }
    assert [each["segmentKey"] for each in told["sessionIds"]] == ["pre", "main"]
    for each in told["sessionIds"]:
        session = await home.session(each["sessionId"])
        assert each["link"] == f"https://join.example.org/{session.alias}@meet.example.org"
        pin = await home.store.read(lambda rx, id=session.id: rx.secret(id, "host-pin-1"))  # type: ignore[misc]
        assert pin is not None
        assert pin.isdigit()
        assert pin.decode() not in json.dumps(told)


async def test_each_meeting_has_an_address_of_its_own_that_no_telephone_can_type(home: House) -> None:
    views = [await home.view(session) for session in (await home.booked()).values()]
    addresses = {view["vmr"]["uri"] for view in views}
    assert len(addresses) == len(views) == 2
    assert all(re.fullmatch(r"[a-z]{14}@meet\.example\.org", address) for address in addresses)


async def test_before_the_hearing_only_those_are_expected_who_were_named_for_it(home: House) -> None:
    sessions = await home.booked()
    expected = {key: [each["ref"] for each in (await home.view(id))["expected"]] for key, id in sessions.items()}
    assert expected == {"pre": ["p1"], "main": ["p1", "p2"]}


async def test_a_summer_day_is_told_in_utc(home: House) -> None:
    home.clock.at -= 200 * 24 * 3_600_000
    answer = await home.deliver(
        event(segments=[main(("10:00", "10:30")) | {"slots": slots(("10:00", "10:30"), date="2026-07-06")}])
    )
    assert (await answer.json())["chosenSlot"]["segments"][0]["startsAt"] == "2026-07-06T09:00:00.000Z"


@pytest.mark.parametrize("key", [KEY, NEXT_KEY])
async def test_both_keys_are_good_while_they_are_changed(home: House, key: str) -> None:
    assert (await home.deliver(EVENT, key=key)).status == 202


async def test_nobody_can_book_without_a_key(home: House) -> None:
    wrong = "whsec_d3Jvbmcga2V5"
    for answer in (
        await home.deliver(EVENT, key=wrong),
        await home.deliver(EVENT, at=datetime.now(UTC) - timedelta(minutes=6)),
        await home.client.post("/v1/bookings/events", json=EVENT),
        await home.client.post(
            "/v1/bookings/events",
            json=EVENT,
            headers={"Webhook-Id": "x", "Webhook-Timestamp": "now", "Webhook-Signature": "v1,é;,v1"},
        ),
    ):
        assert answer.status == 401
        assert (await answer.json())["type"] == "/problems/bad-signature"
    assert await how_many(home) == 0


async def test_a_changed_body_does_not_fit_its_signature(home: House) -> None:
    first = await home.deliver(EVENT)
    headers = {
        name: first.request_info.headers[name] for name in ("Webhook-Id", "Webhook-Timestamp", "Webhook-Signature")
    }
    forged = json.dumps(event(version=4)).encode()
    assert (await home.client.post("/v1/bookings/events", data=forged, headers=headers)).status == 401


async def test_a_repeated_message_gets_its_first_answer_byte_for_byte(home: House) -> None:
    first = await (await home.deliver(EVENT)).read()
    home.clock.at = START
    session = json.loads(first)["sessionIds"][0]["sessionId"]
    await home.tell(session, i.WakeUp())
    again = await home.deliver(EVENT)
    assert again.status == 202
    assert await again.read() == first
    assert await how_many(home) == 2


async def test_the_same_message_id_for_another_body_is_a_fault_of_the_sender(home: House) -> None:
    await home.deliver(EVENT)
    answer = await home.deliver(event(version=4))
    assert answer.status == 422
    assert (await answer.json())["type"] == "/problems/key-reused"


async def test_the_same_version_again_changes_nothing_and_says_so(home: House) -> None:
    await home.deliver(EVENT, "one")
    answer = await home.deliver(EVENT, "two")
    assert answer.status == 200
    assert (await answer.json())["result"] == "duplicate"
    assert await how_many(home) == 2


async def test_the_same_version_with_another_content_is_a_conflict(home: House) -> None:
    await home.deliver(EVENT, "one")
    answer = await home.deliver(event(segments=[main(("10:15", "10:30"))]), "two")
    assert answer.status == 409
    assert (await answer.json())["type"] == "/problems/version_conflict"


async def test_an_older_version_changes_nothing_and_says_so(home: House) -> None:
    await home.deliver(event(version=5), "one")
    answer = await home.deliver(event(version=4, segments=[main(("11:00", "11:30"))]), "two")
    told = await answer.json()
    assert answer.status == 200
    assert told["result"] == "stale"
    assert told["version"] == 5
    assert len(told["sessionIds"]) == 2


async def test_an_amendment_keeps_the_session_and_its_link(home: House) -> None:
    before = (await (await home.deliver(EVENT, "one")).json())["sessionIds"]
    moved = event(
        eventType="booking.amended", version=4, segments=[EVENT["booking"]["segments"][0], main(("10:15", "11:00"))]
    )
    after = (await (await home.deliver(moved, "two")).json())["sessionIds"]
    assert after == before
    assert (await home.session(before[1]["sessionId"])).starts_at == START + 15 * 60_000


async def test_a_segment_no_longer_wanted_is_cancelled_and_its_time_is_free(home: House) -> None:
    sessions = await home.booked()
    answer = await home.deliver(event(version=4, segments=[EVENT["booking"]["segments"][1]]), "two")
    states = {each["segmentKey"]: each["state"] for each in (await answer.json())["sessionIds"]}
    assert states == {"pre": "cancelled", "main": "preparing"}
    assert (await home.session(sessions["pre"])).phase == "cancelled"
    other = event(id="bvls:2", segments=[main(("09:45", "10:00"))])
    assert (await home.deliver(other, "three")).status == 202


async def test_a_cancelled_booking_frees_room_and_prisoner(home: House) -> None:
    await home.booked()
    answer = await home.deliver(event(eventType="booking.cancelled", version=4, segments=[], attendees=[]), "two")
    assert answer.status == 202
    assert {each["state"] for each in (await answer.json())["sessionIds"]} == {"cancelled"}
    assert (await home.deliver(event(id="bvls:2"), "three")).status == 202


async def test_a_cancellation_that_overtook_its_creation_wins(home: House) -> None:
    await home.deliver(event(eventType="booking.cancelled", version=4), "one")
    answer = await home.deliver(EVENT, "two")
    assert (await answer.json())["result"] == "stale"
    assert await how_many(home) == 0


async def test_another_prisoner_gets_another_link(home: House) -> None:
    before = await home.booked()
    changed = event(version=4, prisoners=[{"prisonerNumber": "B9876BB"}])
    after = {e["segmentKey"]: e["sessionId"] for e in (await (await home.deliver(changed, "two")).json())["sessionIds"]}
    assert after["main"] != before["main"]
    assert (await home.session(before["main"])).phase == "cancelled"


@pytest.mark.parametrize(
    ("room", "prisoner", "taken"),
    [("MDI-VCC-1", "B9876BB", "room"), ("MDI-VCC-2", "A1234AA", "prisoner")],
)
async def test_what_a_court_has_allocated_twice_is_taken_and_shown_to_the_prison(
    home: House, room: str, prisoner: str, taken: str
) -> None:
    await home.deliver(EVENT, "one")
    clash = event(
        id="bvls:2",
        prisoners=[{"prisonerNumber": prisoner}],
        segments=[main(("10:15", "10:45"), prisonRoom={"locationKey": room})],
    )
    answer = await home.deliver(clash, "two")
    told = await answer.json()
    assert answer.status == 202
    assert any(warning.startswith(f"{taken}_taken") for warning in told["warnings"])
    view = await home.view(told["sessionIds"][0]["sessionId"])
    assert f"{taken}_taken" in {flag["code"] for flag in view["flags"]}
    again = event(
        id="bvls:2", version=4, prisoners=clash["booking"]["prisoners"], segments=clash["booking"]["segments"]
    )
    assert (await home.deliver(again, "three")).status == 202


async def test_a_running_meeting_ends_no_later_than_the_next_booking_allows(home: House) -> None:
    session = await home.opened()
    nobody = [{"prisonerNumber": "B9876BB"}]
    await home.deliver(event(id="bvls:2", prisoners=nobody, segments=[main(("10:40", "11:00"))]), "next")
    longer = event(version=5, segments=[main(("10:00", "10:50"), prisonRoom={"locationKey": "MDI-VCC-2"})])
    told = await (await home.deliver(longer, "longer")).json()
    held = {(each["segment"], each["field"], each["reason"]) for each in told["notApplied"]}
    assert held == {("main", "endsAt", "claimed"), ("main", "room", "running")}
    view = await home.view(session)
    assert view["endsAt"] == "2026-11-05T10:30:00.000Z"
    assert "booking-changed" in {alert["code"] for alert in view["alerts"]}
    until_then = event(version=6, segments=[main(("10:00", "10:40"))])
    told = await (await home.deliver(until_then, "until")).json()
    assert told["notApplied"] == []
    assert (await home.view(session))["endsAt"] == "2026-11-05T10:40:00.000Z"


async def test_the_first_free_slot_is_chosen(home: House) -> None:
    await home.deliver(EVENT, "one")
    wanted = event(
        id="bvls:2", prisoners=[{"prisonerNumber": "B9876BB"}], segments=[main(("10:15", "10:45"), ("10:30", "11:00"))]
    )
    told = await (await home.deliver(wanted, "two")).json()
    assert told["chosenSlot"]["index"] == 1
    assert told["chosenSlot"]["segments"][0]["startsAt"] == "2026-11-05T10:30:00.000Z"


@pytest.mark.parametrize(
    ("date", "start"),
    [("2027-03-28", "01:30"), ("2026-10-25", "01:30")],
    ids=["skipped when clocks go forward", "twice when clocks go back"],
)
async def test_a_local_time_the_clock_change_makes_unclear_is_refused(home: House, date: str, start: str) -> None:
    home.clock.at -= 60 * 24 * 3_600_000
    answer = await home.deliver(event(segments=[main() | {"slots": slots((start, "03:00"), date=date)}]))
    problem = await answer.json()
    assert answer.status == 422
    assert problem["type"] == "/problems/ambiguous_time"
    assert problem["errors"][0]["pointer"] == "/booking/segments/0/slots/0/start"


async def test_every_fault_is_told_at_once_and_nothing_that_was_sent_is_repeated(home: House) -> None:
    wrong = event(
        prisoners=[{"prisonerNumber": "CANARY-NUMBER", "dateOfBirth": "2030-01-01"}],
        segments=[
            {
                "key": "main",
                "slots": slots(("25:00", "10:30")),
                "prisonRoom": {"locationKey": "CANARY-ROOM"},
                "attendeeRefs": ["p9"],
            },
            {"key": "CANARY-KEY", "slots": slots(("11:00", "10:30")), "prisonRoom": {"locationKey": "MDI-VCC-1"}},
        ],
    )
    answer = await home.deliver(wrong)
    problem = await answer.json()
    assert answer.status == 422
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert {error["pointer"] for error in problem["errors"]} == {
        "/booking/prisoners/0/prisonerNumber",
        "/booking/prisoners/0/dateOfBirth",
        "/booking/segments/0/prisonRoom",
        "/booking/segments/0/slots/0/start",
        "/booking/segments/0/attendeeRefs/0",
        "/booking/segments/1/key",
        "/booking/segments/1/slots/0/end",
    }
    assert "CANARY" not in json.dumps(problem)


async def test_what_is_missing_is_told_with_pointers(home: House) -> None:
    broken = event()
    del broken["booking"]["version"], broken["booking"]["segments"][1]["slots"]
    problem = await (await home.deliver(broken)).json()
    assert {error["pointer"] for error in problem["errors"]} == {"/booking/version", "/booking/segments/1/slots"}


async def test_a_body_that_is_no_json_is_malformed(home: House) -> None:
    answer = await home.deliver(b'{"booking": canary')
    assert answer.status == 400
    assert "canary" not in await answer.text()


async def test_a_body_over_the_limit_is_refused(home: House) -> None:
    assert (await home.deliver(event(notes="x" * 70_000))).status == 413


async def test_unknown_words_are_taken_as_other_with_a_warning(home: House) -> None:
    attendees = [{"ref": "p1", "role": "SOOTHSAYER", "name": "B Advocate"}]
    answer = await home.deliver(
        event(purpose="DIVINATION", attendees=attendees, segments=[main(("10:00", "10:30"), attendeeRefs=None)])
    )
    told = await answer.json()
    assert answer.status == 202
    assert told["warnings"][:2] == ["unknown_purpose: taken as other", "unknown_role: taken as other"]
    session = await home.session(told["sessionIds"][0]["sessionId"])
    assert session.purpose == "other"
    assert session.needs_approval
    assert session.attendees["p1"].role == "other"


async def test_a_sender_books_only_where_it_may_and_only_in_its_own_name(home: House) -> None:
    elsewhere = event(
        establishment={"prisonCode": "BAI"},
        segments=[main(("10:00", "10:30"), prisonRoom={"locationKey": "BAI-VCC-1"})],
    )
    assert (await home.deliver(elsewhere, "one")).status == 403
    assert (await home.deliver(event(id="other:1"), "two")).status == 403
    assert (await home.deliver(event(establishment={"prisonCode": "XXX"}), "three")).status == 422


async def test_an_outside_room_is_timed_and_noted_but_has_no_link_of_ours(home: House) -> None:
    outside = event(room={"source": "external", "videoLinkUrl": "https://court.example.org/x"})
    told = await (await home.deliver(outside)).json()
    assert {each["link"] for each in told["sessionIds"]} == {None}
    view = await home.view(told["sessionIds"][1]["sessionId"])
    assert view["control"] == "none"
    assert view["secure"] is False
    both = event(
        id="bvls:2", room={"source": "external", "videoLinkUrl": "https://c.example.org", "hmctsNumber": "1234"}
    )
    assert (await (await home.deliver(both, "two")).json())["errors"][0]["code"] == "link_twice"


async def test_a_prisoner_not_yet_received_needs_approval_and_blocks_nobody(home: House) -> None:
    nobody = [{"firstName": "Canary", "lastName": "Prisonername", "dateOfBirth": "1990-01-31"}]
    told = await (await home.deliver(event(eventType="booking.requested", prisoners=nobody))).json()
    view = await home.view(told["sessionIds"][1]["sessionId"])
    assert view["needsApproval"] is True
    assert view["prisoner"]["number"] == "not yet received"


async def test_a_cancellation_does_not_hang_up_a_running_meeting(home: House) -> None:
    session = await home.opened()
    await home.deliver(event(eventType="booking.cancelled", version=4), "two")
    view = await home.view(session)
    assert view["phase"] == "open"
    assert "booking-cancelled" in [alert["code"] for alert in view["alerts"]]
    clash = event(id="bvls:2", prisoners=[{"prisonerNumber": "B9876BB"}], segments=[main(("10:00", "10:30"))])
    told = await (await home.deliver(clash, "three")).json()
    assert any(warning.startswith("room_taken") for warning in told["warnings"])


async def test_a_booking_is_shown_to_those_who_may_see_its_establishment(home: House) -> None:
    sessions = await home.booked()
    shown = await (await home.get("/v1/bookings/bvls:184233", BOOKER)).json()
    assert {each["sessionId"] for each in shown["sessions"]} == set(sessions.values())
    assert (await home.get("/v1/bookings/bvls:184233", OFFICER)).status == 200
    assert (await home.get("/v1/bookings/bvls:184233", STRANGER)).status == 404


async def test_the_date_of_birth_and_contacts_are_kept_nowhere(home: House) -> None:
    await home.booked()
    await home.store.close()
    kept = b"".join(path.read_bytes() for path in home.deps.config.store.path.parent.iterdir() if path.is_file())
    for canary in (
        b"1990-01-31",
        b"canary.address",
        b"900123",
        b"Canary Realname",
        b"Prisonername",
        b"CANARYCASE",
        b"Clerk",
    ):
        assert canary not in kept
    assert b"B Advocate" in kept


async def test_a_running_meeting_keeps_its_prisoners_name_whoever_is_booked_now(home: House) -> None:
    session = await home.opened()
    other = [{"prisonerNumber": "B9876BB", "firstName": "Other", "lastName": "Person", "dateOfBirth": "1990-01-31"}]
    assert (await home.deliver(event(version=9, prisoners=other), "other")).status == 202
    shown = await home.press(session, "reveal", {"what": "prisoner-name"})
    assert (await shown.json())["value"] == "Canary Prisonername"
