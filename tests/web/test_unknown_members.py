"""Members of a booking that vmrd does not know: kept small, shown on demand, wiped early, never logged."""

from __future__ import annotations

import json
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import CapturingLogger

from tests.web.house import EVENT, House, event
from vmrd.web.unknown import LIMIT, unknown

P1, P2 = EVENT["booking"]["attendees"]
MORE: dict[str, Any] = {
    "extra": None,
    "notes": {"staff": "Canary note", "prisoner": None},
    "bookedBy": {"name": "A Clerk", "email": "a.clerk@example.org", "desk": 7},
    "attendees": [{**P1, "organisation": "Canary Chambers"}, P2],
}


async def background(home: House, session: str) -> list[str]:
    shown = await home.press(session, "reveal", {"what": "background"})
    assert shown.status == 200
    return str((await shown.json())["value"]).splitlines()


@pytest.mark.asyncio
async def test_what_vmrd_does_not_know_can_be_read_with_who_booked_and_each_look_is_written_down(home: House) -> None:
    session = (await home.booked(**MORE))["main"]
    lines = await background(home, session)
    assert {
        'notes: {"staff":"Canary note","prisoner":null}',
        "bookedBy/desk: 7",
        "attendees/0/organisation: Canary Chambers",
    } <= set(lines)
    record = await (await home.get(f"/v1/sessions/{session}/record")).json()
    assert [entry["fact"] for entry in record["entries"]].count("Revealed") == 1


@pytest.mark.asyncio
async def test_it_is_encrypted_on_disk_in_no_log_and_gone_when_the_booking_says_it_no_longer(home: House) -> None:
    logger = CapturingLogger()
    structlog.configure(logger_factory=lambda *_: logger, cache_logger_on_first_use=False)
    try:
        session = (await home.booked(**MORE))["main"]
        await home.deliver(event(version=9, extra=None), "two")
    finally:
        structlog.reset_defaults()
    assert "Canary note" not in repr(logger.calls)
    assert not any("note" in line for line in await background(home, session))
    await home.store.close()
    kept = b"".join(path.read_bytes() for path in home.deps.config.store.path.parent.iterdir() if path.is_file())
    assert b"Canary note" not in kept


@pytest.mark.asyncio
async def test_more_than_the_limit_is_not_kept_and_the_sender_is_told_of_what(home: House) -> None:
    said = event(extra="x" * LIMIT, notes={"staff": "Canary note"}, **{"Canary name as a key": 1})
    told = await (await home.deliver(said)).json()
    assert "unknown_dropped: extra, notes, 1 more" in told["warnings"]
    assert "Canary name as a key" not in json.dumps(told)
    lines = await background(home, told["sessionIds"][0]["sessionId"])
    assert not any("xxx" in line or "Canary note" in line for line in lines)


@pytest.mark.asyncio
async def test_what_is_not_known_makes_no_other_event_of_a_repeated_version(home: House) -> None:
    await home.booked()
    again = await home.deliver(event(extra={"other": 1}), "two")
    assert (again.status, (await again.json())["result"]) == (200, "duplicate")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
members = st.sampled_from(
    ("segments", "attendees", "room", "declarations", "case", "prisoners", "answers", "notes", "")
)


@given(st.dictionaries(members | st.text(max_size=12), json_values, max_size=6) | json_values)
def test_anything_is_either_kept_within_the_limit_or_named(booking: object) -> None:
    found = unknown(booking)
    assert sum(len(line.encode(errors="replace")) for line in found.lines) <= LIMIT
    assert len(found.warnings) == bool(found.dropped)
    assert all(len(warning) < 600 for warning in found.warnings)


@pytest.mark.asyncio
async def test_the_number_of_a_document_sent_under_a_name_of_its_own_is_kept_nowhere(home: House) -> None:
    numbered = {
        "attendees": [
            {**MORE["attendees"][0], "passportNumber": "PASS7719042GB", "id": {"drivingLicence": "PASS7719042GB"}},
            P2,
        ],
        "prisoners": [{**EVENT["booking"]["prisoners"][0], "birth_date": "1971-02-23"}],
        "documents": [{"scan": "PASS7719042GB"}],
        "photo": "PASS7719042GB",
    }
    told = await (await home.deliver(event(**{**MORE, **numbered}))).json()
    (warning,) = [each for each in told["warnings"] if each.startswith("unknown_dropped")]
    assert warning.partition(": ")[2].split(", ") == [
        "prisoners/0/birth_date", "attendees/0/passportNumber", "attendees/0/id", "documents", "photo"
    ]  # fmt: skip
    shown = await background(home, told["sessionIds"][0]["sessionId"])
    assert "attendees/0/organisation: Canary Chambers" in shown  # the others are kept as before
    assert not any("PASS7719042GB" in line or "1971-02-23" in line for line in shown)
