"""Keyboard alone, large targets, and the page's own policy."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Screen, settled
from tests.browser.stage import LIN, PRIYA, Stage, guest, phone
from vmrd.lifecycle.words import AttendeeRole, Where

pytestmark = pytest.mark.asyncio(loop_scope="module")

TABS = 60


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until this has the focus; what has it on the way must show that it does and not be covered."""
    for _ in range(TABS):
        await page.keyboard.press("Tab")
        focus = page.locator(":focus")
        if await focus.count():
            assert await focus.evaluate(SHOWS_FOCUS), await focus.evaluate("e => e.outerHTML")
            covered = await focus.evaluate(COVERED)
            assert not covered, await focus.evaluate("e => e.outerHTML")
        if await page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"{selector} cannot be reached by Tab")


# GOV.UK draws radio buttons and checkboxes, and their focus, before the label: the field itself is transparent.
SHOWS_FOCUS = """element => {
  const drawn = element.matches("[type=radio], [type=checkbox]") ? element.nextElementSibling : element;
  const style = getComputedStyle(drawn, drawn === element ? null : "::before");
  return style.boxShadow !== "none" || style.backgroundColor === "rgb(255, 221, 0)";
}"""

COVERED = """element => {
  const box = element.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return !(top === element || element.contains(top) || (top && top.contains(element)));
}"""


async def test_a_room_is_locked_and_ended_by_keyboard_alone(screen: Screen, stage: Stage) -> None:
    room = await stage.opened("1")
    stage.watch(room)
    page = await screen.open()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    await tab_to(page, f"#tile-{room.id} h2 a")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Video room 1")
    await expect(page.locator("#line-words")).to_have_text("Live")
    await tab_to(page, "#way-ada-1-1")
    await page.keyboard.press("Space")
    await tab_to(page, "#face-ada-1")
    await page.keyboard.press("Space")
    await tab_to(page, "#check-press-ada-1")
    await page.keyboard.press("Enter")
    await expect(page.locator("#person-ada-1")).to_contain_text("ID checked")
    await tab_to(page, f"#lock-{room.id}")
    await page.keyboard.press("Enter")
    await expect(page.locator("#lock-line")).to_contain_text("Lock asked")
    await room.show(locked=True)
    await expect(page.locator("#light[data-burning=yes]")).to_be_visible()
    await tab_to(page, f"#end-{room.id}")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("End the meeting")
    await tab_to(page, f"#end-{room.id}")
    await page.keyboard.press("Enter")
    await expect(page.locator("#light")).to_contain_text("Ending")


async def test_focus_is_not_lost_when_what_had_it_goes(screen: Screen, stage: Stage) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    await room.show(guest("odd", "iPhone", Where.WAITING))
    page = await screen.open(room)
    await page.locator(f"#refuse-odd-{room.id}").focus()
    await room.gone("odd")
    await expect(page.locator("#waiting")).to_contain_text("Nobody is waiting")
    await expect(page.locator("#main")).to_be_focused()


async def test_focus_stays_on_a_button_when_the_page_is_first_looked_at_anew(screen: Screen, stage: Stage) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    await room.show(guest("odd", "iPhone", Where.WAITING))
    focused = asyncio.Event()

    async def once_focused(route: Route) -> None:
        await focused.wait()
        await route.continue_()

    await screen.page.route("**/fragments/**", once_focused)
    page = await screen.open(room)
    button = page.locator(f"#refuse-odd-{room.id}")
    await button.focus()
    async with page.expect_response("**/fragments/**") as looked:
        focused.set()
    await (await looked.value).finished()
    await room.show(guest("late", LIN, Where.WAITING))
    await expect(page.locator("#waiting")).to_contain_text(LIN)
    await expect(button).to_be_focused()


async def test_every_press_is_large_enough(screen: Screen, stage: Stage) -> None:
    room = await stage.opened("1", phone("tel"), who=((PRIYA, AttendeeRole.DEFENCE), (LIN, AttendeeRole.INTERPRETER)))
    stage.watch(room)
    await room.show(guest("odd", "iPhone", Where.WAITING))
    page = await screen.open(room)
    await settled(page)
    small = await page.locator(
        "button, .govuk-button, input:not([type=hidden]), summary, select, textarea"
    ).evaluate_all(
        """all => all.filter(each => each.offsetParent && each.getBoundingClientRect().height < 44)
                  .map(each => each.outerHTML)"""
    )
    assert small == []


async def test_the_policy_allows_nothing_inline_and_nothing_from_outside(screen: Screen, stage: Stage) -> None:
    answer = await screen.page.goto(f"{stage.url}/panel")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    await screen.page.evaluate(
        """() => { const added = document.createElement('script');
                   added.textContent = 'document.title = "owned"'; document.body.append(added); }"""
    )
    assert await screen.page.title() != "owned"
    screen.tolerated = ("Content Security Policy",)
