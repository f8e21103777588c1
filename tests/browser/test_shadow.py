"""A screen in shadow: it says what it is, offers no press, and never lights, whatever is true of the meeting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python import async_playwright as axe
from playwright.async_api import expect

from tests.browser.conftest import Screen, settled
from tests.browser.stage import JAMES, Stage, guest, staged
from vmrd.lifecycle.words import Where

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, shadow=True) as set_up:
        yield set_up


async def test_it_says_shadow_offers_nothing_and_never_lights(stage: Stage, screen: Screen) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    await room.show(guest("late", JAMES, Where.WAITING))
    page = screen.page
    for path in (f"/panel/sessions/{room.id}", "/panel"):
        await page.goto(f"{stage.url}{path}")
        await expect(page.get_by_text("vmrd only watches and does nothing.")).to_be_visible()
        await settled(page)
        assert await page.locator("[data-alarm]").count() == 0, "nothing rings"
        assert await page.locator("[data-burning=yes]").count() == 0
        assert await page.locator("main form[action*='/sessions/']").count() == 0
        assert "SECURE" not in await page.locator("main").inner_text()
        found = await axe.Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
        assert found.violations_count == 0, found.generate_report()
