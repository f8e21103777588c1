"""Two daemons of different releases on one database: they work side by side, or the one that cannot says so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from structlog.testing import capture_logs

from tests.store.samples import put, session
from vmrd.store.base import Store, StoreError
from vmrd.store.place import Server
from vmrd.store.postgres.link import connect as dial
from vmrd.store.postgres.store import connect
from vmrd.store.secrets import StoreKeys

pytestmark = pytest.mark.asyncio

END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@contextmanager
def migrated_by_the_next_release(server: Server, *, compatible: bool) -> Iterator[None]:
    with closing(dial(server)) as link:
        link.execute("INSERT INTO meta VALUES (9999, '9999_later', ?)", (int(compatible),))
    try:
        yield
    finally:
        with closing(dial(server)) as link:
            link.execute("DELETE FROM meta WHERE version = 9999")


async def refused(store: Store) -> str:
    with pytest.raises(StoreError) as why:
        await put(store, session("s2", alias="bcdefghijklm"))
    return str(why.value)


async def test_a_daemon_works_on_beside_one_of_the_next_release_where_that_allows_it(
    server: Server, keys: StoreKeys
) -> None:
    older = connect(server, keys)
    with migrated_by_the_next_release(server, compatible=True), capture_logs() as logged:
        newer = connect(server, keys)
        await put(newer, session("s1"))
        assert await older.read(lambda rx: rx.session("s1")) == session("s1")
        await put(older, session("s2", alias="bcdefghijklm"))
        assert await newer.read(lambda rx: rx.session("s2")) is not None
        await newer.close()
    assert [line["event"] for line in logged] == ["schema_is_one_step_ahead"]
    await older.close()


async def test_a_daemon_that_cannot_work_with_the_next_release_is_refused_when_it_connects_again(
    server: Server, keys: StoreKeys
) -> None:
    older = connect(server, keys)
    await put(older, session("s1"))
    with migrated_by_the_next_release(server, compatible=False):
        with pytest.raises(StoreError, match=r"newer than this release: install the newer vmrd"):
            connect(server, keys)
        with closing(dial(server)) as link:
            link.execute(END)
        async with asyncio.timeout(20):
            while "newer than this release" not in await refused(older):  # noqa: ASYNC110  # told by nobody
                await asyncio.sleep(0.05)
    with closing(dial(server)) as link:
        assert link.execute("SELECT count(*) FROM session").fetchone() == (1,)
    await older.close()
