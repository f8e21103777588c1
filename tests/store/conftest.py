"""Every test that asks for `store` runs once for each store there is: the conformance suite of the port."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from tests.databases import new_database
from tests.postgres import Postgres, empty, postgres
from vmrd.store import sqlite
from vmrd.store.base import Store
from vmrd.store.chain import SealHead
from vmrd.store.connection import for_reading, for_writing
from vmrd.store.journal import Fault, verify
from vmrd.store.place import Server
from vmrd.store.postgres import store as postgres_store
from vmrd.store.postgres.link import connect as dial
from vmrd.store.rows import Connection
from vmrd.store.secrets import StoreKeys, derive_keys

T = TypeVar("T")

SOON = 60.0
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


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def shared_database(postgres_server: Postgres) -> Server:
    return postgres_server.migrated()


@pytest.fixture
def server(shared_database: Server) -> Server:
    """A migrated PostgreSQL database that nobody has open, and with nothing in it."""
    empty(shared_database)
    return shared_database


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> Path | Server:
    """Where a store is, in each database there is."""
    found: Path | Server = request.getfixturevalue("path" if request.param == "sqlite" else "server")
    return found


@pytest_asyncio.fixture
async def store(place: Path | Server, keys: StoreKeys) -> AsyncIterator[Store]:
    opened = sqlite.connect(place, keys) if isinstance(place, Path) else postgres_store.connect(place, keys)
    yield opened
    await opened.close()


@dataclass(frozen=True, slots=True)
class Hands:
    """Somebody who has the database to themselves, and the auditor who comes after them."""

    place: Path | Server
    keys: StoreKeys

    @contextmanager
    def at_work(self) -> Iterator[Connection]:
        opened = for_writing(self.place) if isinstance(self.place, Path) else dial(self.place)
        with closing(opened) as connection:
            yield connection

    def faults(self, witnessed: Sequence[SealHead] = ()) -> list[Fault]:
        if isinstance(self.place, Path):
            with closing(for_reading(self.place)) as connection:
                return verify(connection, self.keys.seal, witnessed)
        return postgres_store.verify(self.place, self.keys.seal, witnessed)


@pytest.fixture
def hands(place: Path | Server, keys: StoreKeys) -> Hands:
    return Hands(place, keys)


@pytest.fixture
def soon() -> Callable[[Awaitable[T]], Awaitable[T]]:
    """Waits for something with a limit."""

    async def wait(awaitable: Awaitable[T]) -> T:
        async with asyncio.timeout(SOON):
            return await awaitable

    return wait
