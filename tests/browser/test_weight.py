"""What a panel costs to load: few bytes on the wire, nothing twice, and something to read before any script ran."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Opener, Screen
from tests.browser.scenes import SCENES
from tests.browser.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT = 200_000


class Wire:
    """Bytes of every answer as Chromium received them, headers and compression included."""

    def __init__(self) -> None:
        self.received: dict[str, float] = {}
        self._addresses: dict[str, str] = {}

    async def tap(self, page: Page) -> None:
        session = await page.context.new_cdp_session(page)
        session.on("Network.responseReceived", self._began)
        session.on("Network.loadingFinished", self._ended)
        await session.send("Network.enable")

    def _began(self, event: dict[str, dict[str, str]]) -> None:
        self._addresses[str(event["requestId"])] = event["response"]["url"]

    def _ended(self, event: dict[str, float]) -> None:
        address = self._addresses[str(event["requestId"])]
        self.received[address] = self.received.get(address, 0) + event["encodedDataLength"]


async def test_the_fullest_board_is_light_on_the_wire_and_its_style_comes_once(screen: Screen, stage: Stage) -> None:
    scene, wire = await SCENES["today"](stage), Wire()
    await wire.tap(screen.page)
    await screen.page.goto(f"{stage.url}{scene.path}", wait_until="networkidle")
    style = next(address for address in wire.received if address.endswith("govuk-frontend.min.css"))
    assert 0 < wire.received[style] < 20_000  # compressed
    assert sum(wire.received.values()) < LIMIT, wire.received
    before = wire.received[style]
    await screen.page.goto(f"{stage.url}/panel/sessions/nobody-knows", wait_until="networkidle")
    assert wire.received[style] == before
    screen.tolerated = ("404",)


# Not `wait_for_function`, which asks again by eval: the page's own policy forbids that.
PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => {
  if (list.getEntriesByName("first-contentful-paint").length) done();
}).observe({ type: "paint", buffered: true }))"""


async def test_a_screen_is_painted_before_its_script_has_come(opener: Opener, stage: Stage) -> None:
    scene, painted = await SCENES["secure"](stage), asyncio.Event()
    screen = await opener()

    async def after_it_is_painted(route: Route) -> None:
        await painted.wait()
        await route.continue_()

    await screen.page.route("**/*.js", after_it_is_painted)
    await screen.page.goto(f"{stage.url}{scene.path}", wait_until="commit")
    await expect(screen.page.locator("#light")).to_contain_text("Secure as of")  # as where no script ever runs
    await screen.page.evaluate(PAINTED)
    painted.set()
    await expect(screen.page.locator("#light")).to_contain_text(scene.shows)
