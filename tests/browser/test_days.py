"""A shift from its start to what the day came to: the hand-over, any day's list, its paper, its summary, a record."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opener, Screen
from tests.browser.scenes import SCENES
from tests.browser.stage import OFFICER, PASSWORD, Stage
from vmrd.lifecycle.facts import Revealed
from vmrd.store.account import AuditKind

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOTH = pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])


async def taken_over(stage: Stage) -> list[dict[str, str]]:
    entries = await stage.store.read(lambda rx: rx.audit(10))
    return [dict(each.detail) for each in entries if each.kind == AuditKind.TOOK_OVER]


@BOTH
async def test_a_shift_begins_with_who_i_am_and_what_is_open_and_is_taken_over(
    opener: Opener, stage: Stage, script: bool
) -> None:
    await SCENES["shift"](stage)
    page = (await opener(signed_in=False, java_script_enabled=script)).page
    await page.goto(stage.url)
    await page.get_by_label("Your account name").fill(OFFICER)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Start of shift")
    await expect(page.locator("#my-prisons")).to_have_text("HMP Example")
    opened = page.locator(".left-open").first.get_by_role("listitem")
    await expect(opened).to_contain_text(["Lin Wu knocked", "not secure"])
    await expect(opened.first).to_contain_text("a.osei is dealing with this.")
    await expect(opened.last).to_contain_text("Nobody has seen it yet.")
    if script:
        await page.get_by_role("button", name="Play the knock").click()
        await expect(page.locator("#sound-words")).to_have_text("Sound on")
    else:
        await expect(page.get_by_text("Somebody must look at the screen all the time.")).to_be_visible()
    assert await taken_over(stage) == []
    await page.get_by_role("button", name="I have read this and take over").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Today")
    assert await taken_over(stage) == [{"establishments": "EXI", "open": "2", "unseen": "2"}]


@BOTH
async def test_a_prisoners_name_is_shown_where_it_is_asked_for_and_that_is_written_down(
    opener: Opener, stage: Stage, script: bool
) -> None:
    rooms = [await stage.planned(room, prisoner=number) for room, number in (("1", "A1234BC"), ("2", "B2345CD"))]
    page = (await opener(java_script_enabled=script)).page
    await page.goto(f"{stage.url}/panel")
    await expect(page.get_by_text("Sam Sample")).to_have_count(0)
    await page.get_by_role("button", name="Name of the prisoner in Video room 2").click()
    await expect(page.locator(f"#row-{rooms[1].id}")).to_contain_text("Sam Sample")
    await expect(page.locator(f"#row-{rooms[0].id}")).not_to_contain_text("Sam Sample")
    for room, looked in zip(rooms, (0, 1), strict=True):
        facts = await stage.store.read(lambda rx, of=room.id: rx.facts(of))  # type: ignore[misc]
        assert sum(isinstance(fact, Revealed) for fact in facts) == looked


async def test_another_days_list_has_its_appointments_and_no_tiles_and_leads_back(screen: Screen, stage: Stage) -> None:
    await SCENES["tomorrow"](stage)
    page = await screen.open()
    await page.get_by_role("link", name="The day after").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Wednesday 6 May 2026")
    rows = page.get_by_role("table").locator("tbody tr")
    await expect(rows).to_have_text([re.compile(tag) for tag in ("Pre-court", "Main", "Post-court")])
    await expect(page.locator(".tile")).to_have_count(0)
    await page.get_by_role("link", name="The day after").click()
    await expect(page.get_by_text("No video meetings on this day.")).to_be_visible()
    await page.go_back()
    await expect(rows).to_have_count(3)
    await page.get_by_role("link", name="Today", exact=True).last.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Today")


async def test_twenty_rooms_are_seen_at_once_in_a_control_room(opener: Opener, stage: Stage) -> None:
    await SCENES["today-crowded"](stage)
    page = (await opener(cookie=await stage.sign_in("a.osei"))).page
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await page.goto(f"{stage.url}/panel")
    await page.locator("#sound-on").click()
    tiles = page.locator(".tile")
    await expect(tiles).to_have_count(20)
    below = await tiles.evaluate_all(
        "all => all.filter(each => each.getBoundingClientRect().bottom > innerHeight).map(each => each.innerText)"
    )
    assert below == []
    small = await page.locator(".tile-state, .tile h2").evaluate_all(
        "all => all.filter(each => parseFloat(getComputedStyle(each).fontSize) < 22).map(each => each.innerText)"
    )
    assert small == []


async def test_the_paper_has_whom_to_fetch_and_whom_to_check_and_no_secret(screen: Screen, stage: Stage) -> None:
    await SCENES["on-paper"](stage)
    page = screen.page
    await page.goto(f"{stage.url}/panel/print?date=2026-05-06")
    await page.emulate_media(media="print")
    sheet = page.locator(".sheet").first
    for words in ("10:00 to 10:30", "Video room 1", "A1234BC", "Pre-court", "Priya Nair", "☐ Photo identity card"):
        await expect(sheet).to_contain_text(words)
    await expect(page.locator(".sheet")).to_have_count(4)
    for unprinted in ("#strip", ".days", ".places", "#print"):
        await expect(page.locator(unprinted)).to_be_hidden()
    text = await page.content()
    assert [secret for secret in ("48151623", "Sam Sample") if secret in text] == []


@BOTH
async def test_how_a_meeting_went_is_confirmed_from_the_days_summary_and_its_record_read(
    opener: Opener, stage: Stage, script: bool
) -> None:
    await SCENES["summary"](stage)
    page = (await opener(java_script_enabled=script)).page
    await page.goto(f"{stage.url}/panel")
    await page.get_by_role("link", name="Summary", exact=True).click()
    line = page.locator("tbody tr").first
    await expect(line).to_contain_text("as vmrd proposes")
    await page.get_by_role("button", name="Confirm how it went in Video room 1").click()
    await expect(line).to_contain_text("Confirmed by k.shah.")
    await expect(page.locator(".facts")).to_contain_text(re.compile(r"To be confirmed\s*0"))
    await page.get_by_role("link", name="Today", exact=True).first.click()
    await page.get_by_role("link", name=re.compile("Record.*Video room 1")).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Record")
    for words in ("Open pressed", "Ended", "Outcome: went as booked"):
        await expect(page.get_by_role("table")).to_contain_text(words)


async def test_whoever_is_signed_out_comes_back_to_the_very_day(opener: Opener, stage: Stage) -> None:
    page = (await opener(signed_in=False)).page
    await page.goto(f"{stage.url}/panel/summary?establishment=EXI&date=2026-05-04")
    await page.get_by_label("Your account name").fill(OFFICER)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(f"{stage.url}/panel/summary?establishment=EXI&date=2026-05-04")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Monday 4 May 2026")
