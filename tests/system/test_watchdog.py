"""The watchdog is fed only while event loop, store and dispatcher all move."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from vmrd import systemd
from vmrd.config import Config, from_values
from vmrd.daemon import Daemon, build
from vmrd.dispatcher import Dispatcher
from vmrd.store.migrate import migrate
from vmrd.store.sqlite import READERS

pytestmark = pytest.mark.asyncio

SOON = 20.0


def configured(folder: Path) -> Config:
    """With a Pexip that is not there: none of this may hang on it."""
    return from_values(
        {
            "pexip": {
                "management": "http://127.0.0.1:1",
                "nodes": ["http://127.0.0.1:1"],
                "password": "unused",
                "domain": "meet.example.org",
                "web_join": "https://join.example.org/{alias}",
            },
            "store": {"path": folder / "vmrd.db", "key": "11" * 32},
            "establishments": [{"code": "MDI", "name": "Moorland", "rooms": []}],
        }
    )


@asynccontextmanager
async def working(folder: Path) -> AsyncIterator[Daemon]:
    config = configured(folder)
    migrate(config.store.path)
    async with build(config) as daemon:
        work = asyncio.create_task(daemon.run())
        try:
            yield daemon
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


async def until(said: bool, *daemons: Daemon) -> None:
    async with asyncio.timeout(SOON):
        while any(daemon.alive() is not said for daemon in daemons):  # noqa: ASYNC110  # time alone makes it so
            await asyncio.sleep(0.02)


async def test_a_store_that_hangs_in_writing_or_in_reading_starves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vmrd.daemon._ALIVE_WITHIN", 3.0)
    release = threading.Event()
    (tmp_path / "writes").mkdir()
    (tmp_path / "reads").mkdir()
    async with working(tmp_path / "writes") as writes, working(tmp_path / "reads") as reads:
        await until(True, writes, reads)
        hung = [asyncio.ensure_future(writes.store.write([], lambda _tx: release.wait()))]
        hung += [asyncio.ensure_future(reads.store.read(lambda _rx: release.wait())) for _ in range(READERS)]
        try:
            await until(False, writes, reads)
        finally:
            release.set()
            await asyncio.gather(*hung)
        await until(True, writes, reads)


async def test_a_dispatcher_that_hangs_starves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmrd.daemon._ALIVE_WITHIN", 3.0)
    async with working(tmp_path) as daemon:
        await until(True, daemon)

        async def hangs(_: Dispatcher) -> list[object]:
            await asyncio.Event().wait()
            return []

        monkeypatch.setattr(Dispatcher, "_take", hangs)
        await until(False, daemon)


async def test_systemd_hears_nothing_until_all_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "30000")
    answers = iter([False, False, False, True])
    heard_before = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.setblocking(False)

        def alive() -> bool:
            answer = next(answers, True)
            if not answer:
                heard_before.append(_pending(notify))
            return answer

        feeding = asyncio.create_task(systemd.watchdog(alive))
        try:
            async with asyncio.timeout(SOON):
                assert await asyncio.get_running_loop().sock_recv(notify, 100) == b"WATCHDOG=1"
        finally:
            feeding.cancel()
    assert heard_before == [False] * 3


def _pending(notify: socket.socket) -> bool:
    try:
        notify.recv(100)
    except BlockingIOError:
        return False
    return True
