"""A panel that slept, was left alone, or lost its line says so before anybody believes it."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Screen
from tests.browser.stage import Stage, guest
from vmrd.lifecycle.words import LockState, Where

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("woken", ["visibilitychange", "pageshow", "focus"])
async def test_a_page_that_slept_knows_on_waking_how_old_it_is(screen: Screen, stage: Stage, woken: str) -> None:
    room = await stage.secure()
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator("#light[data-burning=yes]")).to_be_visible()
    seen = await page.evaluate(
        """(woken) => {
          const before = Date.now;
          Date.now = () => before() + 60000;  // a minute passed in which nothing here ran
          (woken === "visibilitychange" ? document : window).dispatchEvent(new Event(woken));
          return [document.getElementById("veil").hidden, document.getElementById("veil").innerText,
                  document.querySelector("#light").dataset.burning];
        }""",
        woken,
    )
    assert seen[0] is False
    assert re.match(r"NOT LIVE since \d\d:\d\d:\d\d – this screen has lost vmrd", seen[1])
    assert seen[2] == "no"
    await expect(page.locator("#veil")).to_be_hidden()  # and it comes back without a reload
    await expect(page.locator("#light[data-burning=yes]")).to_be_visible()


async def test_a_panel_left_alone_rests_and_the_first_press_only_wakes_it(screen: Screen, stage: Stage) -> None:
    room = await stage.opened("1")
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator("#line-words")).to_have_text("Live")
    lock = page.get_by_role("button", name="Lock", exact=True)
    for press in (lock.click, lambda: page.keyboard.press("l")):
        await _leave_alone(page)
        await expect(page.locator("#resting")).to_be_visible()
        await expect(page.locator("#light")).to_be_visible()  # never blank
        await press()
        await expect(page.locator("#resting")).to_be_hidden()
        assert (await room.session()).lock.state is LockState.UNLOCKED
    await lock.click()
    await expect(page.locator("#lock-line")).to_contain_text("Lock asked")


async def test_a_knock_wakes_a_resting_panel(screen: Screen, stage: Stage) -> None:
    room = await stage.private("3")
    stage.watch(room)
    page = await screen.open()
    await expect(page.locator("#line-words")).to_have_text("Live")
    await _leave_alone(page)
    await expect(page.locator("#resting")).to_be_visible()
    await room.show(guest("late", "Lin Wu", Where.WAITING))
    await expect(page.locator("#strip")).to_contain_text("KNOCK")
    await expect(page.locator("#resting")).to_be_hidden()


async def _leave_alone(page: object) -> None:
    """Eleven minutes pass in this window, and vmrd's messages go on coming."""
    await page.evaluate(  # type: ignore[attr-defined]
        "() => { const before = Date.now; const gone = 11 * 60000; Date.now = () => before() + gone; }"
    )
