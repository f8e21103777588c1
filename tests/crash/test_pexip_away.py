"""Pexip away for a minute before each step: BLIND is shown where a meeting runs, and all heals."""

from __future__ import annotations

import asyncio

import pytest

from tests.crash.__main__ import play
from tests.crash.away import STEPS, Outage

AT_ONCE = 5


@pytest.fixture(scope="module")
def wrong() -> dict[str, str | None]:
    """What went wrong with an outage before each step: a story of each, side by side, since they mostly wait."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def tell(step: str) -> str | None:
        async with slots:
            return (await play(lambda house: Outage(house, step), STEPS.index(step)))[1]

    async def tell_all() -> list[str | None]:
        return await asyncio.gather(*map(tell, STEPS))

    return dict(zip(STEPS, asyncio.run(tell_all()), strict=True))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("step", STEPS)
def test_an_outage_is_said_and_heals(step: str, wrong: dict[str, str | None]) -> None:
    """The judge at the end is the crash matrix's own."""
    assert wrong[step] is None, wrong[step]
