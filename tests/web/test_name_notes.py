"""What an officer is told of a name: the same as somebody's, made to look like it, odd, or checked before."""

from __future__ import annotations

import pytest

from tests.web.house import ROOM, House, leg
from vmrd.lifecycle.words import Where

pytestmark = pytest.mark.asyncio

ADVOCATE = leg("b. advocate")
CARD = ["photo_card"]


async def notes(home: House, session: str, participant: str) -> list[tuple[str, str | None]]:
    view = await home.view(session)
    (found,) = [each["nameNotes"] for each in view["participants"] if each["id"] == participant]
    return [(note["code"], note["about"]) for note in found]


async def test_two_of_one_name_are_flagged_and_one_alone_is_not(home: House) -> None:
    twin = leg("B. ADVOCATE", Where.WAITING, id="twin")
    session = await home.opened(ADVOCATE)
    assert await notes(home, session, ADVOCATE.leg) == []
    await home.shows(session, ROOM, ADVOCATE, twin)
    assert await notes(home, session, ADVOCATE.leg) == [("same-name", None)]
    assert await notes(home, session, "twin") == [("same-name", None)]


async def test_a_name_in_letters_of_another_alphabet_is_flagged_and_said_whose_it_looks_like(home: House) -> None:
    false = leg("b. advоcate", Where.WAITING, id="false")
    session = await home.opened(ADVOCATE)
    await home.shows(session, ROOM, ADVOCATE, false)
    found = await notes(home, session, "false")
    assert ("looks-like", "b. advocate") in found
    assert ("odd-letters", None) in found
    assert ("looks-like", "b. advоcate") in await notes(home, session, ADVOCATE.leg)


async def test_who_was_checked_and_comes_back_is_recognised_and_is_to_be_checked_again(home: House) -> None:
    again = leg("b. advocate", id="again")
    session = await home.opened(ADVOCATE)
    await home.pressed(session, "check", {"participant": ADVOCATE.leg, "attendee": "p1", "documents": CARD})
    await home.shows(session, ROOM, again)
    assert await notes(home, session, "again") == [("checked-before", None)]
    view = await home.view(session)
    assert not next(each for each in view["participants"] if each["id"] == "again")["checked"]
