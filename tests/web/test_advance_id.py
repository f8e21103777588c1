"""A prison that wants documents before the meeting: who has sent them, who has not, and who said so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.web.house import BOOKER, EVENT, House, configuration, event, house

pytestmark = pytest.mark.asyncio

P1, P2 = EVENT["booking"]["attendees"]


@pytest_asyncio.fixture
async def strict(tmp_path: Path) -> AsyncIterator[House]:
    usual = configuration(tmp_path).establishments[0].model_dump(mode="json", exclude_none=True)
    (tmp_path / "strict").mkdir()
    async with house(tmp_path / "strict", establishments=[{**usual, "identity": {"in_advance": True}}]) as built:
        yield built


async def test_who_has_not_sent_documents_is_named_before_open_and_ticked_off_by_name_and_time(strict: House) -> None:
    session = await strict.ready()
    view = await strict.view(session)
    assert view["evidenceOutstanding"] == ["p1", "p2"]
    assert "evidence-received" in view["allowed"]
    page = await (await strict.get(f"/panel/sessions/{session}")).text()
    assert "have not come from B Advocate, Interpreter 1." in page
    view = await strict.pressed(session, "evidence-received", {"attendee": "p1"})
    ticked = next(each for each in view["expected"] if each["ref"] == "p1")
    assert (ticked["evidenceBy"], ticked["evidenceAt"]) == ("k.shah", "2026-11-05T10:00:00.000Z")
    assert view["evidenceOutstanding"] == ["p2"]
    page = await (await strict.get(f"/panel/sessions/{session}")).text()
    assert "have not come from Interpreter 1." in page
    assert "Documents of B Advocate came before the meeting" in page
    assert (await strict.press(session, "open")).status == 202  # a warning, not a gate: the check on camera decides


async def test_a_tick_made_by_mistake_is_taken_back(strict: House) -> None:
    session = await strict.ready()
    await strict.pressed(session, "evidence-received", {"attendee": "p1"})
    view = await strict.pressed(session, "evidence-received", {"attendee": "p1", "received": False})
    assert view["evidenceOutstanding"] == ["p1", "p2"]
    record = await (await strict.get(f"/v1/sessions/{session}/record")).json()
    facts = [entry["fact"] for entry in record["entries"] if entry["fact"].startswith("Evidence")]
    assert facts == ["EvidenceReceived", "EvidenceWithdrawn"]


async def test_the_booking_desk_says_so_in_the_booking_and_an_officers_tick_outlives_its_next_version(
    strict: House,
) -> None:
    session = (await strict.booked(attendees=[{**P1, "advanceIdReceived": True}, P2]))["main"]
    view = await strict.view(session)
    assert [each["evidenceBy"] for each in view["expected"]] == ["bvls", None]
    await strict.pressed(session, "evidence-received", {"attendee": "p2"})
    assert (await strict.deliver(event(version=9), "two")).status == 202
    assert (await strict.view(session))["evidenceOutstanding"] == []


async def test_no_document_and_no_number_can_be_said(strict: House) -> None:
    session = await strict.ready()
    said = {"attendee": "p1", "document": "passport", "number": "CANARY123"}
    await strict.pressed(session, "evidence-received", said)
    record = await (await strict.get(f"/v1/sessions/{session}/record")).text()
    assert "CANARY123" not in record
    assert "passport" not in record
    assert (await strict.press(session, "evidence-received", {"attendee": "p1"}, BOOKER)).status == 403


async def test_where_no_prison_asks_there_is_nothing_to_tick(home: House) -> None:
    session = await home.ready()
    view = await home.view(session)
    assert view["evidenceOutstanding"] == []
    assert "evidence-received" not in view["allowed"]
    answer = await home.press(session, "evidence-received", {"attendee": "p1"})
    assert (await answer.json())["code"] == "not-asked"
