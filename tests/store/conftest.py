"""Every test that asks for `store` runs once for each store there is: the conformance suite of the port."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from tests.databases import new_database
from vmrd.store.base import Store
from vmrd.store.secrets import StoreKeys, derive_keys
from vmrd.store.sqlite import connect

T = TypeVar("T")

SOON = 10.0
"""Seconds after which something that should have happened never will."""


@pytest.fixture(scope="session")
def keys() -> StoreKeys:
    return derive_keys(bytes(range(32)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A migrated SQLite database that nobody has open."""
    database = tmp_path / "vmrd.db"
    new_database(database)
    return database


@pytest_asyncio.fixture(params=["sqlite"])
async def store(path: Path, keys: StoreKeys) -> AsyncIterator[Store]:
    opened = connect(path, keys)
    yield opened
    await opened.close()


@pytest.fixture
def soon() -> Callable[[Awaitable[T]], Awaitable[T]]:
    """Waits for something with a limit."""

    async def wait(awaitable: Awaitable[T]) -> T:
        async with asyncio.timeout(SOON):
            return await awaitable

    return wait
