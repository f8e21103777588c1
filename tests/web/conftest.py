"""Every test of the web side gets a house of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.web.house import House, house


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        yield built
