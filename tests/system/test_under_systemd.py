"""A real daemon with systemd played by the test: what it tells the manager, its credentials, its socket."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.postgres import AWAY, PASSWORD, free_port, postgres
from vmrd.store.migrate import migrate

SOON = 60.0
CONFIG = """
[pexip]
management = "http://127.0.0.1:1"
nodes = ["http://127.0.0.1:1"]
domain = "meet.example.org"
web_join = "https://join.example.org/{alias}"
[store]
path = "PATH"
[listen]
port = 1
ops_port = 0
[[establishments]]
code = "MDI"
name = "HMP Example"
rooms = []
"""
_HANDED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.executable, [sys.executable, "-m", "vmrd", "run", "--config", sys.argv[2]])
"""


@dataclass(frozen=True, slots=True)
class Manager:
    """What systemd keeps while the daemon comes and goes: the socket it listens on, and the one it is told on."""

    folder: Path
    listening: socket.socket
    notify: socket.socket

    @property
    def port(self) -> int:
        return int(self.listening.getsockname()[1])

    @contextmanager
    def started(self) -> Iterator[subprocess.Popen[bytes]]:
        """As the units start it. The port in its configuration cannot be had, so only the given socket can serve."""
        fd = self.listening.fileno()
        process = subprocess.Popen(
            [sys.executable, "-c", _HANDED, str(fd), str(self.folder / "vmrd.toml")],
            cwd=self.folder,
            pass_fds=[fd],
            env={
                "LISTEN_FDS": "1",
                "NOTIFY_SOCKET": str(self.folder / "notify"),
                "WATCHDOG_USEC": "300000",
                "CREDENTIALS_DIRECTORY": str(self.folder / "credentials"),
            },
            stderr=subprocess.PIPE,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            assert process.stderr is not None
            process.stderr.close()

    def hears(self, word: str) -> list[str]:
        """Every word up to this one."""
        words: list[str] = []
        while not words or not words[-1].startswith(word):
            words.append(self.notify.recv(1_000).decode())
        return words

    def asks(self) -> socket.socket:
        """A panel that has asked and waits."""
        client = socket.create_connection(self.listening.getsockname(), SOON)
        client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: vmrd.example.org\r\nConnection: close\r\n\r\n")
        return client


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    (tmp_path / "credentials").mkdir(mode=0o700)
    (tmp_path / "credentials" / "pexip__password").write_text("unused\n")
    (tmp_path / "credentials" / "store__key").write_text("11" * 32)
    (tmp_path / "vmrd.toml").write_text(CONFIG.replace("PATH", str(tmp_path / "vmrd.db")))
    migrate(tmp_path / "vmrd.db")
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify,
    ):
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(SOON)
        yield Manager(tmp_path, listening, notify)


def answer(client: socket.socket) -> bytes:
    with client:
        return client.recv(20)


def test_whoever_asks_while_vmrd_is_away_waits_and_is_answered(manager: Manager) -> None:
    early = manager.asks()
    with manager.started() as process:
        assert answer(early) == b"HTTP/1.1 200 OK\r\nCon"
        words = manager.hears("READY=1")
        assert words[-1] == "READY=1"
        assert set(manager.hears("STATUS=")) <= {"WATCHDOG=1", "STATUS=ready"}
        manager.hears("WATCHDOG=1")
        manager.hears("WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        assert manager.hears("STOPPING=1")[-1] == "STOPPING=1"
        assert process.wait(SOON) == 0
    between = manager.asks()  # during a restart
    with manager.started():
        assert answer(between).startswith(b"HTTP/1.1 200 ")


def test_a_missing_credential_is_one_line_and_never_ready(manager: Manager) -> None:
    (manager.folder / "credentials" / "store__key").unlink()
    with manager.started() as process:
        assert manager.hears("STATUS=") == ["STATUS=the configuration is wrong: see the log"]
        assert process.poll() is None  # or systemd would start it again and again
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        assert line.startswith("store.key: ")
        assert "store__key" in line
        (manager.folder / "vmrd.toml").touch()
        assert process.wait(SOON) == 3
        assert process.stderr.read() == b""
    manager.notify.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.notify.recv(1_000)


def test_a_start_without_its_database_answers_everybody_that_it_is_away_and_goes_on_when_it_is_back(
    manager: Manager,
) -> None:
    ops = free_port()
    with postgres() as server:
        database = server.migrated()
        (manager.folder / "credentials" / "store__password").write_text(PASSWORD)
        text = CONFIG.replace('path = "PATH"', f'url = "{database.url}"').replace("ops_port = 0", f"ops_port = {ops}")
        (manager.folder / "vmrd.toml").write_text(text)
        server.lose(database, AWAY)
        with manager.started() as process:
            assert manager.hears("STATUS=") == ["READY=1", "STATUS=not-ready; down: store"]
            assert asked(manager.port, "/panel", accept="text/html")[0] == 503
            assert "vmrd has lost its database" in asked(manager.port, "/panel", accept="text/html")[1]
            assert asked(manager.port, "/v1/sessions") == (503, json.dumps(NOT_REACHED, separators=(",", ":")))
            assert asked(ops, "/readyz")[0] == 503
            assert 'vmrd_part_up{part="store"} 0.0' in asked(ops, "/metrics")[1]
            manager.hears("WATCHDOG=1")
            server.find(database, AWAY)
            manager.hears("READY=1")
            manager.hears("STATUS=")
            assert asked(manager.port, "/openapi.json")[0] == 200
            assert 'vmrd_part_up{part="store"} 1.0' in asked(ops, "/metrics")[1]
            process.send_signal(signal.SIGTERM)
            assert process.wait(SOON) == 0


NOT_REACHED = {
    "type": "/problems/store",
    "title": "vmrd cannot write to its store",
    "status": 503,
    "detail": "vmrd cannot reach its database. Nothing was changed. Try again.",
}


def asked(port: int, path: str, accept: str = "application/json") -> tuple[int, str]:
    """Status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)
    with closing(connection):
        connection.request("GET", path, headers={"Accept": accept})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
