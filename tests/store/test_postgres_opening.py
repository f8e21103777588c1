"""What PostgreSQL can be like when it is not as it should be: a clear line each time, and on again when it is."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest

from tests.postgres import PASSWORD, Postgres, postgres
from tests.store.samples import put, session
from vmrd.store.base import StoreError
from vmrd.store.migrate import SCHEMA as SQLITE
from vmrd.store.migrate import files_of, number_of
from vmrd.store.place import Server
from vmrd.store.postgres.link import connect as dial
from vmrd.store.postgres.link import refusal as link_refusal
from vmrd.store.postgres.migrate import SCHEMA, migrate
from vmrd.store.postgres.store import connect, open_for_reading, verify, write_once
from vmrd.store.secrets import StoreKeys, derive_keys


@pytest.fixture(scope="module")
def frail() -> Iterator[Postgres]:
    """A server that may be stopped."""
    with postgres() as server:
        yield server


def refusal(server: Server, keys: StoreKeys) -> str:
    with pytest.raises(StoreError) as refused:
        connect(server, keys)
    assert PASSWORD not in str(refused.value)
    assert server.url not in str(refused.value)
    return str(refused.value)


def test_both_databases_have_the_same_version_and_the_same_columns(server: Server, path: object) -> None:
    assert number_of(files_of(SCHEMA)[-1]) == number_of(files_of(SQLITE)[-1])
    with closing(dial(server)) as link:
        here = link.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        ).fetchall()
    with closing(sqlite3.connect(str(path))) as file:
        there = file.execute(
            "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c"
            " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        ).fetchall()
    assert sorted(here) == sorted(there)


def test_a_wrong_password_is_said(server: Server, keys: StoreKeys) -> None:
    assert "store.password is missing or wrong" in refusal(replace(server, password="another"), keys)


def test_a_database_that_is_not_there_is_said(postgres_server: Postgres, keys: StoreKeys) -> None:
    assert "no such database" in refusal(postgres_server.server("nowhere"), keys)


def test_no_server_at_all_is_said(keys: StoreKeys) -> None:
    assert refusal(Server("postgresql://vmrd@127.0.0.1:1/vmrd"), keys) == "no PostgreSQL answers at store.url"


@pytest.mark.parametrize(
    ("libpq", "said"),
    [
        ("FATAL:  sorry, too many clients already", "no connection left for vmrd"),
        ('FATAL:  too many connections for role "vmrd"', "no connection left for vmrd"),
        ("FATAL:  the database system is starting up", "starting or stopping"),
        ('root certificate file "/etc/vmrd/root.crt" does not exist', "add sslrootcert to store.url"),
        ('weak sslmode "verify-ca" may not be used with sslrootcert=system', "needs sslmode=verify-full"),
        ("SSL error: certificate verify failed", "sslrootcert does not vouch for"),
        ('server certificate for "a" does not match host name "b"', "or that is another's"),
        ('FATAL:  role "vmrd" is not permitted to log in', "may not log in"),
        ('FATAL:  permission denied for database "vmrd"', "no CONNECT"),
    ],
)
def test_why_nobody_is_let_in_is_said_and_is_not_no_postgresql_answers(
    libpq: str, said: str, keys: StoreKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise psycopg.OperationalError(f"connection failed: {libpq}")

    monkeypatch.setattr(psycopg, "connect", refused)
    assert said in refusal(Server("postgresql://vmrd@127.0.0.1/vmrd"), keys)


def test_a_server_without_tls_is_said_where_tls_is_asked_for(postgres_server: Postgres, keys: StoreKeys) -> None:
    over_tcp = f"postgresql://vmrd@127.0.0.1:{postgres_server.port}/postgres?sslmode=require"
    assert "offers no TLS" in refusal(Server(over_tcp, PASSWORD), keys)


def test_a_user_without_a_connection_left_is_told_so(postgres_server: Postgres, keys: StoreKeys) -> None:
    postgres_server.run_sql(f"CREATE ROLE crowded LOGIN CONNECTION LIMIT 0 PASSWORD '{PASSWORD}'")
    there = postgres_server.server("postgres")
    assert "no connection left" in refusal(replace(there, url=there.url.replace("vmrd@", "crowded@")), keys)


def test_a_pooler_that_keeps_no_sessions_is_named(server: Server) -> None:
    with closing(dial(server)) as link:
        link.execute("SELECT 1")
        link.raw.execute("DEALLOCATE ALL")  # the next transaction is somebody else's session
        with pytest.raises(psycopg.Error) as refused:
            link.execute("SELECT 1")
    assert "a pooler in front must keep whole sessions" in str(link_refusal(refused.value))


def test_an_empty_database_asks_for_migrate_and_then_opens(postgres_server: Postgres, keys: StoreKeys) -> None:
    fresh = postgres_server.empty()
    assert "vmrd migrate" in refusal(fresh, keys)
    assert migrate(fresh)[-1] == files_of(SCHEMA)[-1].stem
    assert migrate(fresh) == []
    with open_for_reading(fresh, keys) as rx:
        assert rx.watched() == []


def test_a_database_of_somebody_else_is_left_alone(postgres_server: Postgres) -> None:
    theirs = postgres_server.empty()
    with closing(dial(theirs)) as link:
        link.execute("CREATE TABLE theirs (a int)")
    with pytest.raises(StoreError, match="not vmrd's"):
        migrate(theirs)


def test_one_step_ahead_that_says_it_is_compatible_is_worked_on(server: Server, keys: StoreKeys) -> None:
    with closing(dial(server)) as link:
        link.execute("INSERT INTO meta VALUES (9999, '9999_later', 1)")
        try:
            asyncio.run(connect(server, keys).close())
        finally:
            link.execute("DELETE FROM meta WHERE version = 9999")


@pytest.mark.parametrize(("version", "said"), [(1, "run `vmrd migrate`"), (9_999, "newer than this release")])
def test_another_version_is_refused(server: Server, keys: StoreKeys, version: int, said: str) -> None:
    with closing(dial(server)) as link:
        known = link.execute("SELECT version, name, compatible FROM meta").fetchall()
        link.execute("DELETE FROM meta")
        link.execute("INSERT INTO meta VALUES (?, 'other')", (version,))
        try:
            assert said in refusal(server, keys)
        finally:
            link.execute("DELETE FROM meta")
            link.executemany("INSERT INTO meta VALUES (?, ?, ?)", known)


def test_a_database_that_only_reads_is_refused(postgres_server: Postgres, keys: StoreKeys) -> None:
    closed = postgres_server.migrated()
    with closing(dial(closed)) as link:
        name = link.execute("SELECT current_database()").fetchone()
    assert name is not None
    postgres_server.run_sql(f"ALTER DATABASE {name[0]} SET default_transaction_read_only = on")
    assert "only reads" in refusal(closed, keys)


def test_the_record_is_read_and_verified_on_a_database_that_only_reads(
    postgres_server: Postgres, keys: StoreKeys
) -> None:
    standby = postgres_server.migrated()
    asyncio.run(connect(standby, keys).close())
    name = standby.url.partition("@/")[2].partition("?")[0]
    postgres_server.run_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert verify(standby, keys.seal) == []
    with open_for_reading(standby, keys) as rx:
        assert rx.officers() == []
    with pytest.raises(StoreError, match="only reads"):
        write_once(standby, keys, lambda tx: None)


def test_another_key_is_refused(server: Server, keys: StoreKeys) -> None:
    asyncio.run(connect(server, keys).close())
    assert "another key" in refusal(server, derive_keys(bytes(32)))


def test_two_replicas_may_begin_a_new_database_at_once(server: Server, keys: StoreKeys) -> None:
    async def both() -> None:
        stores = await asyncio.gather(*(asyncio.to_thread(connect, server, keys) for _ in range(4)))
        await asyncio.gather(*(put(store, session(f"s{n}")) for n, store in enumerate(stores)))
        assert len((await stores[0].read(lambda rx: rx.seal_head())).last) == 32
        await asyncio.gather(*(store.close() for store in stores))

    asyncio.run(both())


@pytest.mark.asyncio
async def test_a_server_that_went_away_is_said_and_is_found_again(frail: Postgres, keys: StoreKeys) -> None:
    store = connect(frail.migrated(), keys)
    await put(store, session("s1"))
    assert await store.read(lambda rx: rx.session("s1")) is not None
    frail.stop()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"went away|answers"):
            await put(store, session("s2"))
        with pytest.raises(StoreError, match=r"went away|answers"):
            await store.read(lambda rx: rx.session("s1"))
    frail.start()
    async with asyncio.timeout(20):
        while True:
            try:
                await put(store, session("s3"))
                break
            except StoreError:
                await asyncio.sleep(0.05)
    found = await store.read(lambda rx: [rx.session(name) is not None for name in ("s1", "s2", "s3")])
    assert found == [True, False, True]
    await store.close()
