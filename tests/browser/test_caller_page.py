"""The mock's own page: a person plays callers on it, and sees what callers see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
import pytest_asyncio
from axe_playwright_python import async_playwright as axe
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from tests.browser.conftest import SOON
from tests.mock.mock_site import ALIAS, GUEST_PIN, HOST_PIN, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (1280, 390)


@dataclass(slots=True)
class Callers:
    """The page, the mock behind it, and what the browser complained about. `tolerated`: answers a test provokes."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list)
    tolerated: str = ""

    async def dial(self, name: str, kind: str = "browser", pin: str = GUEST_PIN, number: str = "") -> Locator:
        """Dial as somebody; their card."""
        await self.page.get_by_label("Calling with").select_option(kind)
        await self.page.get_by_label("Name others see").fill(name)
        if number:
            await self.page.get_by_label("Number or address").fill(number)
        await self.page.get_by_label("Address to dial").fill(ALIAS)
        await self.page.get_by_label("PIN, if they know one").fill(pin)
        await self.page.get_by_role("button", name="Dial", exact=True).click()
        return self.card(name)

    def card(self, name: str) -> Locator:
        return self.page.locator("article").filter(has=self.page.locator("h3 .name", has_text=name))

    async def says(self, name: str, sentence: str) -> None:
        await expect(self.card(name).locator(".situation")).to_have_text(sentence)


@pytest_asyncio.fixture(loop_scope="module")
async def callers(browser: Browser) -> AsyncIterator[Callers]:
    async with MockServer(Knobs.fast()) as server, aiohttp.ClientSession() as session:
        site = Site(server, session)
        await site.make_vmr()
        context: BrowserContext = await browser.new_context(viewport={"width": 1280, "height": 900})
        page = await context.new_page()
        page.set_default_timeout(SOON)
        found = Callers(page, site)
        page.on("console", lambda told: told.type == "error" and found.complaints.append(told.text))
        page.on("pageerror", lambda error: found.complaints.append(str(error)))
        await page.goto(f"{server.management_url}/")
        await expect(page.locator("#offered")).to_contain_text(ALIAS)
        yield found
        await context.close()
        left = [text for text in found.complaints if not (found.tolerated and found.tolerated in text)]
        assert left == [], "the browser complained"


async def participant(callers: Callers, name: str) -> str:
    people = (await callers.site.conference())["participants"]
    assert isinstance(people, list)
    return str(next(person["id"] for person in people if person["name"] == name))


async def test_a_guest_waits_is_let_in_and_is_removed(callers: Callers) -> None:
    token = await callers.site.token()
    await callers.dial("Ann Advocate")
    await callers.says("Ann Advocate", "Waiting for the host.")
    await callers.site.node("POST", "lock", token=token)
    await callers.says("Ann Advocate", "The meeting is locked: waiting to be let in.")
    await callers.site.node("POST", "start_conference", token=token)
    who = await participant(callers, "Ann Advocate")
    await callers.site.node("POST", f"participants/{who}/unlock", token=token)
    await callers.says("Ann Advocate", "In the meeting.")
    card = callers.card("Ann Advocate")
    await expect(card.locator(".notes")).to_have_text("The meeting is locked.")
    await expect(card.locator(".roster li")).to_have_text(
        ["vmrd (host, no picture)", "Ann Advocate (themselves)"], use_inner_text=True
    )
    await callers.site.node("POST", f"participants/{who}/disconnect", token=token)
    await callers.says("Ann Advocate", "You were removed from the meeting.")
    await expect(card.get_by_role("button", name="Hang up")).to_be_hidden()
    await card.get_by_role("button", name="Dial again").click()
    await expect(callers.card("Ann Advocate")).to_have_count(2)


