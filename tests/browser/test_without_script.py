"""The panel where no script runs: plain forms, reloading, and SECURE only as a note of a moment.

A whole consultation is held so in `test_consultation.py`.
"""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Screen
from tests.browser.stage import PRIYA, Stage, guest
from vmrd.lifecycle.words import Where

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_secure_is_dated_text_and_never_the_light(plain: Screen, stage: Stage) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    page = await plain.open(room)
    await expect(page.locator("#light")).to_contain_text(re.compile(r"Secure as of 10:00:\d\d"))
    await expect(page.locator("#light")).to_contain_text("not a light")
    await expect(page.locator("[data-burning]")).to_have_count(0)
    assert "SECURE –" not in await page.locator("body").inner_text()
    await plain.open()
    await expect(page.locator(f"#tile-{room.id}")).to_contain_text("Secure as of 10:00:")


async def test_a_page_says_of_what_moment_it_is_and_that_nothing_will_ring(plain: Screen, stage: Stage) -> None:
    room = await stage.private("1")
    for page in (await plain.open(), await plain.open(room)):
        await expect(page.locator("#line")).to_have_text(re.compile(r"As at 10:00:\d\d – no sound, no live alarm"))


async def test_a_page_reloads_itself_but_never_a_form(plain: Screen, stage: Stage) -> None:
    room = await stage.opened("1")
    page = await plain.open(room)
    refresh = page.locator("noscript meta[http-equiv=refresh]")
    await expect(refresh).to_have_attribute("content", f"5; url=/panel/sessions/{room.id}")
    await page.get_by_role("link", name=f"Check ID of {PRIYA}").click()
    await expect(refresh).to_have_count(0)


async def test_a_refused_press_answers_with_the_page_and_the_sentence(plain: Screen, stage: Stage) -> None:
    room = await stage.opened("1")
    page = await plain.open(room)
    await room.show(guest("odd", "iPhone"))  # the officer has not seen this one
    await page.get_by_role("link", name=f"Check ID of {PRIYA}").click()
    await page.get_by_label("Photo identity card").check()
    await page.get_by_label("Their face is the face on the document").check()
    await room.gone("odd")
    await page.get_by_role("button", name="ID is good").click()
    await expect(page.locator("#said")).to_contain_text("Somebody came, left or the lock changed after you looked")
    await expect(page.locator("#said-words")).to_be_focused()  # by which it is read out
    await expect(page).to_have_title(re.compile("^Not done – "))
    assert not (await room.session()).checked_attendees()
    plain.tolerated = ("412",)


async def test_a_knock_is_answered_by_a_form(plain: Screen, stage: Stage) -> None:
    room = await stage.private("1")
    stage.watch(room)
    await room.show(guest("late", "Late Guest", Where.WAITING))
    page = await plain.open()
    await expect(page.locator("#strip")).to_contain_text("KNOCK – Video room 1")
    await page.get_by_role("button", name="Seen it").click()
    await expect(page).to_have_url(f"{stage.url}/panel")
    await expect(page.get_by_text("Nobody is knocking")).to_be_visible()


async def test_the_name_is_shown_once(plain: Screen, stage: Stage) -> None:
    room = await stage.secure("1")
    page = await plain.open(room)
    await page.get_by_role("button", name="Show the name for 10 seconds").click()
    await expect(page.get_by_text("Sam Sample")).to_be_visible()
    await plain.open(room)
    await expect(page.get_by_text("Sam Sample")).to_have_count(0)
