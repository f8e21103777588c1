"""No two states look alike: each differs from every other by its words and its shape as well as by its colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import SOON, Screen
from tests.browser.scenes import SCENES, complete
from tests.browser.stage import LIN, Stage, guest, staged
from vmrd.lifecycle.inputs import EyesLost
from vmrd.lifecycle.words import Where
from vmrd.web.panel.light import Face

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIGHTS: Mapping[str, Face] = {
    "secure": Face.SECURE,
    "private": Face.PRIVATE,
    "breach": Face.BREACH,
    "blind": Face.BLIND,
    "paused": Face.PAUSED,
    "open-unchecked": Face.DARK,
    "not-ours": Face.NOT_OURS,
    "booked": Face.OFF,
    "shadow": Face.SHADOW,
    "not-live": Face.SECURE,  # which burnt until the screen lost vmrd
    "plain": Face.SECURE,  # a note of a moment, where no script may light it
}
"""A scene for each state of the light; the last two are what the script, or its absence, makes of one that is lit."""
COLOUR = ("words", "shape", "colour")
NO_COLOUR = ("words", "shape")

LOOK = """lamp => {
  const own = getComputedStyle(lamp), sign = lamp.querySelector(".lamp-sign"), drawn = getComputedStyle(sign);
  return {
    words: lamp.querySelector("[data-words]").textContent,
    shape: getComputedStyle(sign, "::before").content + (parseFloat(drawn.borderTopWidth) ? " in a box" : ""),
    edge: `${own.borderTopWidth} ${own.borderTopStyle}`,
    colour: [own.backgroundColor, own.backgroundImage.slice(0, 20), own.borderLeftColor].join(" "),
  };
}"""

Look = dict[str, str]


def alike(looks: Mapping[str, Look], *, by: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Pairs that cannot be told from each other by one of these."""
    for (one, its), (other, others) in combinations(looks.items(), 2):
        yield from ((one, other, each) for each in by if its[each] == others[each])


async def look(page: Page, selector: str) -> Look:
    seen: Look = await page.locator(selector).first.evaluate(LOOK)
    return seen


async def test_every_state_of_the_light_differs_from_every_other_with_and_without_colours(
    browser: Browser, tmp_path: Path
) -> None:
    assert set(LIGHTS.values()) == set(Face)
    large, small, forced = {}, {}, {}
    for name, face in LIGHTS.items():
        folder = tmp_path / name
        folder.mkdir()
        async with staged(folder, shadow=name == "shadow") as stage:
            scene = await SCENES["secure" if name == "shadow" else name](stage)
            if name == "shadow":
                scene = replace(scene, shows="SHADOW – watches only")
            context = await browser.new_context(
                java_script_enabled=scene.script, viewport={"width": 1280, "height": 900}
            )
            await context.add_cookies([{"name": "vmrd", "value": stage.cookie, "url": stage.url}])
            page = await context.new_page()
            page.set_default_timeout(SOON)
            await page.goto(f"{stage.url}{scene.path}")
            await complete(page, scene)
            assert await page.locator(f"#light.face-{face}").count() == 1, name
            large[name] = await look(page, "#light")
            await page.emulate_media(forced_colors="active")
            forced[name] = await look(page, "#light")
            await page.emulate_media(forced_colors="none")
            if name != "not-live":  # which cannot go anywhere any more
                await page.goto(f"{stage.url}/panel")
                if scene.script:
                    await page.locator("[data-lamp][data-burning]").first.wait_for()
                small[name] = await look(page, ".tile .lamp")
            await context.close()
    assert list(alike(large, by=COLOUR)) == []
    assert list(alike(small, by=NO_COLOUR)) == []
    assert list(alike(forced, by=NO_COLOUR)) == []
    # What matters most is told by its edge alone, from across the room.
    edges = {name: forced[name]["edge"] for name in ("secure", "breach", "blind", "open-unchecked")}
    assert edges == {
        "secure": "6px double",
        "breach": "6px solid",
        "blind": "6px dashed",
        "open-unchecked": "2px solid",
    }


ALARMS = """all => all.map(each => {
  const sign = each.querySelector(".alarm-sign, [aria-hidden]");
  const around = getComputedStyle(each.closest("section"));
  return {
    words: each.querySelector("strong").textContent.replace(/[^A-Z]/g, "").slice(0, 5),
    shape: `${sign.textContent} ${getComputedStyle(sign).borderTopLeftRadius}`,
    colour: `${around.backgroundColor} ${getComputedStyle(each).boxShadow}`,
  };
})"""


async def test_a_knock_a_breach_and_a_lost_sight_differ_from_each_other(screen: Screen, stage: Stage) -> None:
    knocked, broken, unseen = [await stage.private(n, prisoner=f"A123{n}BC") for n in ("1", "2", "3")]
    for room in (knocked, broken):
        stage.watch(room)
    await knocked.show(guest("late", LIN, Where.WAITING))
    await broken.show(guest("who", "Nobody Knows"))
    await stage.given(unseen.id, EyesLost())
    await stage.advance(15_001, unseen)
    page = await screen.open()
    for colours, by in (("none", COLOUR), ("active", NO_COLOUR)):
        await page.emulate_media(forced_colors=colours)  # type: ignore[arg-type]
        seen: list[Look] = await page.locator("#strip .alarm, #blind-banner").evaluate_all(ALARMS)
        looks = {each["words"]: each for each in seen}
        assert looks.keys() == {"BREAC", "KNOCK", "BLIND"}
        assert list(alike(looks, by=by)) == []
