"""Single keys: Lock, Seen it, moving about; dead where somebody writes, with other keys held, and when turned off."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Screen
from tests.browser.stage import Stage, guest
from vmrd.lifecycle.words import KnockState, LockState, Where

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_room_is_found_locked_and_left_by_single_keys(screen: Screen, stage: Stage) -> None:
    first, second = await stage.opened("1"), await stage.opened("2")
    for room in (first, second):
        stage.watch(room)
    page = await screen.open()
    await expect(page.locator("#line-words")).to_have_text("Live")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(f"#tile-{first.id} h2 a")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(f"#tile-{second.id} h2 a")).to_be_focused()
    await page.keyboard.press("2")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Video room 2")
    await expect(page.locator("#line-words")).to_have_text("Live")
    await page.keyboard.press("l")
    await expect(page.locator("#lock-line")).to_contain_text("Lock asked")
    assert (await second.session()).lock.state is LockState.LOCKING
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(f"{stage.url}/panel")
    assert (await first.session()).lock.state is LockState.UNLOCKED


async def test_the_first_knock_is_seen_by_one_key(screen: Screen, stage: Stage) -> None:
    room = await stage.private("3")
    stage.watch(room)
    await room.show(guest("one", "First Caller", Where.WAITING))
    await room.show(guest("two", "Second Caller", Where.WAITING))
    page = await screen.open()
    await expect(page.locator("#line-words")).to_have_text("Live")
    await page.keyboard.press("k")
    await expect(page.locator("#strip li")).to_have_count(1)
    states = {knock.leg: knock.state for knock in (await room.session()).knocks.values()}
    assert states == {"one": KnockState.ACKNOWLEDGED, "two": KnockState.RINGING}


async def test_keys_are_dead_where_somebody_writes_and_with_another_key_held(screen: Screen, stage: Stage) -> None:
    room = await stage.opened("1")
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator("#line-words")).to_have_text("Live")
    for chord in ("Control+l", "Alt+l", "Shift+L"):
        await page.keyboard.press(chord)
    await page.get_by_text("Write a note").click()
    note = page.get_by_label("Note", exact=True)
    await note.press_sequentially("all locked? 12 k")
    await note.press("Escape")
    await expect(note).to_have_value("all locked? 12 k")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Video room 1")
    assert (await room.session()).lock.state is LockState.UNLOCKED
    await page.get_by_label("Photo identity card").check()  # a tick is no text: the next key may be Lock
    await page.keyboard.press("l")
    await expect(page.locator("#lock-line")).to_contain_text("Lock asked")


async def test_an_officer_turns_the_keys_off_and_tries_them_first(screen: Screen, stage: Stage) -> None:
    room = await stage.opened("1")
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator("#line-words")).to_have_text("Live")
    await page.keyboard.press("?")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sounds and keys")
    trial = page.get_by_label("Try a key or a button here")
    await trial.press("k")
    await expect(page.get_by_text("You pressed k. It means: Seen it.")).to_be_visible()
    await trial.press("x")
    await expect(page.get_by_text("You pressed x. It means: nothing here.")).to_be_visible()
    await page.get_by_role("button", name="Turn the keys off in this browser").click()
    await expect(page.get_by_role("button", name="Turn the keys on in this browser")).to_be_visible()
    await screen.open(room)
    await expect(page.locator("#line-words")).to_have_text("Live")
    await page.keyboard.press("l")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Lock", exact=True)).to_be_visible()
    assert (await room.session()).lock.state is LockState.UNLOCKED
