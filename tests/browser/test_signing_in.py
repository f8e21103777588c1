"""Coming in and going out in a real browser: what cookies, journeys from another site and policies make of it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from axe_playwright_python import async_playwright as axe
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import SOON, Opener, Screen, settled
from tests.browser.stage import OFFICER, PASSWORD, PRIYA, Stage, guest, staged
from tests.browser.test_screens import OVERFLOWING, RULES
from tests.web.sign_in_service import configured, serving
from vmrd.lifecycle.words import Where

pytestmark = pytest.mark.asyncio(loop_scope="module")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
async def test_an_officer_comes_in_by_a_service_of_another_site_and_hands_over(
    browser: Browser, tmp_path: Path, script: bool
) -> None:
    """`localhost` and `127.0.0.1` are two sites to a browser, as the service and vmrd are in life."""
    port = free_port()
    async with serving("localhost") as service:
        service.person["caseloads"] = ["EXI"]
        redirect = f"http://127.0.0.1:{port}/sign-in/callback"
        sign_in = configured(service, redirect_url=redirect, label="HMPPS")
        async with staged(tmp_path, port=port, sign_in=sign_in) as stage:
            room = await stage.opened("1")
            context = await browser.new_context(java_script_enabled=script)
            page = await context.new_page()
            page.set_default_timeout(SOON)
            await page.goto(f"{stage.url}/panel/sessions/{room.id}")
            await page.get_by_role("link", name="Sign in with HMPPS").click()
            await page.wait_for_url(f"**/panel/sessions/{room.id}")
            await expect(page.locator("body")).to_contain_text("KSHAH_GEN")
            assert [each for each in await context.cookies() if "attempt" in each["name"]] == []
            service.person["user_name"] = "PNAIR_GEN"
            await page.get_by_role("button", name="Switch").click()
            await page.wait_for_url("**/sign-in")
            assert service.signed_out != []
            await page.get_by_role("link", name="Sign in with HMPPS").click()
            await page.wait_for_url(f"**/panel/sessions/{room.id}")
            await expect(page.locator("body")).to_contain_text("PNAIR_GEN")
            assert service.asked[-1]["prompt"] == "login"
            await context.close()


async def test_a_knock_goes_on_ringing_on_the_form_until_a_colleague_is_in(opener: Opener, stage: Stage) -> None:
    screen = await opener()
    room = await stage.secure("1")
    page = await screen.open(room)
    await page.get_by_role("button", name="Switch").click()
    await expect(page.locator("#handover")).to_contain_text("Nobody is knocking")
    await page.get_by_label("Your account name").fill(OFFICER)
    await room.show(guest("late", "Canary Stranger", Where.WAITING))
    await expect(page.locator("#handover")).to_contain_text("KNOCK")
    assert "KNOCK" in await page.title()
    assert "Canary" not in await page.content()
    await expect(page.get_by_label("Your account name")).to_have_value(OFFICER)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"**/panel/sessions/{room.id}")
    await expect(page.locator("#strip")).to_contain_text("Canary Stranger")


async def test_an_officer_who_is_put_out_sees_the_form_at_once_and_comes_back_to_the_room(
    screen: Screen, stage: Stage
) -> None:
    screen.tolerated = ("401",)
    room = await stage.opened("1")
    page = await screen.open(room)
    await expect(page.locator("#line-words")).to_have_text("Live")
    await stage.store.write([], lambda tx: tx.drop_sign_ins(OFFICER))
    await page.wait_for_url(f"**/sign-in?next=/sessions/{room.id}")
    await page.get_by_label("Your account name").fill(OFFICER)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"**/panel/sessions/{room.id}")


async def test_the_back_button_after_signing_out_shows_no_room(screen: Screen, stage: Stage) -> None:
    room = await stage.opened("1")
    page = await screen.open(room)
    await expect(page.locator("body")).to_contain_text(PRIYA)
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/sign-in")
    await page.go_back()
    await expect(page.locator("h1")).to_have_text("Sign in")
    assert PRIYA not in await page.content()


async def test_the_screens_around_signing_in_can_be_read_by_everybody(browser: Browser, tmp_path: Path) -> None:
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with serving() as service:
        sign_in = {**configured(service, label="HMPPS"), "sealed": {"password_hash": hashed}}
        async with staged(tmp_path, sign_in=sign_in) as stage:
            room = await stage.secure("1")
            context = await browser.new_context()
            page = await context.new_page()
            page.set_default_timeout(SOON)
            await page.goto(f"{stage.url}/sign-in?why=away&next=/sessions/{room.id}")
            await page.get_by_text("emergency account").click()
            await legible(page)
            await page.get_by_label("Your own name").fill("Kim Shah")
            await page.get_by_label("Password").fill(PASSWORD)
            await page.get_by_role("button", name="Sign in").click()
            await page.wait_for_url(f"**/panel/sessions/{room.id}")
            await expect(page.get_by_text("Emergency account in use since")).to_be_visible()
            await settled(page)
            await legible(page)
            await room.show(guest("late", "Canary Stranger", Where.WAITING))
            await page.get_by_role("button", name="Switch").click()
            await expect(page.locator("#handover")).to_contain_text("KNOCK")
            await legible(page)
            await context.close()


async def legible(page: Page) -> None:
    """No fault that axe knows, and nothing cut off on the narrowest screen."""
    found = await axe.Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    await page.set_viewport_size({"width": 320, "height": 900})
    assert await page.locator("html").evaluate(OVERFLOWING) == []
    await page.set_viewport_size({"width": 1280, "height": 900})
