"""What a booker can read before booking."""

from pathlib import Path

import pytest

from tests.web.house import AUDITOR, BOOKER, House, configuration, house, leg

pytestmark = pytest.mark.asyncio


async def test_the_directory_shows_ones_own_establishments(home: House) -> None:
    mine = await (await home.get("/v1/establishments", BOOKER)).json()
    assert [each["code"] for each in mine["establishments"]] == ["MDI"]
    every = await (await home.get("/v1/establishments", AUDITOR)).json()
    assert [each["code"] for each in every["establishments"]] == ["BAI", "HII", "MDI"]


async def test_the_id_profile_can_be_read_before_booking(home: House) -> None:
    shown = await (await home.get("/v1/establishments/MDI", BOOKER)).json()
    assert ["photo_card"] in shown["idProfile"]["ways"]
    assert ["headed_letter", "passport"] in shown["idProfile"]["ways"]
    assert shown["rooms"][0] == {"key": "MDI-VCC-1", "name": "Video room 1", "canBeCalled": True, "screenShare": True}
    assert shown["hours"] is None
    assert (await home.get("/v1/establishments/BAI", BOOKER)).status == 404


async def test_a_prison_that_wants_documents_before_the_meeting_says_so_before_booking_and_at_the_check(
    home: House, tmp_path: Path
) -> None:
    usual = configuration(tmp_path).establishments[0].model_dump(mode="json", exclude_none=True)
    strict = {**usual, "identity": {"in_advance": True}}
    assert not (await (await home.get("/v1/establishments/MDI", BOOKER)).json())["idProfile"]["inAdvance"]
    (tmp_path / "strict").mkdir()
    async with house(tmp_path / "strict", establishments=[strict]) as there:
        assert (await (await there.get("/v1/establishments/MDI", BOOKER)).json())["idProfile"]["inAdvance"]
        session = await there.opened(leg("B Advocate"))
        page = await (await there.get(f"/panel/sessions/{session}")).text()
        assert "This prison wants to have seen their documents before the meeting" in page


async def test_whom_to_call_at_a_prison_can_be_read_with_its_hours_and_for_whom_it_is(home: House) -> None:
    shown = await (await home.get("/v1/establishments/MDI", BOOKER)).json()
    assert (shown["kinds"], shown["video"]) == (["young-offenders"], "installing")
    assert shown["contacts"] == [
        {"channel": "email", "value": "desk@example.org", "extension": None, "hours": None, "parties": ["legal"]},
        {"channel": "telephone", "value": "01632 960110", "extension": "12", "hours": "am", "parties": []},
    ]
    assert shown["spoc"]["value"] == "visits@example.org"  # who arranges visits of contractors is another desk
    assert shown["escalation"]["value"] == "works@example.org"
    unlisted = await (await home.get("/v1/establishments/BAI", AUDITOR)).json()
    assert (unlisted["contacts"], unlisted["operator"], unlisted["video"]) == ([], "", None)
