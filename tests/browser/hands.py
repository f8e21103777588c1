"""How an officer presses and looks: with the mouse, with the keyboard alone, or where no script runs.

All three are given the same screen and the same words. What differs is how a press is made, how a change is seen (it
comes by itself, or by loading the page anew), and what the light may say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import settled

TABS = 150
LOADS = 60
FOCUSED = "element => element === document.activeElement"
IN_ITS_GROUP = """field => { const here = document.activeElement;
  return here !== null && here.name === field.name && here.form === field.form; }"""


class Hands(Protocol):
    """`secure` and `private` are what the light says where these hands are."""

    page: Page
    secure: str
    private: str

    async def press(self, target: Locator) -> None:
        """A button or a link."""

    async def choose(self, field: Locator) -> None:
        """A radio button or a tick."""

    async def sees(self, what: Locator) -> None:
        """It is there, or comes soon."""

    async def misses(self, what: Locator) -> None:
        """It is not there, or goes soon."""

    async def check_form(self, person: Locator) -> Locator:
        """The questions about the ID of somebody inside."""


@dataclass
class Mouse:
    """The script runs; every press is a click."""

    page: Page
    secure: str = "SECURE – bring in the prisoner"
    private: str = "SECURE – PRIVATE"

    async def press(self, target: Locator) -> None:
        await settled(self.page)
        await target.click()

    async def choose(self, field: Locator) -> None:
        await field.check()

    async def sees(self, what: Locator) -> None:
        await expect(what).to_be_visible()

    async def misses(self, what: Locator) -> None:
        await expect(what).to_have_count(0)

    async def check_form(self, person: Locator) -> Locator:
        form = person.locator("form.check")
        await self.sees(form)
        return form


@dataclass
class Keyboard(Mouse):
    """The script runs; there is no mouse."""

    async def press(self, target: Locator) -> None:
        await expect(target).to_be_visible()
        await self._tab_until(target, FOCUSED)
        await self.page.keyboard.press("Enter")

    async def choose(self, field: Locator) -> None:
        await self._tab_until(field, IN_ITS_GROUP)
        await self.page.keyboard.press("Space")
        while not await field.is_checked():
            assert await field.evaluate(IN_ITS_GROUP)
            await self.page.keyboard.press("ArrowDown")

    async def _tab_until(self, target: Locator, reached: str) -> None:
        for _ in range(TABS):
            if await target.evaluate(reached):
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached by Tab")


@dataclass
class WithoutScript:
    """Forms, links, and pages that are loaded anew. The light is a note of a moment."""

    page: Page
    secure: str = "Secure as of"
    private: str = "Secure as of"

    async def press(self, target: Locator) -> None:
        await target.click()

    async def choose(self, field: Locator) -> None:
        await field.check()

    async def sees(self, what: Locator) -> None:
        await self._load_until(what, there=True)

    async def misses(self, what: Locator) -> None:
        await self._load_until(what, there=False)

    async def check_form(self, person: Locator) -> Locator:
        link = person.get_by_role("link", name="Check ID")
        await self.sees(link)
        await link.click()
        return self.page.locator("form.check")

    async def _load_until(self, what: Locator, *, there: bool) -> None:
        for _ in range(LOADS):
            if bool(await what.count()) is there:
                return
            await self.page.reload()
        raise AssertionError(f"{what} is {'not ' if there else ''}there after {LOADS} loads")
