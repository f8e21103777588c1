"""Pexip away for a minute before each step: BLIND is shown where a meeting runs, and all heals."""

from __future__ import annotations

import asyncio

import pytest

from tests.crash.__main__ import play
from tests.crash.away import STEPS, Outage


@pytest.mark.timeout(400)
@pytest.mark.parametrize("step", STEPS)
def test_an_outage_is_said_and_heals(step: str) -> None:
    """The judge at the end is the crash matrix's own."""
    _, wrong = asyncio.run(play(lambda house: Outage(house, step), STEPS.index(step)))
    assert wrong is None, wrong
