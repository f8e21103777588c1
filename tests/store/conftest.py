"""Every test that asks for `store` runs once for each store there is: the conformance suite of the port."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from tests.postgres import Postgres, postgres
from vmrd.store import sqlite
from vmrd.store.base import Store
from vmrd.store.migrate import migrate
from vmrd.store.postgres import store as postgres_store
from vmrd.store.postgres.link import Server
from vmrd.store.secrets import StoreKeys, derive_keys
from vmrd.store.sql import SqlStore

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
    migrate(database)
    return database


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture
def server(postgres_server: Postgres) -> Iterator[Server]:
    """A migrated PostgreSQL database that nobody has open."""
    server = postgres_server.migrated()
    yield server
    postgres_server.drop(server)


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, keys: StoreKeys) -> AsyncIterator[Store]:
    opened: SqlStore
    if request.param == "sqlite":
        opened = sqlite.connect(request.getfixturevalue("path"), keys)
    else:
        opened = postgres_store.connect(request.getfixturevalue("server"), keys)
    yield opened
    await opened.close()


@pytest.fixture
def soon() -> Callable[[Awaitable[T]], Awaitable[T]]:
    """Waits for something with a limit."""

    async def wait(awaitable: Awaitable[T]) -> T:
        async with asyncio.timeout(SOON):
            return await awaitable

    return wait
