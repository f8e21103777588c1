"""Every test of the adapters gets a vmrd and two booking systems of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.adapters.estate import Estate, estate


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Estate]:
    async with estate(tmp_path) as built:
        yield built
