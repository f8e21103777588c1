"""The database goes away while a meeting runs and an officer looks: dark, said, nothing taken, well again by itself."""

from __future__ import annotations

import asyncio
import json
import re
import resource
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Screen, settled
from tests.browser.stage import Stage
from tests.postgres import AWAY, PASSWORD, postgres
from tests.system import demo_process
from vmrd.demo.cast import PRIVATE, WAITING
from vmrd.demo.stage import Plan
from vmrd.demo.stage import stage as demo_stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIT = "#light[data-burning=yes]"
SAID = re.compile(r"NOT LIVE since \d\d:\d\d:\d\d – vmrd has lost its database\. It sees no knock and takes no press")
NOT_DONE = "What you pressed is not done and not written down. Do by hand what cannot wait"
PATIENCE = 30_000


async def _shows(page: Page, *, away: bool) -> None:
    """The veil and the line agree, and nobody says that nobody knocks while nobody knows."""
    if away:
        await expect(page.locator("#veil")).to_contain_text(SAID, timeout=PATIENCE)
        await expect(page.locator("#line-words")).to_have_text("Not live")
        await expect(page.get_by_text("Nobody is knocking.")).to_be_hidden()
        await expect(page.locator("[data-burning=yes]")).to_have_count(0)
    else:
        await expect(page.locator("#veil")).to_be_hidden(timeout=PATIENCE)
        await expect(page.locator("#line-words")).to_have_text("Live")


async def test_a_server_that_goes_away_darkens_every_screen_and_takes_no_press(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with postgres() as server:
        database = replace(server.empty(), password=None)
        async with demo_stage(Plan(database=database)) as built:
            context = await browser.new_context()
            context.set_default_timeout(PATIENCE)
            board = await context.new_page()
            await board.goto(built.sign_in)
            await board.goto(f"{built.vmrd.api}/panel")
            private, waiting = await context.new_page(), await context.new_page()
            for page, booking in ((private, PRIVATE), (waiting, WAITING)):
                await page.goto(f"{built.vmrd.api}/panel/sessions/{built.players.officers[booking.room].session}")
            await expect(private.locator(LIT)).to_contain_text("SECURE – PRIVATE", timeout=PATIENCE)
            await asyncio.to_thread(server.lose, database, AWAY)
            for page in (board, private, waiting):
                await _shows(page, away=True)
            await expect(private.locator("#light")).to_contain_text("NOT PROVED NOW – do not rely on it")
            await settled(waiting)
            await waiting.get_by_role("button", name="Refuse").first.click()
            await expect(waiting.locator("#said-words")).to_contain_text(NOT_DONE, timeout=PATIENCE)
            await asyncio.to_thread(server.find, database, AWAY)
            for page in (board, private, waiting):
                await _shows(page, away=False)
            seen = await built.players.officers[WAITING.room].look()
            assert [person.where for person in seen.people].count("waiting") == 1  # whom nobody has refused
            await expect(private.locator(LIT)).to_contain_text("SECURE – PRIVATE", timeout=PATIENCE)
            await context.close()


async def test_a_screen_asked_for_without_a_database_says_what_to_do_and_shows_itself_once_it_is_back(
    screen: Screen, stage: Stage
) -> None:
    screen.tolerated = ("503",)
    room = await stage.secure()
    stage.watch(room)
    stage.store.lost = True
    page = await screen.open(room)
    await expect(page.get_by_role("heading", level=1)).to_have_text("vmrd has lost its database")
    await expect(page.locator("main")).to_contain_text("To lock: *7 on the room’s remote control.")
    stage.store.lost = False
    await expect(page.locator(LIT)).to_contain_text("SECURE – bring in the prisoner", timeout=PATIENCE)


async def test_without_script_a_press_without_a_database_says_that_it_is_not_done(plain: Screen, stage: Stage) -> None:
    plain.tolerated = ("503",)
    room = await stage.secure()
    stage.see(room)
    page = await plain.open(room)
    stage.store.lost = True
    await page.get_by_role("button", name="The prisoner is in").click()
    await expect(page.locator("main")).to_contain_text(NOT_DONE)
    stage.store.lost = False
    await expect(page.locator("#prisoner")).to_contain_text("To fetch: A1234BC", timeout=PATIENCE)
    assert not (await room.session()).prisoner.inside


async def test_a_screen_handed_over_says_that_nobody_would_be_heard(screen: Screen, stage: Stage) -> None:
    screen.tolerated = ("503", "WebSocket")
    page = await screen.open()
    await page.get_by_role("button", name="Switch").click()
    await expect(page.get_by_text("Nobody is knocking.")).to_be_visible()
    stage.store.lost = True
    await expect(page.get_by_text("This screen has lost vmrd: no knock shows or sounds here.")).to_be_visible(
        timeout=PATIENCE
    )
    await expect(page.get_by_text("Nobody is knocking.")).to_be_hidden()
    stage.store.lost = False
    await expect(page.get_by_text("Nobody is knocking.")).to_be_visible()


async def test_a_disk_that_takes_no_more_leaves_no_screen_live_and_no_press_looking_done(
    browser: Browser, tmp_path: Path
) -> None:
    with demo_process.running(tmp_path, "--story", "none", "--json") as daemon:
        assert daemon.stdout is not None
        told = json.loads(await asyncio.to_thread(daemon.stdout.readline))
        context = await browser.new_context()
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        await page.goto(told["signIn"])
        await page.get_by_role("link", name="Video room 2").first.click()
        await expect(page.locator(LIT)).to_contain_text("SECURE – PRIVATE", timeout=PATIENCE)
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        await settled(page)
        await page.get_by_role("button", name="The prisoner signalled").click()
        said = page.locator("#said-words")
        await expect(said).to_contain_text(re.compile("do by hand what cannot wait", re.IGNORECASE), timeout=PATIENCE)
        await expect(page.locator("#veil")).to_contain_text("NOT LIVE since", timeout=PATIENCE)
        await expect(page.locator("#light[data-burning=no]")).to_contain_text("NOT PROVED NOW")
        await expect(page.get_by_text("Nobody is knocking.")).to_be_hidden()
        await context.close()
