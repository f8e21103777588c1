"""The light: lit by the script alone, while it is proved, and dark by itself when nobody proves it any more."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Page, Route, WebSocketRoute, expect

from tests.browser.conftest import Screen, settled
from tests.browser.stage import Stage, guest
from vmrd.lifecycle.inputs import ConferenceGone, Order
from vmrd.lifecycle.words import Control, Where

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIT = "#light[data-burning=yes]"


class Line:
    """The way from vmrd to the browser, which can be cut without either of them noticing."""

    def __init__(self) -> None:
        self.cut = asyncio.Event()

    async def lay(self, page: Page) -> None:
        def socket(route: WebSocketRoute) -> None:
            server = route.connect_to_server()
            server.on_message(lambda message: None if self.cut.is_set() else route.send(message))
            route.on_message(lambda message: None if self.cut.is_set() else server.send(message))

        async def answer(route: Route) -> None:
            if self.cut.is_set():
                await route.abort()
            else:
                await route.continue_()

        await page.route_web_socket("**/v1/live", socket)
        await page.route("**/panel/fragments/**", answer)
        await page.route("**/v1/sessions", answer)


AS_IT_GOES_DARK = """() => new MutationObserver((_, watching) => {
  if (document.querySelector("#light")?.dataset.burning !== "no") return;
  window.alreadyVeiled = !document.querySelector("#veil").hidden;
  watching.disconnect();
}).observe(document.body, { attributes: true, childList: true, subtree: true })"""
"""Notes whether the veil was there in the moment in which the light went out, however late anybody looks."""


async def test_it_is_lit_while_it_is_proved(screen: Screen, stage: Stage) -> None:
    room = await stage.secure()
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator(LIT)).to_contain_text("SECURE – bring in the prisoner")
    await expect(page.locator("#light")).to_contain_text("1 of 1 checked by k.shah")


@pytest.mark.parametrize("eyes", [2_000])
async def test_it_goes_dark_by_itself_when_nothing_comes_any_more(screen: Screen, stage: Stage) -> None:
    line = Line()
    await line.lay(screen.page)
    room = await stage.secure()
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator(LIT)).to_be_visible()
    await page.evaluate(AS_IT_GOES_DARK)
    line.cut.set()
    await expect(page.locator("#light[data-burning=no]")).to_be_visible()
    assert await page.evaluate("window.alreadyVeiled") is False  # dark before the panel even calls its line lost
    await expect(page.locator("#light")).to_contain_text("NOT PROVED NOW")
    screen.tolerated = ("ERR_FAILED",)


async def test_a_lost_line_is_a_veil_that_says_since_when(screen: Screen, stage: Stage) -> None:
    line = Line()
    await line.lay(screen.page)
    room = await stage.private()
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator(LIT)).to_contain_text("SECURE – PRIVATE")
    line.cut.set()
    await expect(page.locator("#veil")).to_contain_text(
        re.compile(r"NOT LIVE since 10:00:\d\d – this screen has lost vmrd")
    )
    await expect(page.locator(LIT)).to_have_count(0)
    line.cut.clear()
    await expect(page.locator("#veil")).to_be_hidden()
    await expect(page.locator(LIT)).to_be_visible()
    screen.tolerated = ("ERR_FAILED",)


@pytest.mark.parametrize("eyes", [1_500])
async def test_blind_is_said_when_vmrd_cannot_read_the_meeting(screen: Screen, stage: Stage) -> None:
    room = await stage.private()
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator(LIT)).to_be_visible()
    await stage.stop_watching(room)
    await expect(page.locator("#light.face-blind")).to_contain_text("BLIND – vmrd cannot see the meeting")
    await expect(page.locator(LIT)).to_have_count(0)
    await expect(page.get_by_role("button", name="Last seen locked")).to_be_visible()


async def test_a_breach_is_red_at_once_and_says_why(screen: Screen, stage: Stage) -> None:
    room = await stage.private()
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator(LIT)).to_be_visible()
    await room.show(guest("who", "Nobody Knows"))
    await expect(page.locator("#light.face-breach")).to_contain_text("BREACH – the prisoner is in")
    await expect(page.locator("#light")).to_contain_text("Nobody Knows has not been checked")
    await expect(page.locator(LIT)).to_have_count(0)


async def test_it_is_dark_with_reasons_until_everything_holds(screen: Screen, stage: Stage) -> None:
    room = await stage.opened()
    stage.watch(room)
    page = await screen.open(room)
    light = page.locator("#light")
    for reason in ("NOT SECURE – keep the prisoner out", "Priya Nair has not been checked", "is not locked"):
        await expect(light).to_contain_text(reason)
    await page.get_by_label("Photo identity card").check()
    await page.get_by_label("Their face is the face on the document").check()
    await page.get_by_role("button", name="ID is good").click()
    await expect(light).not_to_contain_text("has not been checked")
    await page.get_by_role("button", name="Lock", exact=True).click()
    await expect(page.locator("#lock-line")).to_contain_text("Lock asked")
    await expect(page.locator(LIT)).to_have_count(0)
    await room.show(locked=True)
    await expect(page.locator("#lock-line")).to_contain_text("Locked, confirmed by Pexip 10:00:")
    await expect(page.locator(LIT)).to_contain_text("SECURE – bring in the prisoner")
    await settled(page)
    await page.get_by_role("button", name="The prisoner is in").click()
    await expect(page.locator(LIT)).to_contain_text("SECURE – PRIVATE")


async def test_a_meeting_that_was_cut_off_says_so_and_what_to_do(screen: Screen, stage: Stage) -> None:
    room = await stage.private()
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator(LIT)).to_be_visible()
    await stage.given(room.id, ConferenceGone(Order(1, 99), "host-ended"))
    await expect(page.locator("#light.face-breach")).to_contain_text("The meeting is not open")
    await expect(page.locator("#open")).to_contain_text("Take the prisoner out, then open it again or end it")
    await settled(page)
    await page.locator("#open").get_by_role("button", name="The prisoner is out").click()
    await expect(page.locator("#open")).to_contain_text("Open it again, or end it")
    await settled(page)
    await page.get_by_role("button", name="Open again").click()
    await expect(page.locator("#light")).to_contain_text("Opening:")


async def test_a_court_s_own_room_has_no_light_but_the_officers_word(screen: Screen, stage: Stage) -> None:
    room = await stage.ready(control=Control.NONE, minutes=-2)
    page = await screen.open(room)
    await expect(page.locator("#light")).to_contain_text("NOT OUR ROOM – officer’s word")
    await expect(page.get_by_role("button", name="Lock", exact=True)).to_have_count(0)
    await page.get_by_role("button", name="The prisoner is in").click()
    await expect(page.locator("#prisoner")).to_contain_text("In the room: A1234BC")
    await expect(page.locator(LIT)).to_have_count(0)


async def test_whoever_is_held_outside_leaves_it_lit(screen: Screen, stage: Stage) -> None:
    room = await stage.private()
    stage.watch(room)
    page = await screen.open(room)
    await room.show(guest("late", "Late Guest", Where.WAITING))
    await expect(page.locator("#waiting")).to_contain_text("Late Guest")
    await expect(page.locator(LIT)).to_contain_text("SECURE – PRIVATE")