async def test_a_caller_acts_and_the_platform_sees_it(callers: Callers) -> None:
    chair = await callers.dial("Video room 1", "room-system", HOST_PIN)
    await callers.says("Video room 1", "In the meeting.")
    card = await callers.dial("Ann Advocate", "app")
    await callers.says("Ann Advocate", "In the meeting.")
    await card.get_by_role("button", name="Camera off").click()
    await expect(card.get_by_role("button", name="Camera on")).to_be_visible()
    await expect(chair.locator(".roster li")).to_have_text(["Video room 1 (themselves, host)"])
    await card.get_by_role("button", name="Camera on").click()
    await expect(chair.locator(".roster li")).to_have_text(["Video room 1 (themselves, host)", "Ann Advocate"])
    await card.get_by_role("button", name="Present", exact=True).click()
    await expect(chair.locator(".roster li").nth(1)).to_have_text("Ann Advocate (presenting)")
    await card.get_by_text("Change name").click()
    await card.get_by_label("New name").fill("A. Advocate")
    await card.get_by_role("button", name="Change").click()
    await expect(callers.card("A. Advocate")).to_have_count(1)
    await chair.get_by_text("Keypad").click()
    await chair.get_by_role("button", name="star").click()
    await chair.get_by_role("button", name="7").click()
    await expect(chair.locator(".notes")).to_have_text("The meeting is locked.")
    await callers.card("A. Advocate").get_by_role("button", name="Hang up").click()
    await callers.says("A. Advocate", "You hung up.")


async def test_a_telephone_types_its_pin_and_waits_and_sees_nobody(callers: Callers) -> None:
    await callers.site.token()
    card = await callers.dial("01632 960123", "phone", pin="", number="+441632960123")
    await callers.says("01632 960123", "Type the PIN, then the hash key.")
    for key in (*GUEST_PIN, "hash"):
        await card.locator(".keys").get_by_role("button", name=key, exact=True).click()
    await callers.says("01632 960123", "Waiting for the host.")
    await expect(card.locator(".roster")).to_be_hidden()
    await expect(card.get_by_role("button", name="Camera off")).to_be_hidden()
    await callers.site.control("POST", "clock", {"advanceSeconds": 901})
    await callers.says("01632 960123", "You waited too long: nobody let you in.")


async def test_who_is_refused_is_told_why(callers: Callers) -> None:
    callers.tolerated = "the server responded with a status of 40"
    page = callers.page
    await callers.dial("Mallory", pin="")
    await expect(page.locator("#refused")).to_have_text("This meeting asks for a PIN.")
    await expect(page.get_by_label("PIN, if they know one")).to_be_focused()
    await callers.dial("Mallory", pin="0000")
    await expect(page.locator("#refused")).to_have_text("The call was refused: Invalid PIN.")
    await page.get_by_label("Address to dial").fill("nobody@meet.example.org")
    await page.get_by_role("button", name="Dial", exact=True).click()
    await expect(page.locator("#refused")).to_have_text("Nobody answers under that address.")
    await callers.site.admin("PATCH", "configuration/v1/conference/1/", {"guest_pin": ""})
    await callers.site.control("POST", "clock", {"advanceSeconds": 1})
    await callers.dial("Ann Advocate", pin="")
    await page.get_by_role("button", name="Go in as a guest, without PIN").click()
    await callers.says("Ann Advocate", "Waiting for the host.")


async def test_callers_are_found_again_when_the_page_is_loaded_anew(callers: Callers) -> None:
    await callers.dial("Ann Advocate")
    await callers.says("Ann Advocate", "Waiting for the host.")
    await callers.page.reload()
    await callers.says("Ann Advocate", "Waiting for the host.")


async def test_the_pages_policy_allows_nothing_inline_and_nothing_from_outside(callers: Callers) -> None:
    answer = await callers.page.request.get(callers.page.url)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("width", WIDTHS)
async def test_axe_finds_nothing_and_nothing_is_cut_off(callers: Callers, width: int) -> None:
    page = callers.page
    await page.set_viewport_size({"width": width, "height": 900})
    token = await callers.site.token()
    await callers.dial("Gone Early")
    await callers.says("Gone Early", "Waiting for the host.")
    await callers.site.node("POST", f"participants/{await participant(callers, 'Gone Early')}/disconnect", token=token)
    await callers.says("Gone Early", "You were not let in.")
    await callers.dial("Ann Advocate")
    await callers.dial("01632 960123", "phone", pin="", number="+441632960123")
    await callers.says("01632 960123", "Type the PIN, then the hash key.")
    await callers.site.node("POST", "start_conference", token=token)
    await callers.site.node("POST", "lock", token=token)
    await callers.dial("A person with quite a long name who sits in a corridor", "app")
    await callers.says("A person with quite a long name", "The meeting is locked: waiting to be let in.")
    await callers.says("Ann Advocate", "In the meeting.")
    found = await axe.Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    small = await page.locator("button, summary, select, input").evaluate_all(
        """all => all.filter(each => each.offsetParent && each.getBoundingClientRect().height < 44)
                  .map(each => each.outerHTML)"""
    )
    assert small == []
