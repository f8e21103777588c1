"""A demo says that it is one, and how fast its clock runs, on every page; anything else knows nothing of demos."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.house import OFFICER, SUPERVISOR, House, house

pytestmark = pytest.mark.asyncio
PAGES = ("/panel", "/panel/help", "/panel/works", "/panel/works/MDI/new", "/panel/approvals", "/sign-in")


async def test_without_a_demo_no_page_has_a_trace_of_one(home: House) -> None:
    await home.booked()
    for path in PAGES:
        answer = await home.get(path, SUPERVISOR)
        assert answer.status == 200
        assert "demo" not in (await answer.text()).lower(), path


async def test_every_page_of_a_demo_says_so_and_how_fast_its_clock_runs(tmp_path: Path) -> None:
    async with house(tmp_path, demo=True) as demo:
        demo.clock.rate = 10.0
        for path in PAGES:
            text = await (await demo.get(path, SUPERVISOR)).text()
            assert "No real people and no real prison." in text, path
            assert "The clock runs 10 times as fast." in text, path
        demo.clock.rate = 1.0
        assert "times as fast" not in await (await demo.get("/panel", OFFICER)).text()
