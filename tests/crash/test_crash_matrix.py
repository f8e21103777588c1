"""The whole matrix, each point a test of its own; `-s` or the summary prints the points."""

from __future__ import annotations

import asyncio

import pytest

from tests.crash.__main__ import one
from tests.crash.points import POINTS, Point


@pytest.mark.timeout(240)
@pytest.mark.parametrize("point", POINTS, ids=str)
def test_a_killed_daemon_recovers(point: Point) -> None:
    """Whatever is cut off, the session reaches its right end and Pexip's account is what it should be."""
    kills, wrong = asyncio.run(one(point, POINTS.index(point)))
    assert wrong is None, wrong
    assert kills >= 1
