"""What cannot be taken back: asked once more, or held down; then asked of Pexip, and confirmed or not."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Screen, settled
from tests.browser.stage import JAMES, PRIYA, Stage, guest
from vmrd.lifecycle.inputs import UnlockRoom
from vmrd.lifecycle.words import KnockState, LockState, Phase, Where

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def hold(page: Page, button: Locator, milliseconds: int) -> None:
    """Press it and keep it pressed; the browser's clock is ours."""
    await button.hover()
    await page.mouse.down()
    await page.clock.run_for(milliseconds)
    await page.mouse.up()


async def test_end_is_held_down_or_asked_once_more(screen: Screen, stage: Stage) -> None:
    await screen.page.clock.install()
    room = await stage.secure("1")
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator("#line-words")).to_have_text("Live")
    end = page.locator(f"#end-{room.id}")
    await hold(page, end, 900)
    await expect(page.get_by_role("heading", level=1)).to_have_text("End the meeting in Video room 1?")
    assert (await room.session()).phase is Phase.OPEN, "too short a hold is a press: it asks"
    await page.get_by_role("link", name="Keep it going").click()
    await expect(page.locator("#line-words")).to_have_text("Live")
    await hold(page, end, 1_600)
    await expect(page.locator("#light")).to_contain_text("Ending")
    await expect(page).to_have_url(f"{stage.url}/panel/sessions/{room.id}")
    assert (await room.session()).phase is Phase.ENDING


async def test_a_hold_for_a_roster_that_changed_meanwhile_is_not_carried_out(screen: Screen, stage: Stage) -> None:
    await screen.page.clock.install()
    room = await stage.secure("1")
    stage.watch(room)
    await room.show(guest("odd", "iPhone", Where.WAITING))
    page = await screen.open(room)
    await expect(page.locator("#line-words")).to_have_text("Live")
    unlock = page.get_by_role("link", name="Unlock, lets in 1 person…")
    await unlock.hover()
    await page.mouse.down()
    await room.show(guest("other", "Somebody Else", Where.WAITING))  # the page waits for the finger to come up
    await page.clock.run_for(1_600)
    await page.mouse.up()
    await expect(page.locator("#said")).to_contain_text("Somebody came, left or the lock changed after you looked")
    assert (await room.session()).lock.state is LockState.LOCKED
    await expect(page.get_by_role("link", name="Unlock, lets in 2 people…")).to_be_visible()
    screen.tolerated = ("412",)


async def test_refuse_all_names_whom_it_refuses_and_leaves_the_expected_and_the_new(
    screen: Screen, stage: Stage
) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    strangers = [guest(leg, name, Where.WAITING) for leg, name in (("odd", "iPhone"), ("odder", "Galaxy"))]
    await room.show(guest("ada-2", PRIYA, Where.WAITING), *strangers)
    page = await screen.open(room)
    await page.get_by_role("link", name="Refuse all 3 who are not on the list…").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Refuse 3 people who wait for Video room 1?")
    named = page.locator("main").get_by_role("listitem")
    await expect(named).to_have_text([PRIYA, "iPhone", "Galaxy"])  # the Priya who was checked is inside
    await page.get_by_role("link", name="Leave them waiting").click()
    await room.gone("ada-2")
    await expect(page.locator("#waiting")).not_to_contain_text(PRIYA)
    await settled(page)
    await page.get_by_role("link", name="Refuse all 2 who are not on the list…").click()
    await page.get_by_role("button", name="Refuse 2 people").click()
    await expect(page).to_have_url(f"{stage.url}/panel/sessions/{room.id}")
    await expect(page.locator("#person-odder")).to_contain_text("Asked Pexip to put them out")
    assert {"remove:odd", "remove:odder"} <= (await room.session()).asks.keys()


async def test_admit_says_that_nobody_has_seen_their_id(screen: Screen, stage: Stage) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    await room.show(guest("james", JAMES, Where.WAITING))
    page = await screen.open(room)
    await page.get_by_role("link", name=f"Admit… {JAMES}").click()
    await expect(page.locator("main")).to_contain_text("Not on the list")
    await expect(page.locator("main")).to_contain_text("Nobody has seen their ID yet, so SECURE stays dark")
    await page.get_by_role("link", name="Keep them waiting").click()
    assert "admit:james" not in (await room.session()).asks


async def test_what_is_asked_counts_its_seconds_and_says_what_to_do_by_hand_when_it_lasts(
    screen: Screen, stage: Stage
) -> None:
    room = await stage.opened("1")
    stage.watch(room)
    page = await screen.open(room)
    await page.get_by_role("button", name="Lock", exact=True).click()
    line = page.locator("#lock-line")
    await expect(line).to_contain_text(re.compile(r"Lock asked \d+ s ago"))
    await stage.advance(3_000, room)
    await expect(line).to_contain_text("Pexip has not confirmed it. Lock it with *7 on the room’s remote control")
    await expect(page.locator("#alerts")).to_contain_text("has not confirmed what you asked of the lock")
    await room.show(locked=True)
    await expect(line).to_have_text(re.compile(r"Locked, confirmed by Pexip 10:00:\d\d"))
    await expect(page.locator("#alerts")).not_to_contain_text("has not confirmed")


@pytest.mark.parametrize(
    ("press", "asks"),
    [("Refuse", "Asked Pexip to put them out"), ("Remove", "Asked Pexip to put them out")],
)
async def test_who_is_put_out_shows_until_pexip_shows_them_gone(
    screen: Screen, stage: Stage, press: str, asks: str
) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    await room.show(guest("odd", "iPhone", Where.WAITING if press == "Refuse" else Where.INSIDE))
    page = await screen.open(room)
    await page.locator("#person-odd").get_by_role("button", name=press).click()
    person = page.locator("#person-odd")
    await expect(person).to_contain_text(re.compile(rf"{asks} \d+ s ago"))
    await stage.advance(3_000, room)
    await expect(person).to_contain_text("Pexip has not confirmed it.")
    await room.gone("odd")
    await expect(person).to_have_count(0)


async def test_lock_is_there_in_every_state_of_a_running_meeting_and_never_refused(
    screen: Screen, plain: Screen, stage: Stage
) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    page = await plain.open(room)  # a photograph of a locked room
    await stage.given(room.id, UnlockRoom("a.osei"))
    await room.show(guest("odd", "iPhone"), locked=False)
    await page.get_by_role("button", name="Locked", exact=True).click()
    await expect(page.locator("#said")).to_be_hidden()
    assert (await room.session()).lock.state is LockState.LOCKING
    assert not [each for each in (await room.session()).knocks.values() if each.state is KnockState.RINGING]
