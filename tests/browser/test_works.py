"""Works kept in the browser: by forms that lose nothing, with the meetings they hit named first."""

from __future__ import annotations

import pytest
from axe_playwright_python import async_playwright as axe
from playwright.async_api import Page, expect

from tests.browser.conftest import Screen
from tests.browser.stage import LIN, Room, Stage, guest
from tests.browser.test_screens import RULES
from vmrd.lifecycle.words import Where

pytestmark = pytest.mark.asyncio(loop_scope="module")
REFUSED = ("status of 409", "status of 422", "status of 404")
"""Forms shown again; and a window that has just been withdrawn, looked at once more while its page is being left."""


async def hit(stage: Stage) -> Room:
    room = await stage.planned("1", minutes=45)
    await stage.claim(room)
    return room


async def fill(page: Page) -> None:
    await page.get_by_label("What is done there").select_option("Maintenance")
    await page.get_by_label("Video room 1", exact=True).check()
    for moment, time in (("from", "10:30"), ("to", "12:00")):
        await page.locator(f"#{moment}-date").fill("2026-05-05")
        await page.locator(f"#{moment}-time").fill(time)
    await page.get_by_label("Agreed: the rooms are out of use").check()


async def entered(screen: Screen, stage: Stage, room: Room) -> None:
    page = screen.page
    await page.goto(f"{stage.url}/panel/works")
    await page.get_by_role("link", name="New works").click()
    await fill(page)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert").get_by_text("1 meeting would have no room")).to_be_visible()
    await expect(page.locator("#works-hit a")).to_have_attribute("href", f"/panel/sessions/{room.id}")
    await expect(page.locator("#from-time")).to_have_value("10:30")
    await page.get_by_role("button", name="Save it, 1 meeting has no room").click()
    await expect(page.get_by_text("Tuesday 5 May 2026, 10:30 to 12:00", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Change").click()
    await page.get_by_role("button", name="Withdraw it").click()
    await expect(page.get_by_text("No works are known.")).to_be_visible()


async def test_a_window_is_entered_seen_to_hit_a_meeting_saved_and_withdrawn(screen: Screen, stage: Stage) -> None:
    screen.tolerated = REFUSED
    await entered(screen, stage, await hit(stage))


async def test_all_of_it_works_without_script(plain: Screen, stage: Stage) -> None:
    plain.tolerated = REFUSED
    await entered(plain, stage, await hit(stage))


async def test_a_knock_shows_above_a_form_and_takes_nothing_out_of_it(screen: Screen, stage: Stage) -> None:
    screen.tolerated = REFUSED
    await hit(stage)
    knocked = await stage.private("2", prisoner="B2345CD")
    stage.watch(knocked)
    page = screen.page
    await page.goto(f"{stage.url}/panel/works/EXI/new")
    await fill(page)
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#works-hit")).to_be_visible()
    await page.get_by_label("Note").fill("half a sentence")
    await expect(page.locator("#line-words")).to_have_text("Live")
    await knocked.show(guest("late", LIN, Where.WAITING))
    await expect(page.locator(".alarm")).to_contain_text("KNOCK – Video room 2")
    await expect(page.locator("#works-hit")).to_be_visible()
    await expect(page.get_by_label("Note")).to_have_value("half a sentence")


async def test_what_is_wrong_is_read_out_and_leads_to_its_field(screen: Screen, stage: Stage) -> None:
    screen.tolerated = REFUSED
    page = screen.page
    await page.goto(f"{stage.url}/panel/works/EXI/new")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("link", name="Choose at least one room.").click()
    await expect(page.get_by_label("Video room 1", exact=True)).to_be_focused()
    found = await axe.Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
