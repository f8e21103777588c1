"""A prisoner who leaves, arrives elsewhere or is merged: HMPPS's own events, over the queues that bring bookings."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from tests.adapters.estate import Estate, enveloped, video_booking
from tests.web.house import AUDITOR
from vmrd.adapters.prisoners import MERGED, RECEIVED, RELEASED
from vmrd.lifecycle.words import Phase
from vmrd.web.contract import openapi

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]
LATER = "2026-11-05T09:30:00Z"
"""After the sample booking was taken, by the clock of the tests."""


def told(kind: str, reason: str = "TRANSFERRED", prison: str | None = "MDI", **changes: Any) -> Json:
    about: Json = {"nomsNumber": "A1234AA", "reason": reason, "prisonId": prison}
    return {"eventType": kind, "occurredAt": LATER, "version": 1, "additionalInformation": about, **changes}


def merged(removed: str = "A1234AA", kept: str = "A9999AA", **changes: Any) -> Json:
    about = {"nomsNumber": kept, "removedNomsNumber": removed, "reason": "MERGE"}
    return {**told(MERGED), "additionalInformation": about, **changes}


async def phases(here: Estate) -> set[Phase]:
    return {session.phase for session in (await here.sessions()).values()}


@pytest.mark.parametrize(
    "event",
    [
        told(RELEASED),
        told(RELEASED, "RELEASED"),
        told(RELEASED, "RELEASED_TO_HOSPITAL"),
        told(RECEIVED, prison="HII"),
        told(RECEIVED, prison="XYZ"),
        enveloped(told(RELEASED)),
        told(RELEASED, occurredAt="2026-11-05T09:30:00"),
    ],
)
async def test_what_was_booked_for_somebody_who_left_is_cancelled(here: Estate, event: Json) -> None:
    await here.taken(video_booking())
    found = await here.outcome(event)
    assert found["outcome"] == "taken"
    assert len(found["prisoner"]["sessions"]) == 3
    assert await phases(here) == {Phase.CANCELLED}
    assert here.bvls.reads == 1
    shape = openapi()
    OAS31Validator(
        {"$ref": "#/components/schemas/AdapterAnswer", "components": shape["components"]},
    ).validate(found)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (told(RELEASED, "SENT_TO_COURT"), "reason"),
        (told(RELEASED, "TEMPORARY_ABSENCE_RELEASE"), "reason"),
        (told(RELEASED, "A_REASON_TO_COME"), "reason"),
        (told(RECEIVED, "RETURN_FROM_COURT"), "reason"),
        (told(RELEASED, prison="XYZ"), "establishment"),
        (told(RELEASED, prison="BAI"), "establishment"),
    ],
)
async def test_who_is_expected_back_or_left_another_prison_keeps_what_is_booked(
    here: Estate, event: Json, code: str
) -> None:
    await here.taken(video_booking())
    assert (await here.outcome(event))["codes"] == [code]
    assert Phase.CANCELLED not in await phases(here)


@pytest.mark.parametrize(
    "event",
    [
        told(RECEIVED),
        told(RELEASED, occurredAt="2026-11-01T09:30:00Z"),
        told(RELEASED, additionalInformation={"nomsNumber": "B9876BB", "reason": "RELEASED", "prisonId": "MDI"}),
    ],
)
async def test_an_arrival_here_a_late_word_and_another_prisoner_change_nothing(here: Estate, event: Json) -> None:
    await here.taken(video_booking())
    found = await here.outcome(event)
    assert (found["outcome"], found["prisoner"]["sessions"]) == ("taken", [])
    assert Phase.CANCELLED not in await phases(here)


async def test_after_a_merge_the_sessions_are_for_the_number_that_was_kept(here: Estate) -> None:
    await here.taken(video_booking())
    assert len((await here.outcome(merged()))["prisoner"]["sessions"]) == 3
    for session in (await here.sessions()).values():
        personal = await here.home.store.read(lambda rx, id=session.id: rx.personal(id))  # type: ignore[misc]
        assert personal[session.prisoner_ref] == "A9999AA"


async def test_a_message_that_comes_twice_is_answered_as_the_first_time(here: Estate) -> None:
    await here.taken(video_booking())
    first = await here.outcome(told(RELEASED), message="m-1")
    assert await here.outcome(told(RELEASED), message="m-1") == first


@pytest.mark.parametrize(
    ("event", "pointer"),
    [
        (told(RELEASED, occurredAt=None), "/occurredAt"),
        (told(RELEASED, occurredAt="yesterday"), "/occurredAt"),
        (told(RELEASED, occurredAt="0001-01-01T00:00:00"), "/occurredAt"),
        (told(RELEASED, prison=None), "/additionalInformation/prisonId"),
        (merged(removed="canary"), "/additionalInformation/removedNomsNumber"),
        (merged(kept=""), "/additionalInformation/nomsNumber"),
    ],
)
async def test_what_does_not_say_who_where_or_when_is_no_event(here: Estate, event: Json, pointer: str) -> None:
    answer = await here.tell(event)
    assert answer.status == 422
    said = await answer.json()
    assert [fault["pointer"] for fault in said["errors"]] == [pointer]
    assert "canary" not in str(said)


async def test_a_sender_that_may_not_speak_of_prisoners_is_refused_and_that_is_kept(here: Estate) -> None:
    settings = here.home.deps.settings
    senders = [
        each.model_copy(update={"event_types": ("booking.created",)}) if each.system == "bvls" else each
        for each in settings.config.senders
    ]
    settings.put(settings.config.model_copy(update={"senders": tuple(senders)}))
    await here.taken(video_booking())
    assert (await here.outcome(told(RELEASED)))["outcome"] == "refused"
    assert Phase.CANCELLED not in await phases(here)
    (row,) = (await (await here.home.get("/v1/refusals", AUDITOR)).json())["refusals"]
    assert (row["sender"], row["eventType"], row["outside"]) == ("bvls", "prisoner.transferred", "event_type")
