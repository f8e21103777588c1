"""What takes two people over the API: who may be the second, and what the record says of both."""

from __future__ import annotations

import pytest

from tests.web.house import OFFICER, SUPERVISOR, House, Json, leg
from vmrd.store.base import Officer
from vmrd.web.caller import EMERGENCY, digest

pytestmark = pytest.mark.asyncio
ASKED: Json = {"participant": "ada", "attendee": "p1", "reason": "Known here for years"}


async def asked(home: House, token: str = OFFICER) -> str:
    session = await home.opened(leg("B Advocate", id="ada"))
    assert (await home.press(session, "ask-override", ASKED, token)).status == 202
    return session


def person(view: Json) -> Json:
    return next(each for each in view["participants"] if each["id"] == "ada")


async def test_two_people_s_names_and_the_reason_are_in_the_record(home: House) -> None:
    session = await asked(home)
    pending = person(await home.view(session))["override"]
    assert (pending["by"], pending["reason"], pending["attendee"]) == ("k.shah", "Known here for years", "p1")
    answer = await home.press(session, "confirm-override", {"participant": "ada"}, SUPERVISOR)
    assert answer.status == 202
    now = person(await answer.json())
    assert (now["checked"], now["override"], now["check"]["documents"]) == (True, None, [])
    record = await (await home.get(f"/v1/sessions/{session}/record")).json()
    both = next(each for each in record["checks"] if each["fact"] == "Overridden")
    assert (both["details"]["askedBy"], both["by"], both["details"]["reasonRef"]) == (
        "k.shah",
        "s.upervisor",
        "Known here for years",
    )


async def test_only_another_supervisor_may_be_the_second(home: House) -> None:
    session = await asked(home, SUPERVISOR)
    assert (await home.press(session, "confirm-override", {"participant": "ada"})).status == 403
    refused = await home.press(session, "confirm-override", {"participant": "ada"}, SUPERVISOR)
    assert (refused.status, (await refused.json())["code"]) == (409, "same-person")
    assert not person(await home.view(session))["checked"]


async def test_the_emergency_account_is_nobody_s_second(home: House) -> None:
    sealed = Officer(f"k.shah {EMERGENCY}", "supervisor", ("MDI",), None, digest("sealed"))
    await home.store.write([], lambda tx: tx.put_officer(sealed))
    session = await asked(home)
    refused = await home.press(session, "confirm-override", {"participant": "ada"}, "sealed")
    assert (refused.status, (await refused.json())["code"]) == (409, "emergency-account")
    assert not person(await home.view(session))["checked"]


async def test_a_reason_is_asked_for(home: House) -> None:
    session = await home.opened(leg("B Advocate", id="ada"))
    assert (await home.press(session, "ask-override", ASKED | {"reason": " "})).status == 422
