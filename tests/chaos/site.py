"""A whole site in one process: the mock platform, one database, and one or two real daemons, all on the virtual loop.

A daemon is `vmrd.daemon.build` with everything in it; only its store does without threads and its network is in memory.
Each start is a host of its own (`a#1`, `a#2`, …), so that what a killed one left behind can never run again.
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest import mock

import structlog
from aiohttp import connector

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from tests.chaos.loop import BEGAN, HOST, VirtualLoop, of_host
from tests.chaos.net import machine
from tests.chaos.store import Disk
from tests.cosim.clock import Action
from vmrd import clock as vmrd_clock
from vmrd import daemon as composition
from vmrd import minting
from vmrd.carry import Carrier
from vmrd.config import Config, load
from vmrd.door import Door
from vmrd.echo import Echo
from vmrd.engine import Engine
from vmrd.eyes import Eyes
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.pexip.budget import Budget
from vmrd.pexip.doubt import Doubt
from vmrd.pexip.reached import Reached
from vmrd.pexip.reading import Reading
from vmrd.pexip.tokens import Token
from vmrd.pexip.wire import Roster
from vmrd.store.base import StoreError
from vmrd.watch import Watch
from vmrd.web.routes import make_deps

PEXIP = "pexip"
DOMAIN = "meet.example.org"
KEY = "5a" * 32
_MANAGEMENT_PORT = 20_001
_TOO_OFTEN = 50
_TOLD_WITHIN = 3.0
_MONOTONIC = time.monotonic


@dataclass(slots=True)
class Running:
    """One start of a daemon. `known`: the session as its panels show it; `seen_at`: when its last read began whose
    result is committed, as the campaign itself measured it; `door`: at which Pexip asks who may come in."""

    host: str
    task: asyncio.Task[None] | None = None
    daemon: composition.Daemon | None = None
    known: Session | None = None
    reading_since: float = float("-inf")
    seen_at: float = float("-inf")
    door: Door | None = None

    @property
    def token(self) -> str | None:
        """A control token it holds."""
        carrier = self.daemon.dispatcher.carrier if self.daemon is not None else None
        held = carrier.controls.tokens.values() if isinstance(carrier, Carrier) else ()
        return next((token.token for token in held), None)

    @property
    def holds(self) -> bool:
        """Whether it watches the meeting."""
        return self.token is not None


@dataclass(slots=True)
class Site:
    """`steps`: by how many seconds the wall clock of each machine is wrong."""

    loop: VirtualLoop
    mock: MockServer
    disk: Disk
    config: Config
    rules: Rules
    session_id: str
    started: Callable[[Running], None] = lambda running: None
    running: dict[str, Running] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    names: tuple[str, ...] = ("a",)
    crashes: int = 0
    reads: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=12))
    _starts: int = 0

    @property
    def now(self) -> float:
        """Seconds since the history began."""
        return self.loop.time() - BEGAN

    def after(self, delay: float, action: Action) -> None:
        """Do this so many seconds from now, by nobody's hand."""
        self.loop.call_later(delay, self._act, action, context=of_host("people"))

    def at(self, moment: float, action: Action) -> None:
        """Do this at that moment of the history, or now if it has passed."""
        self.after(max(0.0, moment - self.now), action)

    def _act(self, action: Action) -> None:
        self.mock.platform.catch_up()
        action()

    def start(self, name: str) -> None:
        """Start the daemon of this machine."""
        self._starts += 1
        running = self.running[name] = Running(f"{name}#{self._starts}")
        running.task = self.loop.begin(running.host, self._run(name, running))

    def kill(self, name: str) -> None:
        """SIGKILL."""
        running = self.running.pop(name, None)
        if running is not None:
            self.loop.kill(running.host)
            for store in [store for store in self.disk.stores if store.host == running.host]:
                store.let_go()

    def committed_read(self, engine: Engine) -> None:
        """What this daemon read last is in the store now."""
        for each in self.running.values():
            if each.daemon is not None and each.daemon.engine is engine:
                each.seen_at = each.reading_since
                self.reads.append((self.loop.time(), each.seen_at))

    def proved(self, running: Running) -> float:
        """When the read began that this daemon's light rests on at least. One that does not watch is told by the one
        that does, a little later."""
        told = [begun for at, begun in self.reads if at <= self.loop.time() - _TOLD_WITHIN]
        return running.seen_at if self.rests_on_its_own(running) else max(told, default=float("-inf"))

    def rests_on_its_own(self, running: Running) -> bool:
        """Whether what it shows rests on reads of its own. Where there is nobody else, nothing else will do."""
        return running.holds and (running.seen_at > float("-inf") or not self.disk.replicas)

    def last_read(self) -> float:
        """When the last read by any daemon began whose result is committed."""
        return max((begun for _, begun in self.reads), default=float("-inf"))

    def up(self) -> list[Running]:
        """Daemons that run and are not frozen."""
        return [each for each in self.running.values() if each.daemon is not None and not self.loop.frozen(each.host)]

    async def _run(self, name: str, running: Running) -> None:
        try:
            async with composition.build(self.config) as daemon:
                daemon.engine.rules = lambda _: self.rules
                self._observe(running, daemon)
                running.known = await daemon.store.read(lambda rx: rx.session(self.session_id))
                asked = make_deps(daemon).policy.door
                await asked.table.fill()
                running.daemon, running.door = daemon, asked
                self.started(running)
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(asked.table.run())
                    tasks.create_task(daemon.run())
        except* StoreError:
            self.crashes += 1
            assert self.crashes < _TOO_OFTEN, "the daemon ends as often as it is started"
        running.daemon = running.door = None
        if self.running.get(name) is running:
            del self.running[name]
            self.after(2.0, lambda: self._again(name))  # as systemd does

    def _again(self, name: str) -> None:
        if name not in self.running and name not in self.stopped:
            self.start(name)

    def _observe(self, running: Running, daemon: composition.Daemon) -> None:
        def heard(applied: object) -> None:
            session: Session = applied.session  # type: ignore[attr-defined]
            if session.id == self.session_id:
                running.known = session

        daemon.engine.listeners.append(heard)
        reading = daemon.client.reading

        def timed(token: Token) -> _Timed:
            return _Timed(reading(token), self.loop, running)

        object.__setattr__(daemon.client, "reading", timed)


