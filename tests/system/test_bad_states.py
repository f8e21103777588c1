"""A machine in a bad state: vmrd says what is wrong in a line or two and ends, or works and says so; never a traceback.

What ends without having started leaves the database as it was found, and no panel is served: every light is dark and
meetings stay as they are in Pexip.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from tests.store.samples import recorded, session
from vmrd.clock import SystemClock
from vmrd.console import work
from vmrd.lifecycle.rules import HOUR
from vmrd.store.base import StoreError
from vmrd.store.journal import verify
from vmrd.store.migrate import migrate
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import write_once

KEY, OTHER_KEY = "5a" * 32, "5b" * 32
LONGEST = 60.0
_DAC_OVERRIDE, _DAC_READ_SEARCH, _DROP = 1, 2, 24


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    said: str


class Machine:
    """A folder with a configuration and a database that has something in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "data"
        self.folder.mkdir()
        self.database = self.folder / "vmrd.db"
        self.config = folder / "vmrd.toml"
        self.configure()
        migrate(self.database)

    def configure(self, key: str = KEY, port: int = 0, password: str = 'password = "unused"') -> None:
        self.config.write_text(
            f"""
[pexip]
management = "http://127.0.0.1:1"
nodes = ["http://127.0.0.1:1"]
domain = "meet.example.org"
web_join = "https://join.example.org/{{alias}}"
{password}
[store]
path = "{self.database}"
key = "{key}"
[listen]
port = {port}
ops_port = 0
[[establishments]]
code = "MDI"
name = "HMP Example"
"""
        )

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "vmrd", *words, "--config", str(self.config)]

    def run(self, before: Callable[[], None] | None = None) -> Ended:
        """`vmrd run` to its end. `before`: what the process does to itself first."""
        done = subprocess.run(
            self.command("run"), env=_environment(), capture_output=True, text=True, timeout=LONGEST, preexec_fn=before
        )
        return Ended(done.returncode, done.stdout + done.stderr)

    def run_until_ready(self) -> Ended:
        """`vmrd run` until it says that it is ready; then it is told to stop."""
        with subprocess.Popen(
            self.command("run"), env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if '"journal_head"' in line:
                    process.send_signal(signal.SIGTERM)
            return Ended(process.wait(LONGEST), said)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("VMRD_", "PYTHONDONTWRITE"))}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def _no_bytes_are_taken() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def _permissions_count() -> None:
    """For root too."""
    libc = ctypes.CDLL(None)
    for capability in (_DAC_OVERRIDE, _DAC_READ_SEARCH):
        libc.prctl(_DROP, capability, 0, 0, 0)


def _overwrite(file: Path, at: int, size: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(b"\xa5" * size)


def refused(ended: Ended, code: int, *words: str) -> None:
    """It ended with this code and a few lines that hold these words."""
    assert ended.code == code, ended.said
    assert "Traceback" not in ended.said
    assert len(ended.said.splitlines()) <= 3, ended.said
    for word in words:
        assert word in ended.said, ended.said


def test_a_full_disk_at_the_start(machine: Machine) -> None:
    refused(machine.run(_no_bytes_are_taken), 1, "the database refused", "full")


def test_a_read_only_database(machine: Machine) -> None:
    for file in machine.folder.iterdir():
        file.chmod(0o400)
    machine.folder.chmod(0o500)
    try:
        refused(machine.run(_permissions_count), 1, str(machine.database), "Permission denied")
    finally:
        machine.folder.chmod(0o700)


@pytest.mark.parametrize(("at", "size"), [(0, 100), (4096, 100_000)], ids=["header", "pages"])
def test_a_damaged_database(machine: Machine, at: int, size: int) -> None:
    _overwrite(machine.database, at, size)
    refused(machine.run(), 1, "the database refused", "is damaged", "restore a backup")


def test_a_damaged_wal_costs_what_was_in_it_and_nothing_else(machine: Machine) -> None:
    keys = derive_keys(bytes.fromhex(KEY))
    with closing(sqlite3.connect(machine.database)) as other:  # keeps the WAL from being folded in
        other.execute("SELECT count(*) FROM session").fetchone()
        write_once(machine.database, keys, lambda tx: tx.put_secret("s1", "pin", b"1"))
        wal = machine.database.with_name("vmrd.db-wal").read_bytes()
    machine.database.with_name("vmrd.db-wal").write_bytes(wal[:32] + b"\xa5" * (len(wal) - 32))
    assert "Traceback" not in machine.run_until_ready().said
    with closing(sqlite3.connect(machine.database)) as found:
        assert verify(found, keys.seal) == []


def test_a_database_of_another_key(machine: Machine) -> None:
    write_once(machine.database, derive_keys(bytes.fromhex(KEY)), lambda tx: None)
    machine.configure(key=OTHER_KEY)
    refused(machine.run(), 1, "key")


def test_a_second_daemon_on_one_file(machine: Machine) -> None:
    with machine.database.with_name("vmrd.db.lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)  # as a daemon does that runs
        refused(machine.run(), 1, "another vmrd", "one daemon per SQLite file")


def test_no_data_folder(machine: Machine) -> None:
    for file in machine.folder.iterdir():
        file.unlink()
    machine.folder.rmdir()
    refused(machine.run(), 1, str(machine.database), "No such file or directory")


def test_no_database(machine: Machine) -> None:
    machine.database.unlink()
    refused(machine.run(), 1, "there is no database", "vmrd migrate")


def test_a_missing_credential(machine: Machine) -> None:
    machine.configure(password="")
    refused(machine.run(), 3, "pexip.password")


def test_a_port_that_is_taken(machine: Machine) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        machine.configure(port=port)
        refused(machine.run(), 3, "cannot listen", str(port), "in use")


def test_a_database_that_fails_while_vmrd_works_ends_it_with_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    async def fails() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_refused_by_the_database())

    with pytest.raises(typer.Exit) as ended:
        work(fails)
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "the disk is full. vmrd ends; meetings stay as they are in Pexip\n"


async def _refused_by_the_database() -> None:
    raise StoreError("the disk is full")


def test_a_clock_that_stands_before_what_was_written_is_told_at_the_start(machine: Machine) -> None:
    ahead = SystemClock().now() + 2 * HOUR

    planned = session(planned_at=ahead)
    write_once(
        machine.database, derive_keys(bytes.fromhex(KEY)), lambda tx: recorded(tx, planned, watched=True, now=ahead)
    )
    ended = machine.run_until_ready()
    assert ended.code == 0, ended.said
    (told,) = [json.loads(line) for line in ended.said.splitlines() if "clock_behind" in line]
    assert told["level"] == "error"
    assert 7_000 < told["seconds"] <= 7_200
