"""Style and script: kept by a browser for as long as they are the same, compressed for whoever takes that."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from tests.browser.stage import Stage, staged
from vmrd.web.panel.assets import EDITION, STATIC, address

pytestmark = pytest.mark.asyncio(loop_scope="module")

STYLE = (STATIC / "panel.css").read_bytes()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("assets")) as set_up:
        yield set_up


@pytest.mark.parametrize(("takes", "sent"), [("gzip, br", "gzip"), ("identity", None)])
async def test_a_file_comes_as_the_browser_takes_it(stage: Stage, takes: str, sent: str | None) -> None:
    async with (
        aiohttp.ClientSession(auto_decompress=False) as client,
        client.get(f"{stage.url}{address('panel.css')}", headers={"Accept-Encoding": takes}) as answer,
    ):
        body = await answer.read()
        assert answer.headers.get("Content-Encoding") == sent
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert (gzip.decompress(body) if sent else body) == STYLE
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_a_page_from_before_an_update_still_finds_its_files_but_keeps_none(stage: Stage) -> None:
    old = address("panel.css").replace(EDITION, "0" * 16)
    async with aiohttp.ClientSession() as client, client.get(f"{stage.url}{old}") as answer:
        assert await answer.read() == STYLE
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["nothing.css", "vendor/VENDOR.toml", "%2e%2e%2frender.py"])
async def test_nothing_else_is_served(stage: Stage, name: str) -> None:
    async with (
        aiohttp.ClientSession() as client,
        client.get(URL(f"{stage.url}/panel/static/{EDITION}/{name}", encoded=True)) as answer,
    ):
        assert answer.status == 404
