"""What a booker can read before booking."""

import pytest

from tests.web.house import AUDITOR, BOOKER, House

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
    assert shown["rooms"][0] == {"key": "MDI-VCC-1", "name": "Video room 1", "canBeCalled": True}
    assert (await home.get("/v1/establishments/BAI", BOOKER)).status == 404
