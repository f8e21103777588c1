"""A slice of the fuzz, always the same one, and every order in which a booking's versions can come."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from itertools import permutations
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from tests.fuzz.events import Sent
from tests.fuzz.judge import Account, Judged
from tests.fuzz.run import drawn, fuzz
from tests.web.house import DESK_KEY, EVENT, KEY, START, House, Json, event, house
from tests.web.test_booking_desk import desk
from tests.web.test_booking_events import main, slots
from vmrd.lifecycle.words import OVER
from vmrd.store.base import Rx, SessionFilter


def test_no_bent_event_breaks_us_or_leaves_half_a_booking() -> None:
    account = asyncio.run(fuzz(drawn(500, 1)))
    assert account.broken == []
    assert account.answered.keys() >= {200, 202, 400, 409, 413, 422}


@pytest.mark.asyncio
async def test_the_judge_sees_what_a_refusal_wrote_and_what_it_repeats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def careless(home: House, sent: Sent, message: str) -> ClientResponse:
        await home.deliver(EVENT)
        return await home.client.get("/v1/canary")

    account = Account()
    async with house(tmp_path) as home:
        with closing(Judged(home, account)) as judged:
            await judged.take(Sent(b"{", KEY, valid=False))
            assert account.broken == []
            monkeypatch.setattr("tests.fuzz.judge.post", careless)
            monkeypatch.setattr("tests.fuzz.judge.CANARY", "nothing here")
            await judged.take(Sent(b"{", KEY, valid=False))
    assert [each.partition(":")[0] for each in account.broken] == [
        "refused, and something was written",
        "what was sent is repeated",
    ]


PRE, MAIN = EVENT["booking"]["segments"]
P1, P2 = EVENT["booking"]["attendees"]
STORIES: dict[str, list[Json]] = {
    "moved, shortened, and given another interpreter": [
        event(version=1),
        event(version=2, segments=[PRE, main(("10:15", "11:00"))]),
        event(version=3, segments=[main(("10:15", "11:00"))]),
        event(version=4, attendees=[P1, {**P2, "name": "Canary Other", "displayName": "Interpreter 2"}]),
    ],
    "another prisoner, room and purpose": [
        event(version=1),
        event(version=2, prisoners=[{"prisonerNumber": "B9876BB"}]),
        event(version=3, segments=[main(("10:00", "10:30"), prisonRoom={"locationKey": "MDI-VCC-2"})]),
        event(version=4, purpose="probation", declarations=None, case=None, bookedBy=None),
    ],
    "cancelled and booked again": [
        event(version=1),
        event(version=2, eventType="booking.cancelled", segments=[], attendees=[]),
        event(version=3, segments=[main(("11:00", "11:30"))]),
    ],
    "requested, then received, then cancelled": [
        event(version=1, eventType="booking.requested", prisoners=[{**EVENT["booking"]["prisoners"][0]}]),
        event(version=2, segments=[main() | {"slots": slots(("09:00", "09:30"), date="2026-11-06")}]),
        event(version=3, eventType="booking.cancelled"),
    ],
    "sooner, so that somebody must approve it": [
        desk(version=1),
        desk(version=2, segments=[{**desk()["booking"]["segments"][0], "slots": MAIN["slots"]}]),
        desk(version=3, segments=[{**desk()["booking"]["segments"][0], "slots": MAIN["slots"]}], noticeOverride=None),
    ],
    "a protected name that is protected no more": [
        event(version=1),
        event(version=2, attendees=[P1, {**P2, "protectedIdentity": False}]),
        event(version=3, attendees=[P1, {**P2, "name": None}], prisoners=[{"prisonerNumber": "A1234AA"}]),
    ],
}


def _stands(rx: Rx, booking: str) -> object:
    """What the booking comes to, without what is drawn by lot (ids, link, PINs) and what is over."""
    record = rx.booking(booking)
    assert record is not None
    found = []
    for session in rx.sessions(SessionFilter(booking_id=record.id)):
        if session.phase in OVER:
            continue
        texts = rx.personal(session.id)
        people = {ref: (texts[each.name_ref], each.role, each.required) for ref, each in session.attendees.items()}
        secrets = {name: rx.secret(session.id, name) for name in rx.secret_names(session.id) if "pin" not in name}
        room = f"{session.establishment}/{session.room}"
        held = [(each.start, each.end) for each in rx.claims("room", room, 0, START * 2)]
        booked = (session.segment, session.starts_at, session.ends_at, session.room, session.purpose, session.control)
        told = (session.observation, session.screen_share_declared, session.needs_approval, session.flags)
        found.append((booked, texts[session.prisoner_ref], told, people, secrets, held, session.booking_version))
    return record.version, record.digest, record.status, sorted(found, key=repr)


async def _told(folder: Path, said: Sequence[Json]) -> object:
    async with house(folder) as home:
        for number, each in enumerate(said):
            answer = await home.deliver(each, f"msg-{number}", KEY if each["source"]["system"] == "bvls" else DESK_KEY)
            assert answer.status in (200, 202), await answer.text()
        return await home.store.read(lambda rx: _stands(rx, said[0]["booking"]["id"]))


@pytest.mark.asyncio
@pytest.mark.parametrize("story", STORIES)
async def test_late_repeated_and_overtaken_versions_end_where_the_newest_alone_does(tmp_path: Path, story: str) -> None:
    versions = STORIES[story]
    (tmp_path / "newest").mkdir()
    newest = await _told(tmp_path / "newest", versions[-1:])
    for number, order in enumerate(permutations(versions)):
        folder = tmp_path / str(number)
        folder.mkdir()
        again = order[number % len(order)]
        assert await _told(folder, [*order[:2], again, *order[2:], order[0]]) == newest, [
            each["booking"]["version"] for each in order
        ]
