"""A knock nobody can miss: on every screen, in the title, again and again, until an officer says it was seen."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Screen, settled
from tests.browser.stage import Stage, guest
from vmrd.lifecycle.inputs import EyesLost
from vmrd.lifecycle.words import KnockState, Where

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_it_is_on_every_screen_until_it_is_seen(screen: Screen, stage: Stage) -> None:
    quiet, room = await stage.waiting("1"), await stage.private("3")
    stage.watch(room)
    page = await screen.open()
    await expect(page.locator("#strip")).to_have_text("Nobody is knocking.")
    await room.show(guest("late", "Lin Wu", Where.WAITING))
    for path in ("", f"/sessions/{quiet.id}", f"/sessions/{room.id}", f"/sessions/{room.id}/confirm/end"):
        await page.goto(f"{stage.url}/panel{path}")
        await expect(page.locator("#strip")).to_contain_text("KNOCK – Video room 3")
        await expect(page.locator("#strip")).to_contain_text("Lin Wu is trying to come in (not on the list)")
        await expect(page).to_have_title("(!) KNOCK – Video room 3")
    await page.get_by_role("button", name="Seen it Stop the knock of Lin Wu").click()
    await expect(page.get_by_text("Nobody is knocking")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text("End the meeting in Video room 3?")
    await expect(page).not_to_have_title(re.compile("KNOCK"))
    [knock] = (await room.session()).knocks.values()
    assert knock.state is KnockState.ACKNOWLEDGED


async def test_it_comes_without_a_reload_and_each_person_knocks_alone(screen: Screen, stage: Stage) -> None:
    room = await stage.private("3")
    stage.watch(room)
    page = await screen.open()
    await expect(page.locator("#line-words")).to_have_text("Live")
    await room.show(guest("one", "First Caller", Where.WAITING))
    await expect(page.locator("#strip li")).to_have_count(1)
    await room.show(guest("two", "Second Caller", Where.WAITING))
    await expect(page.locator("#strip li")).to_have_count(2)
    await expect(page.locator("#say-now")).to_contain_text("Second Caller is trying to come in")
    await settled(page)
    await page.get_by_role("button", name="Seen it Stop the knock of First Caller").click()
    await expect(page.locator("#strip li")).to_have_count(1)
    await expect(page.locator("#strip")).to_contain_text("Second Caller")


async def test_it_sounds_every_five_seconds_until_it_is_seen(screen: Screen, stage: Stage) -> None:
    await screen.page.clock.install()
    room = await stage.private("3")
    stage.watch(room)
    await room.show(guest("one", "First Caller", Where.WAITING))
    page = await screen.open()
    rung = page.locator("html[data-sounded='1']")
    await expect(rung).to_have_count(1)
    await page.clock.fast_forward(5_000)
    await expect(page.locator("html[data-sounded='2']")).to_have_count(1)
    await page.get_by_role("button", name="Seen it").click()
    await expect(page.get_by_text("Nobody is knocking")).to_be_visible()
    await page.clock.fast_forward(20_000)
    await expect(page.locator("html[data-sounded='2']")).to_have_count(1)


async def test_refuse_is_beside_it(screen: Screen, stage: Stage) -> None:
    room = await stage.private("3")
    stage.watch(room)
    await room.show(guest("one", "First Caller", Where.WAITING))
    page = await screen.open()
    await page.get_by_role("button", name="Refuse First Caller").click()
    await expect(page.get_by_text("Nobody is knocking")).to_be_visible()
    session = await room.session()
    assert "remove:one" in session.asks
    [knock] = session.knocks.values()
    assert knock.state is KnockState.REFUSED


async def test_the_panel_says_so_while_its_sound_is_off(screen: Screen, stage: Stage) -> None:
    page = await screen.open()
    await expect(page.get_by_text("Sound is off. You will not hear a knock.")).to_be_visible()
    await page.get_by_role("button", name="Turn the sound on").click()
    await expect(page.get_by_text("Sound is off")).to_be_hidden()
    await expect(page.get_by_text("Nobody is knocking")).to_be_visible()


async def test_a_breach_rings_on_every_screen_and_stays_red_when_it_was_seen(screen: Screen, stage: Stage) -> None:
    quiet, room = await stage.waiting("1"), await stage.private("3")
    stage.watch(room)
    page = await screen.open(quiet)
    await expect(page.locator("#line-words")).to_have_text("Live")
    await room.show(guest("who", "Nobody Knows"))
    await expect(page.locator("#strip")).to_contain_text("BREACH – Video room 3")
    await expect(page.locator("#strip")).to_contain_text("Nobody Knows has not been checked")
    await expect(page).to_have_title("(!) BREACH – Video room 3")
    await settled(page)
    await page.get_by_role("button", name="Seen it The breach in Video room 3").click()
    await expect(page.get_by_text("Nobody is knocking")).to_be_visible()
    await page.goto(f"{stage.url}/panel/sessions/{room.id}")
    await expect(page.locator("#light.face-breach")).to_be_visible()


async def test_many_blind_rooms_are_one_banner(screen: Screen, stage: Stage) -> None:
    first, second = await stage.private("1"), await stage.private("2")
    for room in (first, second):
        await stage.given(room.id, EyesLost())
    await stage.advance(15_001, first, second)
    page = await screen.open()
    await expect(page.locator("#blind-banner")).to_contain_text(
        "vmrd cannot see 2 meetings in Video room 1, Video room 2. Watch them yourself."
    )
