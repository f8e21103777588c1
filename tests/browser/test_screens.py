"""Every screen in every state: for screen readers, in plain words, on narrow and magnified screens, in few colours."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python import async_playwright as axe
from playwright.async_api import Page, expect

from tests.browser.conftest import Opener, Screen, settled
from tests.browser.scenes import SCENES, Scene
from tests.browser.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 640)
"""The narrowest screen WCAG asks for, and an ordinary one of 1280 magnified twice."""
WITHOUT_SCRIPT = "plain"
VENDOR_WORDS = re.compile(r"\b(chair|participants?|conference|api)\b", re.IGNORECASE)


async def shown(opener: Opener, stage: Stage, name: str, **settings: object) -> Page:
    """The screen of a scene, complete and at rest."""
    scene = await SCENES[name](stage)
    screen: Screen = await opener(signed_in=scene.signed_in, java_script_enabled=scene.script, **settings)
    screen.tolerated = ("404",)
    page = screen.page
    await page.goto(f"{stage.url}{scene.path}")
    await complete(page, scene)
    return page


async def complete(page: Page, scene: Scene) -> None:
    await expect(page.get_by_text(scene.shows).first).to_be_visible()
    if scene.script and await page.locator("#line").count():
        await expect(page.locator("#line-words")).to_have_text("Live")
        await settled(page)


@pytest.mark.parametrize("name", SCENES)
async def test_a_screen_can_be_read_by_everybody(opener: Opener, stage: Stage, name: str) -> None:
    page = await shown(opener, stage, name)
    text = await page.locator("body").inner_text()
    assert VENDOR_WORDS.findall(text) == []
    if name != WITHOUT_SCRIPT:  # axe is one
        found = await axe.Axe().run(page, options={"runOnly": RULES})
        assert found.violations_count == 0, found.generate_report()
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        wide = await page.locator("html").evaluate(OVERFLOWING)
        assert wide == [], f"at {width} pixels"


OVERFLOWING = """html => html.scrollWidth <= html.clientWidth ? [] :
  [html.scrollWidth, ...Array.from(html.querySelectorAll("body *"))
    .filter(each => each.getBoundingClientRect().right > html.clientWidth + 1)
    .map(each => each.outerHTML.slice(0, 160))]"""


@pytest.mark.parametrize(
    ("name", "edge", "sign"),
    [("private", "double", "✓"), ("breach", "solid", "✕"), ("blind", "dashed", "?"), ("open-unchecked", "solid", "○")],
)
async def test_the_light_s_states_differ_where_the_system_takes_its_colours_away(
    opener: Opener, stage: Stage, name: str, edge: str, sign: str
) -> None:
    page = await shown(opener, stage, name, forced_colors="active")
    look = await page.locator("#light").evaluate(
        """light => [getComputedStyle(light).borderTopStyle,
                     getComputedStyle(light.querySelector(".lamp-sign"), "::before").content]"""
    )
    assert look == [edge, f'"{sign}"']


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
