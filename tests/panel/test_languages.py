"""The language of a screen: the one an officer asked for, or English, and never a mixture of both."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from tests.browser.stage import Stage, staged
from vmrd.web.panel.speech import COOKIE, NAMES, WELSH, gettext, speaking

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENGLISH_ONLY = "Mae’r sgrin hon yn Saesneg"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("words")) as set_up:
        yield set_up


async def page(stage: Stage, path: str, *, asks: str = "", chose: str = "", signed_in: bool = True) -> str:
    cookies = {"vmrd": stage.cookie} if signed_in else {}
    headers = {"Accept-Language": asks} if asks else {}
    async with (
        aiohttp.ClientSession(cookies={**cookies, **({COOKIE: chose} if chose else {})}) as client,
        client.get(f"{stage.url}{path}", headers=headers) as answer,
    ):
        return await answer.text()


def languages(page: str) -> list[str]:
    """Of the frame and of the live part."""
    return re.findall(r'<(?:html|div) [^>]*lang="([^"]+)"', page)


@pytest.mark.parametrize(
    ("asks", "chose", "spoken"),
    [
        ("", "", "en-GB"),
        ("cy", "", "cy"),
        ("cy-GB,cy;q=0.9,en;q=0.8", "", "cy"),
        ("en-GB,en;q=0.9,cy;q=0.5", "", "en-GB"),
        ("fr, cy;q=0.2", "", "cy"),
        ("cy;q=0", "", "en-GB"),
        ("cy;q=many", "", "en-GB"),
        ("cy", "en-GB", "en-GB"),
        ("en", "cy", "cy"),
        ("en", "xx", "en-GB"),
    ],
)
async def test_signing_in_is_in_the_language_asked_for(stage: Stage, asks: str, chose: str, spoken: str) -> None:
    text = await page(stage, "/sign-in", asks=asks, chose=chose, signed_in=False)
    assert languages(text) == [spoken, spoken]
    assert ("Mewngofnodi" in text) is (spoken == WELSH)
    assert ("Your account name" in text) is (spoken != WELSH)


async def test_the_day_and_date_are_welsh_too(stage: Stage) -> None:
    text = await page(stage, "/panel", chose=WELSH)
    assert languages(text) == [WELSH, WELSH]
    assert "Dydd Mawrth 5 Mai 2026" in text


async def test_a_screen_with_a_word_missing_is_english_as_a_whole_and_says_so(stage: Stage) -> None:
    room = await stage.waiting("1")
    text = await page(stage, f"/panel/sessions/{room.id}", chose=WELSH)
    assert languages(text) == [WELSH, "en-GB"]
    assert "Allgofnodi" in text  # the frame is Welsh all the same
    assert ENGLISH_ONLY in text
    assert '<span lang="en-GB">This screen is in English' in text
    live = text[text.index('<div id="live"') : text.index("<footer")]
    assert "Waiting" in live
    assert "Yn aros" not in live
    async with (
        aiohttp.ClientSession(cookies={"vmrd": stage.cookie, COOKIE: WELSH}) as client,
        client.get(f"{stage.url}/panel/fragments/sessions/{room.id}") as answer,
    ):
        assert answer.headers["Content-Language"] == "en-GB"
        assert "Yn aros" not in await answer.text()


async def test_what_is_said_in_english_alone_is_not_excused(stage: Stage) -> None:
    assert ENGLISH_ONLY not in await page(stage, "/panel/sessions/nobody-knows")


@pytest.mark.parametrize("code", NAMES)
async def test_a_choice_is_kept_and_leads_back_to_the_screen(stage: Stage, code: str) -> None:
    async with aiohttp.ClientSession() as client:
        address = f"{stage.url}/panel/language/{code}"
        async with client.get(address, params={"back": "/sessions/abc"}, allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/panel/sessions/abc"
            assert answer.cookies[COOKIE].value == code
        async with client.get(address, params={"back": "//evil.example.org"}, allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/panel"


async def test_a_language_we_do_not_speak_is_not_kept(stage: Stage) -> None:
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{stage.url}/panel/language/xx", allow_redirects=False) as answer,
    ):
        assert COOKIE not in answer.cookies


async def test_what_was_forgotten_in_a_translation_is_noticed() -> None:
    with speaking(WELSH) as voice:
        assert gettext("Sign in") == "Mewngofnodi"
        assert voice.whole
        assert gettext("Words nobody has translated") == "Words nobody has translated"
        assert not voice.whole
