"""Every screen in every state: for screen readers, in plain words, on narrow, magnified and loosely set screens."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python import async_playwright as axe
from playwright.async_api import Page, expect

from tests.browser.conftest import Opener, Screen
from tests.browser.scenes import SCENES, complete
from tests.browser.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 640)
"""The narrowest screen WCAG asks for, and an ordinary one of 1280 magnified twice."""
WITHOUT_SCRIPT = "plain"
LOST = ("not-live", "database-away")
"""A light that burnt is lost."""
VENDOR_WORDS = re.compile(r"\b(chair|participants?|conference|api)\b", re.IGNORECASE)


async def shown(opener: Opener, stage: Stage, name: str, **settings: object) -> Page:
    """The screen of a scene, complete and at rest."""
    scene = await SCENES[name](stage)
    screen: Screen = await opener(signed_in=scene.signed_in, java_script_enabled=scene.script, **settings)
    screen.tolerated = ("404", "409", "503", "ERR_INTERNET_DISCONNECTED")
    page = screen.page
    await page.goto(f"{stage.url}{scene.path}")
    await complete(page, scene)
    return page


@pytest.mark.parametrize("name", SCENES)
async def test_a_screen_can_be_read_by_everybody(opener: Opener, stage: Stage, name: str) -> None:
    page = await shown(opener, stage, name)
    text = await page.locator("body").inner_text()
    assert VENDOR_WORDS.findall(text) == []
    if name != WITHOUT_SCRIPT:  # axe is one
        found = await axe.Axe().run(page, options={"runOnly": RULES})
        assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate(INTERRUPTING) == []
    alarmed = await page.locator("[data-alarm]").count() > 0 or name in LOST
    if await page.locator("#say-now").count() and name != WITHOUT_SCRIPT:
        await expect(page.locator("#say-now")).to_have_text(re.compile("." if alarmed else "^$"))
    assert await page.evaluate(ANNOUNCED_CLOCKS) == []
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        wide = await page.locator("html").evaluate(OVERFLOWING)
        assert wide == [], f"at {width} pixels"
    await page.evaluate(SPACED_OUT)
    for width in (640, 1280):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await page.locator("html").evaluate(OVERFLOWING) == [], f"spaced out at {width} pixels"
        assert await page.evaluate(CUT_OFF) == [], f"spaced out at {width} pixels"


INTERRUPTING = """() => Array.from(document.querySelectorAll("[role=alert], [aria-live=assertive]"))
  .filter(each => each.id !== "say-now" && !each.closest("#handover")).map(each => each.outerHTML.slice(0, 160))"""
"""What may interrupt a screen reader besides the one place that says knocks and lost lights."""

ANNOUNCED_CLOCKS = """() => Array.from(
    document.querySelectorAll("#wall-clock, [data-clock], [data-asked], [data-evidence], [role=timer]"))
  .filter(each => each.closest("[aria-live], [role=alert], [role=status], [role=log], [role=timer], output"))
  .map(each => each.outerHTML.slice(0, 160))"""

SPACED_OUT = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""
"""Text as somebody with dyslexia may set it in the browser (WCAG 1.4.12)."""

CUT_OFF = """() => {
  const text = (each) => Array.from(each.childNodes).filter(node => node.nodeType === Node.TEXT_NODE);
  const spills = (button) => text(button).some(node => {
    const range = document.createRange(), box = button.getBoundingClientRect();
    range.selectNode(node);
    return Array.from(range.getClientRects()).some(line => line.left < box.left - 1 || line.right > box.right + 1
      || line.top < box.top - 1 || line.bottom > box.bottom + 1);
  });
  const hides = (each) => ["hidden", "clip"].includes(getComputedStyle(each).overflowX)
    && (each.scrollWidth > each.clientWidth + 2 || each.scrollHeight > each.clientHeight + 2);
  return Array.from(document.querySelectorAll("body *"))
    .filter(each => each.getClientRects().length && !each.closest(".govuk-visually-hidden, .govuk-skip-link"))
    .filter(each => each.matches(".govuk-button") ? spills(each) : hides(each))
    .map(each => each.outerHTML.slice(0, 160));
}"""

OVERFLOWING = """html => html.scrollWidth <= html.clientWidth ? [] :
  [html.scrollWidth, ...Array.from(html.querySelectorAll("body *"))
    .filter(each => each.getBoundingClientRect().right > html.clientWidth + 1)
    .map(each => each.outerHTML.slice(0, 160))]"""


async def test_nothing_moves_for_who_wants_no_motion(opener: Opener, stage: Stage) -> None:
    page = await shown(opener, stage, "knock", reduced_motion="reduce")
    assert await page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize(("width", "height"), [(1366, 620), (768, 1024), (390, 844)])
async def test_lock_is_in_sight_wherever_the_page_stands(opener: Opener, stage: Stage, width: int, height: int) -> None:
    page = await shown(opener, stage, "open-unchecked")
    await page.set_viewport_size({"width": width, "height": height})
    for place in ("0", "document.body.scrollHeight / 2", "document.body.scrollHeight"):
        await page.evaluate(f"window.scrollTo(0, {place})")
        await expect(page.get_by_role("button", name="Lock", exact=True)).to_be_in_viewport(ratio=1)
