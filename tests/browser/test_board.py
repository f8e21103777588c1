"""Signing in, and what the board says of every room."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Opener, Screen
from tests.browser.stage import OFFICER, PASSWORD, Stage, guest, phone
from vmrd.lifecycle.words import Control, LockState, Purpose, Where

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_officer_signs_in_with_a_password_and_out_again(opener: Opener, stage: Stage) -> None:
    screen = await opener(signed_in=False)
    page = screen.page
    await page.goto(stage.url)
    await expect(page).to_have_url(f"{stage.url}/sign-in")
    await page.get_by_label("Your account name").fill(OFFICER)
    await page.get_by_label("Password").fill("wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("name or the password is wrong")
    await page.get_by_label("Your account name").fill(OFFICER)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Start of shift")).to_be_visible()
    await expect(page.locator("#line-words")).to_have_text("Live")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(f"{stage.url}/sign-in")
    await page.goto(f"{stage.url}/panel")
    await expect(page).to_have_url(f"{stage.url}/sign-in")


async def test_every_room_has_a_tile_that_says_in_words_how_it_stands(screen: Screen, stage: Stage) -> None:
    await stage.waiting("1", guest("odd", "iPhone", Where.WAITING), phone("tel"))
    stage.watch(await stage.opened("2"))
    stage.watch(await stage.secure("3"))
    stage.watch(await stage.private("4"))
    breach = await stage.private("5")
    stage.watch(breach)
    await breach.show(guest("who", "Somebody else"))
    await stage.private("6")  # nobody reads it
    await stage.ready("7", control=Control.NONE, purpose=Purpose.PAROLE_HEARING, minutes=-2)
    await stage.planned("8", minutes=45)
    page = await screen.open()

    def tile(room: int) -> Locator:
        return page.locator(".tile").filter(has=page.get_by_role("heading", name=f"Video room {room}"))

    for room, words in {
        1: ("Ready to open", "3 waiting, 1 expected", "Open", "A1234BC", "10:05 to 10:35"),
        2: ("Open – not locked", "1 person in, 0 checked", "Check the ID of Priya Nair"),
        3: ("SECURE – bring in the prisoner", "1 person in, 1 checked", "While it is secure, bring in the prisoner"),
        4: ("SECURE – PRIVATE", "left"),
        5: ("BREACH – not secure", "Take the prisoner out"),
        6: ("BLIND – cannot see", "Watch the room yourself"),
        7: ("Not our room", "Parole hearing"),
        8: ("Being prepared", "Nothing yet"),
    }.items():
        for each in words:
            await expect(tile(room)).to_contain_text(each)
    rows = page.get_by_role("table").get_by_role("row")
    await expect(rows).to_have_count(9)


async def test_the_board_locks_a_room_in_one_press(screen: Screen, stage: Stage) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    await room.show(locked=False)
    # The rules lock again by themselves; an officer's unlock is what leaves it open.
    other = await stage.opened("2")
    stage.watch(other)
    await other.gone("ada-2")
    await other.show(guest("ada2", "Priya Nair", has_video=False))
    page = await screen.open()
    await page.get_by_role("button", name="Lock in Video room 2").click()
    await expect(page.get_by_role("button", name="Lock in Video room 2")).to_have_count(0)
    assert (await other.session()).lock.state is LockState.LOCKING


async def test_the_board_follows_without_a_reload(screen: Screen, stage: Stage) -> None:
    room = await stage.ready("1")
    page = await screen.open()
    await expect(page.locator("#line-words")).to_have_text("Live")
    await room.show(guest("ada-1", "Priya Nair", Where.WAITING))
    await expect(page.locator(f"#tile-{room.id}")).to_contain_text("1 waiting")


async def test_another_prisons_meetings_are_not_there(screen: Screen, stage: Stage) -> None:
    await stage.planned("1")
    page = await screen.open()
    await expect(page.get_by_role("table")).to_have_text(re.compile("Video room 1"))
    answer = await page.goto(f"{stage.url}/panel/sessions/nobody-knows")
    assert answer is not None
    assert answer.status == 404
    await expect(page.get_by_role("heading", name="Not done")).to_be_visible()
    screen.tolerated = ("404",)
