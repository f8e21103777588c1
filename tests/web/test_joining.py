"""What those who were booked are told."""

from __future__ import annotations

import re

import pytest

from tests.web.house import AUDITOR, BOOKER, DESK_KEY, EVENT, STRANGER, House, event
from vmrd.directory.entries import Entry, Kind
from vmrd.joining import joining
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.identity import IdProfile
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.words import Document
from vmrd.secret_names import host_pin

pytestmark = pytest.mark.asyncio


async def text_of(home: House, session: str) -> str:
    answer = await home.get(f"/v1/sessions/{session}/joining", BOOKER, Accept="text/plain")
    assert answer.status == 200
    return await answer.text()


async def test_the_instructions_say_when_how_and_what_to_have_ready(home: House) -> None:
    session = (await home.booked())["main"]
    shown = await (await home.get(f"/v1/sessions/{session}/joining", BOOKER)).json()
    view = await home.view(session)
    assert (shown["link"], shown["uri"]) == (view["vmr"]["browserLink"], view["vmr"]["uri"])
    text = await text_of(home, session)
    assert "Moorland, Thursday 5 November 2026, 10:00 to 10:30 (London time)." in text
    for said in (shown["link"], shown["uri"], "a photo identity card", "Prison control – cannot see or hear"):
        assert said in text
    assert [section["title"].upper() in text for section in shown["sections"]] == [True] * 6


async def test_the_rule_of_young_offenders_is_named_at_their_institution(home: House) -> None:
    assert "Young Offender Institution Rule 16" in await text_of(home, (await home.booked())["main"])


@pytest.mark.parametrize(
    ("kinds", "rule"),
    [
        ((), "Prison Rule 38 applies"),
        ((Kind.FEMALE, Kind.OPEN), "Prison Rule 38 applies"),
        ((Kind.HIGH_SECURITY, Kind.YOUNG_OFFENDERS), "Young Offender Institution Rule 16 applies"),
        ((Kind.SECURE_TRAINING_CENTRE,), "Secure Training Centre Rules"),
    ],
)
async def test_each_kind_of_establishment_names_its_own_rule(home: House, kinds: tuple[Kind, ...], rule: str) -> None:
    session = await home.session((await home.booked())["main"])
    told = joining(session, Entry(code="MDI", name="Moorland", kinds=kinds), Rules(), "link", "uri").text()
    assert rule in told
    assert "criminal offence" in told


async def test_what_a_prison_asks_for_on_top_is_told_when_it_is_booked(home: House) -> None:
    session = await home.session((await home.booked())["main"])
    rules = Rules(id_profile=IdProfile(also=frozenset({Document.PASSPORT}), in_advance=True))
    told = joining(session, Entry(code="MDI", name="Moorland"), rules, "link", "uri").text()
    assert "This prison also asks for a passport." in told
    assert "wants to see your documents before the meeting as well" in told


async def test_the_advice_before_during_and_when_it_fails_is_that_of_the_guidance(home: House) -> None:
    text = await text_of(home, (await home.booked())["main"])
    for said in (
        "Allow a few minutes of it for showing your ID",
        "nobody who is late can come in",
        "Chrome works best",
        "From Skype for Business",
        "Enter the name you work under, or the alias you were given",
        "Choose camera and microphone. Join as a guest, without a PIN, and wait until the prison opens",
        "Never join by telephone",
        "Do not pass it on; delete it afterwards",
        "A paper driving licence is not accepted",
        "nothing behind you that says who or where you are",
        "A charged device and no other video program",
        "Over 1 Mbps each way, and a delay under 100 ms",
        "ask the prisoner to signal to the officer at once",
        "Mute yourself while you listen",
        "If you finish early, ask the prisoner to signal",
        "Take no photographs or screenshots, record nothing, and let nobody else do so",
        "allow camera and microphone, try Chrome, another network or another device",
        "or another device, or restart it",
        "Office and public networks may block video; so may a mobile provider. Ask theirs to let it through",
        "A cable is better than Wi-Fi, and Wi-Fi than mobile data; of that, take 4G or 5G",
        "use the Pexip app",
        "use a headset",
        "tell the prison: desk@example.org",
    ):
        assert said in text


async def test_the_times_are_londons_in_summer_too(home: House) -> None:
    slot = {"date": "2027-07-01", "start": "10:00", "end": "10:30"}
    segment = {**EVENT["booking"]["segments"][1], "slots": [slot]}
    session = (await home.booked(segments=[segment]))["main"]
    assert "Thursday 1 July 2027, 10:00 to 10:30" in await text_of(home, session)


async def test_there_is_never_a_telephone_number_or_the_host_pin_in_it(home: House) -> None:
    session = (await home.booked())["main"]
    pin = await home.store.read(lambda rx: rx.secret(session, host_pin(1)))
    assert pin is not None
    text = await text_of(home, session)
    assert pin.decode() not in text
    assert not re.search(r"0\d{3,4} ?\d{3} ?\d{3}", text)
    assert "desk@example.org" in text


async def test_a_link_works_from_when_it_has_been_made_and_has_reached_every_node(home: House) -> None:
    session = (await home.booked())["main"]
    shown = await (await home.get(f"/v1/sessions/{session}/joining", BOOKER)).json()
    assert shown["worksFrom"] == "2026-11-05T09:01:30.000Z"  # booked within the day before: made at once


async def test_declared_screen_sharing_is_not_asked_for_again(home: House) -> None:
    declared = await text_of(home, (await home.booked())["main"])
    assert "You said that you will share your screen" in declared


async def test_whoever_may_not_see_the_session_gets_no_instructions(home: House) -> None:
    session = (await home.booked())["main"]
    assert (await home.get(f"/v1/sessions/{session}/joining", STRANGER)).status == 404
    assert (await home.get(f"/v1/sessions/{session}/joining", AUDITOR)).status == 200


async def test_a_cancelled_meeting_and_somebody_elses_room_have_none(home: House) -> None:
    session = (await home.booked())["main"]
    await home.engine.submit(session, i.Cancel(9, "cancelled"))
    refused = await home.get(f"/v1/sessions/{session}/joining", BOOKER)
    assert (refused.status, (await refused.json())["detail"]) == (409, "The meeting is over.")
    outside = {"source": "external", "videoLinkUrl": "https://court.example.org/1"}
    elsewhere = {**EVENT["booking"]["segments"][1], "prisonRoom": {"locationKey": "MDI-VCC-2"}}
    nobody = [{"prisonerNumber": "A9999AA"}]
    court = event(id="bvls:2", room=outside, segments=[elsewhere], prisoners=nobody)
    told = await (await home.deliver(court, "msg-court")).json()
    refused = await home.get(f"/v1/sessions/{told['sessionIds'][0]['sessionId']}/joining", BOOKER)
    assert "somebody else's room" in (await refused.json())["detail"]


async def test_a_sender_that_passes_no_links_on_is_told_none(home: House) -> None:
    own = {**event(id="desk:1"), "source": {"system": "desk"}}
    own["booking"]["bookedBy"]["email"] = "clerk@justice.gov.uk"
    own["booking"]["answers"] = {"papers": "nobody"}
    own["booking"]["attendees"][1] |= {"linkForwardedBy": "p1", "vouchedBy": "p1", "presenceConfirmed": True}
    answer = await (await home.deliver(own, key=DESK_KEY)).json()
    assert [each["link"] for each in answer["sessionIds"]] == [None, None]
