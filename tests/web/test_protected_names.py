"""Somebody known by an alias: their own name is in one place, and shown to whoever asks there and nowhere else."""

from __future__ import annotations

import json

import pytest
import structlog
from structlog.testing import CapturingLogger

from tests.web.house import BOOKER, EVENT, ROOM, SUPERVISOR, House, Json, event, leg
from vmrd.clock import SystemClock
from vmrd.lifecycle.commands import Lane, Tell
from vmrd.lifecycle.identity import IdProfile
from vmrd.lifecycle.words import Where
from vmrd.notify import Notifier, Target, WayIn
from vmrd.poster import Reply
from vmrd.store.base import OutboxItem

pytestmark = pytest.mark.asyncio

OWN = "Canaria Realnym"
WITNESS = {"ref": "w", "role": "other", "name": OWN, "displayName": "Witness A", "protectedIdentity": True}
MAIN = {**EVENT["booking"]["segments"][1], "attendeeRefs": None}
BOOKED: Json = {"attendees": [EVENT["booking"]["attendees"][0], WITNESS], "segments": [MAIN]}


def witness(view: Json) -> Json:
    """The witness's leg."""
    found: Json = next(each for each in view["participants"] if each["id"] == "leg-w")
    return found


async def in_the_meeting(home: House, typed: str) -> str:
    """The session of a witness who typed this name, inside with the prison room."""
    session = await home.ready(**BOOKED)
    await home.shows(session, leg(typed, Where.WAITING, id="leg-w"), started=False)
    await home.pressed(session, "open")
    await home.shows(session, ROOM, leg(typed, id="leg-w"))
    return session


async def test_an_own_name_typed_at_pexip_goes_no_further_than_the_meeting(home: House) -> None:
    logger = CapturingLogger()
    structlog.configure(logger_factory=lambda *_: logger, cache_logger_on_first_use=False)
    try:
        session = await in_the_meeting(home, OWN)
        view = await home.view(session)
        shown = witness(view)
        assert (shown["name"], shown["suggested"]) == ("Witness A", "w")
        texts = [text for alert in view["alerts"] if alert["code"] == "own-name-shown" for text in [alert["text"]]]
        assert texts == [
            "Witness A joined under their own name, which is to be kept secret. Ask them to join again as Witness A"
        ]
        said = [
            json.dumps(view),
            await (await home.get(f"/v1/sessions/{session}/record")).text(),
            await (await home.get(f"/v1/sessions/{session}/joining", BOOKER)).text(),
            await (await home.get("/v1/bookings/bvls:184233", BOOKER)).text(),
            await (await home.get(f"/panel/sessions/{session}")).text(),
            await (await home.get("/panel")).text(),
            await (await home.ops.get("/metrics")).text(),
            await callbacks(home, session),
            repr(logger.calls),
        ]
    finally:
        structlog.reset_defaults()
    assert [text for text in said if "Canaria" in text or "Realnym" in text] == []
    assert (await home.session(session)).alias in said[0]  # what is searched is what was shown
    await home.store.close()
    kept = b"".join(path.read_bytes() for path in home.deps.config.store.path.parent.iterdir() if path.is_file())
    assert b"Witness A" in kept
    assert b"Realnym" not in kept


async def callbacks(home: House, session: str) -> str:
    """Callbacks that tell of people, and what waits to be asked of Pexip, as text."""
    sent: list[bytes] = []

    async def post(url: str, body: bytes, headers: object) -> Reply:
        sent.append(body)
        return Reply(204)

    way = WayIn("join/x", "x@meet.example.org", IdProfile())
    target = Target("bvls", "https://bookings.example.org", (), distributor=True)
    notifier = Notifier(home.store, SystemClock(), home.deps.metrics, post, lambda _: target, lambda _: way)
    now = await home.session(session)
    for number, told in enumerate(("session.ready", "session.knock", "session.opened", "session.outcome")):
        item = OutboxItem(number, session, "MDI", Lane.NOTIFY, "tell", Tell(told, number), 0, None, 1)
        await notifier.tell(item, now, Tell(told, number))
    assert len(sent) == 4
    outbox = await home.store.read(lambda rx: rx.outbox(session))
    return "".join([*(body.decode() for body in sent), repr(outbox), now.vmr_name])


async def test_who_comes_in_again_under_the_alias_ends_the_alert(home: House) -> None:
    session = await in_the_meeting(home, OWN)
    await home.shows(session, ROOM, leg("Witness A", id="leg-w"))
    view = await home.view(session)
    assert [alert for alert in view["alerts"] if alert["code"] == "own-name-shown"] == []
    assert witness(view)["suggested"] == "w"


async def test_somebody_else_with_part_of_the_name_keeps_their_own(home: House) -> None:
    session = await in_the_meeting(home, "Canaria")
    assert witness(await home.view(session))["name"] == "Canaria"


async def test_the_own_name_is_shown_on_demand_to_who_may_see_it_and_the_look_is_written_down(home: House) -> None:
    session = (await home.booked(**BOOKED))["main"]
    asked = {"what": "attendee-name", "attendee": "w"}
    assert (await home.press(session, "reveal", asked, BOOKER)).status == 403
    assert (await (await home.press(session, "reveal", asked, SUPERVISOR)).json())["value"] == OWN
    record = await (await home.get(f"/v1/sessions/{session}/record")).json()
    looks = [entry for entry in record["entries"] if entry["fact"] == "Revealed"]
    assert [(look["by"], look["details"]) for look in looks] == [
        ("s.upervisor", {"what": "attendee-name", "about": "w"})
    ]


async def test_an_alias_without_any_name_is_all_a_booking_need_say(home: House) -> None:
    nameless = {**WITNESS, "name": None}
    session = (await home.booked(attendees=[nameless], segments=[MAIN]))["main"]
    (expected,) = (await home.view(session))["expected"]
    assert (expected["name"], expected["nameAvailable"]) == ("Witness A", False)


async def test_what_vmrd_does_not_know_of_a_protected_person_is_not_kept_and_the_sender_is_told(home: House) -> None:
    more = {**WITNESS, "legalName": OWN, "organisation": {"contact": OWN}}
    said = event(attendees=[EVENT["booking"]["attendees"][0], more], segments=[MAIN])
    told = await (await home.deliver(said)).json()
    assert "unknown_dropped: attendees/1/legalName, attendees/1/organisation" in told["warnings"]
    session = told["sessionIds"][0]["sessionId"]
    shown = await (await home.press(session, "reveal", {"what": "background"})).json()
    assert OWN not in shown["value"]
