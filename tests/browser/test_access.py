"""Keyboard alone, what a screen reader is told, large targets, more contrast, and the page's own policy."""

from __future__ import annotations

import asyncio
import re

import pytest
from axe_playwright_python import async_playwright as axe
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Opener, Screen, settled
from tests.browser.scenes import SCENES, complete
from tests.browser.stage import LIN, PRIYA, Stage, guest, phone
from vmrd.lifecycle.inputs import LockRoom, UnlockRoom
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


FOCUSED = f"""() => {{
  const element = document.activeElement;
  if (!element || element === document.body) return ["", true, false];
  element.id = element.id || `tabbed-${{Math.random()}}`;
  return [element.id, ({SHOWS_FOCUS})(element), ({COVERED})(element)];
}}"""


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


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
async def test_nothing_that_sticks_to_the_screen_hides_what_has_the_focus(
    screen: Screen, stage: Stage, width: int, height: int
) -> None:
    """By Tab through a room in which six are inside and six knock, in the order it is read in."""
    scene, page = await SCENES["crowded"](stage), screen.page
    await page.set_viewport_size({"width": width, "height": height})
    await page.goto(f"{stage.url}{scene.path}")
    await complete(page, scene)
    assert await page.locator("[tabindex]:not([tabindex='0'], [tabindex='-1'])").count() == 0, "an order of its own"
    reached: list[str] = []
    for _ in range(4 * TABS):
        await page.keyboard.press("Tab")
        [name, shows, covered] = await page.evaluate(FOCUSED)
        if not name:
            break  # past the last one, to the browser's own buttons
        assert shows, f"{name} does not show that it has the focus"
        assert not covered, f"{name} is covered: {await page.locator(':focus').evaluate('e => e.outerHTML')}"
        reached.append(name)
    for each in ("seen-", "out-", "refuse-", "reveal-name-", "lock-", "end-"):
        assert any(name.startswith(each) for name in reached), f"{each}… is never reached"
    assert len(reached) == len(set(reached)), "nothing comes twice"


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


async def test_a_screen_reader_is_interrupted_by_a_light_that_is_lost_and_told_of_one_that_is_lit(
    screen: Screen, stage: Stage
) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator("#light[data-burning=yes]")).to_be_visible()
    await expect(page.locator("#say-now")).to_be_empty()
    await stage.given(room.id, UnlockRoom("a.osei"))
    await room.show(locked=False)
    await expect(page.locator("#say-now")).to_have_text(re.compile("Video room 1: NOT (PROVED|SECURE)"))
    await expect(page.locator("#say-soon")).to_have_text("NOT SECURE – keep the prisoner out")
    await stage.given(room.id, LockRoom("k.shah"))
    await room.show(locked=True)
    await expect(page.locator("#say-soon")).to_have_text("SECURE – bring in the prisoner")


async def test_the_board_says_aloud_which_room_lost_its_light(screen: Screen, stage: Stage) -> None:
    room = await stage.secure("2")
    stage.watch(room)
    page = await screen.open()
    await expect(page.locator(".tile [data-burning=yes]")).to_be_visible()
    await stage.given(room.id, UnlockRoom("a.osei"))
    await room.show(locked=False)
    await expect(page.locator("#say-now")).to_contain_text("Video room 2: ")


async def test_clocks_count_and_say_nothing(screen: Screen, stage: Stage) -> None:
    scene, page = await SCENES["crowded"](stage), screen.page
    await page.goto(f"{stage.url}{scene.path}")
    await complete(page, scene)
    await page.evaluate(LISTEN)
    for _ in range(3):
        shown = await page.locator("#wall-clock").inner_text()
        await expect(page.locator("#wall-clock")).not_to_have_text(shown)
    assert await page.evaluate("window.saidAloud") == []


LISTEN = """() => {
  window.saidAloud = [];
  for (const region of Array.from(document.querySelectorAll("[role=alert], [role=status], [aria-live]"))) {
    new MutationObserver(() => window.saidAloud.push(region.id + ": " + region.textContent))
      .observe(region, { childList: true, characterData: true, subtree: true });
  }
}"""


@pytest.mark.parametrize("name", ["secure", "private", "breach", "blind", "today"])
async def test_who_asks_for_more_contrast_gets_it(opener: Opener, stage: Stage, name: str) -> None:
    scene = await SCENES[name](stage)
    page = (await opener(contrast="more")).page
    await page.goto(f"{stage.url}{scene.path}")
    await complete(page, scene)
    found = await axe.Axe().run(page, options={"runOnly": {"type": "rule", "values": ["color-contrast-enhanced"]}})
    assert found.violations_count == 0, found.generate_report()


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
