"""A vmrd to look at, and a browser to look with. Whatever the browser complains about fails the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.browser.stage import EYES, Room, Stage, staged

SOON = 30_000
"""Milliseconds after which something that should show never will."""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=document-user-activation-required",  # headless would allow sound without a tap
)

expect.set_options(timeout=SOON)


@dataclass(slots=True)
class Screen:
    """A page of the panel, and what the browser complained about. `tolerated`: texts a test expects."""

    page: Page
    stage: Stage
    complaints: list[str] = field(default_factory=list)
    tolerated: tuple[str, ...] = ()

    async def open(self, room: Room | None = None, rest: str = "") -> Page:
        """The board, or a room's page."""
        path = f"/panel/sessions/{room.id}{rest}" if room is not None else "/panel"
        await self.page.goto(f"{self.stage.url}{path}")
        return self.page

    def left_over(self) -> list[str]:
        return [text for text in self.complaints if not any(known in text for known in self.tolerated)]


async def settled(page: Page) -> None:
    """Wait until no button is so new at its place that the panel does not take a press of it yet."""
    await expect(page.locator(".settling")).to_have_count(0)


@pytest.fixture
def eyes() -> int:
    """Milliseconds our eyes stay fresh; a test may say otherwise."""
    return EYES


@pytest_asyncio.fixture(loop_scope="module")
async def stage(tmp_path: Path, eyes: int) -> AsyncIterator[Stage]:
    async with staged(tmp_path, eyes=eyes) as set_up:
        yield set_up


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(chromium_path: str) -> AsyncIterator[Browser]:
    async with _launched(chromium_path) as launched:
        yield launched


@pytest_asyncio.fixture(loop_scope="module")
async def windows(windows_path: str) -> AsyncIterator[Browser]:
    """A browser that knows which of its pages is in front."""
    async with _launched(windows_path) as launched:
        yield launched


@asynccontextmanager
async def _launched(path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield launched
        await launched.close()


Opener = Callable[..., Awaitable[Screen]]


@pytest_asyncio.fixture(loop_scope="module")
async def opener(browser: Browser, stage: Stage) -> AsyncIterator[Opener]:
    """Opens a signed-in window; `cookie` is another officer's. Settings are given as Playwright spells them."""
    contexts: list[tuple[BrowserContext, Screen]] = []

    async def opened(*, signed_in: bool = True, cookie: str | None = None, **settings: object) -> Screen:
        context = await browser.new_context(
            viewport={"width": 1280, "height": 900},
            **settings,  # type: ignore[arg-type]
        )
        if signed_in:
            await context.add_cookies([{"name": "vmrd", "value": cookie or stage.cookie, "url": stage.url}])
        screen = Screen(await context.new_page(), stage)
        screen.page.set_default_timeout(SOON)
        screen.page.on("console", lambda told: told.type == "error" and screen.complaints.append(told.text))
        screen.page.on("pageerror", lambda error: screen.complaints.append(str(error)))
        contexts.append((context, screen))
        return screen

    yield opened
    complaints = [text for _, screen in contexts for text in screen.left_over()]
    for context, _ in contexts:
        await context.close()
    assert complaints == [], "the browser complained"


@pytest_asyncio.fixture(loop_scope="module")
async def screen(opener: Opener) -> Screen:
    """A signed-in window with the script."""
    return await opener()


@pytest_asyncio.fixture(loop_scope="module")
async def plain(opener: Opener) -> Screen:
    """A signed-in window in which no script runs."""
    return await opener(java_script_enabled=False)
