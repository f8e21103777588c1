"""What an officer reads of a meeting that vmrd does not look at, because it has more than it can."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.browser.scenes import Stager, blind
from tests.browser.stage import staged
from tests.browser.states import nobody_looks, nobody_yet, unwatched
from tests.panel.pages import read

SEES_NOBODY = "Nobody is waiting"
KNOCKS_NOBODY = "Nobody is knocking"


async def shown(folder: Path, stager: Stager) -> str:
    async with staged(folder) as stage:
        scene = await stager(stage)
        async with (
            aiohttp.ClientSession(cookies={"vmrd": stage.cookie}) as http,
            http.get(f"{stage.url}{scene.path}") as answer,
        ):
            return read(await answer.text()).text


@pytest.mark.asyncio
async def test_before_it_is_opened_a_meeting_nobody_looks_at_claims_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    assert SEES_NOBODY in await shown(tmp_path_factory.mktemp("seen"), nobody_yet)
    page = await shown(tmp_path_factory.mktemp("unseen"), nobody_looks)
    assert SEES_NOBODY not in page
    assert "vmrd cannot see who is waiting." in page
    assert "vmrd has lost Pexip" not in page


@pytest.mark.asyncio
async def test_nobody_is_said_to_knock_or_not_to_where_a_meeting_cannot_be_seen(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    assert KNOCKS_NOBODY in await shown(tmp_path_factory.mktemp("seen"), nobody_yet)
    for stager in (unwatched, blind):
        page = await shown(tmp_path_factory.mktemp("unseen"), stager)
        assert KNOCKS_NOBODY not in page
        assert "No knock is seen, but vmrd cannot see every room." in page
