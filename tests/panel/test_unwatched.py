"""What an officer reads of a meeting that vmrd does not look at, because it has more than it can."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.browser.scenes import Stager
from tests.browser.stage import staged
from tests.browser.states import nobody_looks, nobody_yet
from tests.panel.pages import read

SEES_NOBODY = "Nobody is waiting"


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
