"""The record of a meeting as paper: one page for an ordinary one, words alone, and nobody named who is kept secret."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Screen
from tests.browser.scenes import BOTH, JAMES, guest
from tests.browser.stage import OFFICER, Stage
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.words import Where

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGES = re.compile(rb"/Type\s*/Page\b")
IN_WORDS_ALONE = "main :is(img, svg, picture, canvas, video, object, iframe)"


async def ordinary(stage: Stage) -> str:
    """A consultation as they are: two people checked, locked, the prisoner in, a knock refused, ended; its record."""
    room = await stage.private("1", who=BOTH)
    await stage.given(room.id, i.ReminderGiven(OFFICER))
    await stage.given(room.id, i.OfficerLeft(OFFICER))
    await room.show(guest("late", JAMES, Where.WAITING))
    await stage.given(room.id, lambda ref: i.Refuse("late", OFFICER, ref("Not on the list")))
    await room.gone("late")
    await stage.given(room.id, i.PrisonerOut(OFFICER))
    await stage.given(room.id, i.End(OFFICER))
    for _ in range(2):
        await stage.advance(5_000)
        await stage.given(room.id, i.EmptySeen())
    await stage.given(room.id, i.VmrDeleted(1))
    await stage.advance(300_000, room)
    await stage.given(room.id, i.AliasProbed(1, 0, 2))
    await stage.given(room.id, i.ConfirmOutcome(OFFICER))
    return f"{stage.url}/panel/sessions/{room.id}/record"


async def test_an_ordinary_meetings_record_is_one_page_of_words(screen: Screen, stage: Stage) -> None:
    page = screen.page
    await page.goto(await ordinary(stage))
    entries = page.get_by_role("table")
    for words in ("Lock", "Prisoner", "Ended", "Refuse pressed for James Okoro: Not on the list"):
        await expect(entries).to_contain_text(words, ignore_case=True)
    assert await page.locator(IN_WORDS_ALONE).count() == 0
    assert len(PAGES.findall(await page.pdf(format="A4"))) == 1