@dataclass(frozen=True, slots=True)
class _Timed:
    """Reads whose beginning is noted."""

    reading: Reading
    loop: VirtualLoop
    running: Running

    async def now(self) -> Roster:
        self.running.reading_since = self.loop.time()  # one at a time, as the watch has it
        return await self.reading.now()


def configured(folder: Path, nodes: int = 2, *, located: bool) -> Config:
    """What every daemon of a campaign is told. Ports are given in the order in which the mock asks for them.

    `located`: calls leave from a location, so that the Management Node places them and not the node we hold a token of.
    """
    path = folder / "vmrd.toml"
    urls = ", ".join(f'"http://127.0.0.1:{_MANAGEMENT_PORT + n}"' for n in range(1, nodes + 1))
    path.write_text(
        f"""
[pexip]
management = "http://127.0.0.1:{_MANAGEMENT_PORT}"
nodes = [{urls}]
user = "admin"
password = "mock-password"
domain = "{DOMAIN}"
web_join = "https://join.example.org/{{alias}}"
{'location = "Main"' if located else ""}
[store]
path = "{folder / "vmrd.db"}"
key = "{KEY}"
[listen]
port = 8080
[policy]
password = "policy-password"
[[senders]]
system = "desk"
authority = "upstream"
secrets = ["whsec_c2FtcGxlLXNpZ25pbmcta2V5LW9mLWEtdGVzdA=="]
[[establishments]]
code = "MDI"
name = "HMP Example"
[[establishments.rooms]]
key = "MDI-VIDEO-1"
name = "MDI Video 1"
address = "room1@mdi.example.org"
""",
        "utf-8",
    )
    return load(path)


async def open_mock(loop: VirtualLoop, knobs: Knobs, seed: int, start: float) -> MockServer:
    """A mock that runs as the host of that name until the loop is buried."""
    built = MockServer(knobs, seed=seed, start=start, port=_MANAGEMENT_PORT)
    await loop.begin(PEXIP, built.__aenter__())
    return built


@contextmanager
def virtual(seed: int, steps: dict[str, float], epoch: float) -> Iterator[VirtualLoop]:
    """The virtual loop as the process's only time, with everything that would reach beyond it replaced."""
    loop = VirtualLoop()

    def wall() -> float:
        return epoch + loop.time() - BEGAN

    def wall_of_host() -> int:
        return int((wall() + steps.get(machine(HOST.get()), 0.0)) * 1e9)

    with ExitStack() as patched:
        for name, value in (("monotonic", loop.time), ("time", wall)):
            patched.enter_context(mock.patch.object(time, name, value))
        patched.enter_context(mock.patch.object(connector, "monotonic", loop.time))  # how long a connection was idle
        shim = SimpleNamespace(time_ns=wall_of_host, time=wall, monotonic=loop.time)
        patched.enter_context(mock.patch.object(vmrd_clock, "time", shim))
        for made in (Eyes.__init__, Echo.__init__, Budget.__init__, Doubt.__init__, Reached.__init__):
            defaults = tuple(loop.time if each is _MONOTONIC else each for each in made.__defaults__ or ())
            patched.enter_context(mock.patch.object(made, "__defaults__", defaults))
        patched.enter_context(mock.patch.object(composition, "Watch", _watching(loop)))
        dice = _Seeded(seed)
        for module in (minting, composition):
            patched.enter_context(mock.patch.object(module, "secrets", dice))
        patched.enter_context(mock.patch.object(os, "urandom", dice.randbytes))
        gc.disable()  # what it ends, it ends at another moment each time
        patched.callback(gc.enable)
        former = structlog.get_config()
        structlog.configure(processors=[_silent], cache_logger_on_first_use=False)
        patched.callback(lambda: structlog.configure(**former))
        asyncio.set_event_loop(loop)
        try:
            yield loop
        finally:
            loop.bury()
            asyncio.set_event_loop(None)
            loop.close()


def _watching(loop: VirtualLoop) -> Callable[..., Watch]:
    """A watch takes the time of its making from a clock that was bound when its module was read."""

    def made(*given: Any) -> Watch:
        watch = Watch(*given)
        watch._seen_at = loop.time()
        return watch

    return made


class _Seeded(Random):
    """`secrets`, told again."""

    def token_hex(self, size: int) -> str:
        return self.randbytes(size).hex()

    def randbelow(self, below: int) -> int:
        return self.randrange(below)


def _silent(*_: object) -> dict[str, object]:
    raise structlog.DropEvent
