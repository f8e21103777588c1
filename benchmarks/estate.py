"""An estate for a daemon to wake up to: meetings that run on a mock, and a database that says what was done in them.

The mock is a process of its own (`estate_mock`), the daemon another, as in production. The database is written by the
engine itself, with what the client reads of each meeting; so a daemon started on it finds everything as it left it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.estate_mock import DOMAIN, HOST_PIN, PEOPLE, address_of, alias_of, session_of
from benchmarks.mock import resident_kb
from benchmarks.mock_wire import cpu_of
from vmrd.clock import SystemClock
from vmrd.config import Config, from_values
from vmrd.engine import Applied, Engine
from vmrd.kept_token import dumps
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import MINUTE
from vmrd.lifecycle.session import Attendee
from vmrd.lifecycle.words import AttendeeRole, Control, Document, Observation, Purpose, Role, SegmentKind, Where
from vmrd.metrics import Metrics
from vmrd.pexip.client import Client
from vmrd.pexip.tokens import Token
from vmrd.settings import Settings
from vmrd.store.base import Officer, Tx
from vmrd.store.migrate import migrate
from vmrd.store.opening import connect
from vmrd.store.secrets import derive_keys

KEY = "5a" * 32
TOKEN = "sample-token-of-a-test"
SECRET = "whsec_" + "c2FtcGxlLXNpZ25pbmcta2V5LW9mLWEtdGVzdA=="
POLICY = ("pexip", "a password of benchmarks")
ESTABLISHMENTS = 120
_AT_ONCE = 200
_OFFICER = "k.shah"


def code_of(number: int) -> str:
    return f"E{number % ESTABLISHMENTS:03d}"


def room_of(number: int) -> str:
    return f"VCC-{number // ESTABLISHMENTS}"


def values(folder: Path, platform: dict[str, Any], sessions: int, port: int = 0, ops: int = 0) -> dict[str, Any]:
    """A configuration of 120 prisons with a room for each session."""
    rooms = max(1, -(-sessions // ESTABLISHMENTS))
    return {
        "pexip": {
            "management": platform["management"],
            "nodes": platform["nodes"],
            "user": platform["user"],
            "password": platform["password"],
            "domain": DOMAIN,
            "web_join": "https://join.example.org/{alias}",
        },
        "store": {"path": str(folder / "vmrd.db"), "key": KEY},
        "listen": {"port": port, "ops_port": ops},
        "senders": [{"system": "desk", "authority": "upstream", "secrets": [SECRET], "distributor": True}],
        "policy": {"user": POLICY[0], "password": POLICY[1]},
        "sink": {"user": POLICY[0], "password": POLICY[1]},
        "timing": {"probe_after": 0.2, "probe_every": 0.5},
        "establishments": [
            {
                "code": code_of(number),
                "name": f"HMP {code_of(number)}",
                "rooms": [{"key": f"VCC-{room}", "name": f"Room {room}"} for room in range(rooms)],
            }
            for number in range(ESTABLISHMENTS)
        ],
    }


def plan(number: int, starts_at: int) -> i.Plan:
    """A consultation of an hour with the two lawyers, one of whom is required."""
    return i.Plan(
        session=session_of(number),
        booking_id=f"desk:{number}",
        booking_version=1,
        segment=SegmentKind.MAIN,
        purpose=Purpose.LEGAL_CONSULTATION,
        establishment=code_of(number),
        room=room_of(number),
        room_address=address_of(number),
        control=Control.FULL,
        starts_at=starts_at,
        ends_at=starts_at + 60 * MINUTE,
        prisoner_ref="p",
        observation=Observation.CAMERA,
        alias=alias_of(number),
        needs_approval=False,
        attendees=tuple(Attendee(f"p{n}", f"n{n}", AttendeeRole.DEFENCE, required=not n) for n, _ in enumerate(PEOPLE)),
    )


@dataclass(slots=True)
class Builder:
    """Writes the database. `engine` decides as the daemon would."""

    engine: Engine
    client: Client
    domain: str = DOMAIN

    async def run(self, meeting: dict[str, Any]) -> None:
        """What was done in one meeting that runs, up to the prisoner's being inside."""
        number, token = meeting["number"], self._token(meeting)
        roster = await self.client.read(token)
        now = self.engine.clock.now()
        people = [one for one in roster.sightings if one.leg in meeting["people"]]
        waiting = tuple(_waiting(one) for one in people)
        others = tuple(one for one in roster.sightings if one.leg != meeting["room"])

        def seen(
            number: int, sightings: Sequence[i.Sighting], *, locked: bool = False, started: bool = True
        ) -> i.Input:
            return i.RosterSeen(i.Order(1, number), i.Source.STREAM, tuple(sightings), locked, started, recording=False)

        await self._told(
            number,
            now + MINUTE,
            [
                i.ControlTagged(f"tag-{number}"),
                i.ControlTaken(meeting["own"]),
                seen(0, waiting, started=False),
                i.Open(_OFFICER),
                seen(1, others),
                i.RoomCalled(meeting["room"]),
                seen(2, roster.sightings),
                *(i.CheckId(one.leg, f"p{n}", (Document.PHOTO_CARD,), _OFFICER) for n, one in enumerate(people)),
                i.LockRoom(_OFFICER),
                seen(3, roster.sightings, locked=True),
                i.PrisonerIn(_OFFICER, eyes_fresh=True, reason_ref="why"),
            ],
            {"control-1": dumps(token)},
        )

    async def prepare(self, number: int, starts_at: int) -> None:
        """A meeting that can be opened."""
        await self._told(number, starts_at, [], {})

    async def _told(self, number: int, starts_at: int, then: Sequence[i.Input], secrets: dict[str, bytes]) -> None:
        session = session_of(number)
        first = (plan(number, starts_at), i.WakeUp(), i.VmrEnsured(1), i.AliasProbed(1, 2, 2))

        def step(tx: Tx) -> None:
            for given in (*first, *then):
                answer = self.engine.apply(tx, session, given)
                assert isinstance(answer, Applied), (given, answer)
            for name, value in {"host-pin-1": HOST_PIN.encode(), **secrets}.items():
                tx.put_secret(session, name, value)

        await self.engine.transact([session], step)

    @staticmethod
    def _token(meeting: dict[str, Any]) -> Token:
        number = meeting["number"]
        address = f"{alias_of(number)}@{DOMAIN}"
        return Token(meeting["node"], address, meeting["token"], meeting["own"], 120.0, Role.HOST)


def _waiting(one: i.Sighting) -> i.Sighting:
    return replace(one, where=Where.WAITING, has_media=False, has_video=False)


async def build(folder: Path, platform: dict[str, Any], prepared: range, starts_at: int, config: Config) -> None:
    """The database of all of it; nothing is left to be sent."""
    path = folder / "vmrd.db"
    migrate(path)
    store = connect(path, derive_keys(bytes.fromhex(KEY)))
    engine = Engine(store, SystemClock(), Settings(config).rules, Metrics())
    officer = Officer(_OFFICER, "supervisor", (), None, hashlib.sha256(TOKEN.encode()).hexdigest())
    await store.write([], lambda tx: tx.put_officer(officer))
    async with Client(platform["nodes"], verify=False) as client:
        builder = Builder(engine, client)
        work: list[Callable[[], Awaitable[None]]] = [
            *(partial(builder.run, meeting) for meeting in platform["meetings"]),
            *(partial(builder.prepare, number, starts_at) for number in prepared),
        ]
        for at in range(0, len(work), _AT_ONCE):
            await asyncio.gather(*(one() for one in work[at : at + _AT_ONCE]))
    await store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM outbox")
        connection.execute("DELETE FROM outbox_lane")


@dataclass(slots=True)
class Daemon:
    """A vmrd of its own process, started whole."""

    folder: Path
    port: int
    ops: int
    http: aiohttp.ClientSession
    process: subprocess.Popen[bytes] | None = None
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    heard: Callable[[dict[str, Any]], None] = lambda _view: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def launch(self) -> None:
        command = [sys.executable, "-m", "vmrd", "run", "--config", str(self.folder / "vmrd.toml")]
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    async def ready(self) -> None:
        """Wait until it says that it is."""
        while True:
            assert self.process is not None
            assert self.process.poll() is None, (self.folder / "log.txt").read_text()[-3_000:]
            with suppress(aiohttp.ClientError):
                async with self.http.get(f"http://127.0.0.1:{self.ops}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.005)

    async def press(self, session: str, action: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        async with self.http.post(
            f"{self.url}/v1/sessions/{session}/{action}", json=body or {}, headers={"Authorization": f"Bearer {TOKEN}"}
        ) as answer:
            return answer.status, await answer.json(content_type=None)

    async def look(self) -> None:
        """A screen of everything, until cancelled."""
        async with self.http.ws_connect(
            f"{self.url}/v1/live", headers={"Authorization": f"Bearer {TOKEN}"}, max_msg_size=0, heartbeat=None
        ) as line:
            async for told in line:
                if told.type is aiohttp.WSMsgType.TEXT and told.data.startswith("{"):
                    view = json.loads(told.data)
                    self.views[view["id"]] = view
                    self.heard(view)

    async def metrics(self, *names: str) -> dict[str, float]:
        """These samples, summed over their labels."""
        async with self.http.get(f"http://127.0.0.1:{self.ops}/metrics") as answer:
            text = await answer.text()
        found = dict.fromkeys(names, 0.0)
        for line in text.splitlines():
            name = line.split("{")[0].split(" ")[0]
            if name in found:
                found[name] += float(line.rpartition(" ")[2])
        return found

    def used(self) -> tuple[float, float]:
        """Processor seconds so far, and megabytes held."""
        return cpu_of(self.pid), resident_kb(self.pid) / 1_024

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            await asyncio.to_thread(self.process.wait, 60)


class Mock:
    """The platform's process and its hand."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: dict[str, Any] = {}

    async def ask(self, what: str = "") -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if what:
            self.process.stdin.write(f"{what}\n".encode())
        answer: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return answer

    def cpu(self) -> float:
        return cpu_of(self.process.pid)


@asynccontextmanager
async def estate(
    folder: Path,
    running: int,
    prepared: int = 0,
    *,
    latency: float = 0.0,
    starts_in: int = MINUTE,
    limit: int | None = None,
) -> AsyncIterator[tuple[Mock, Daemon]]:
    """Mock, database and configuration; the daemon is not started yet. `limit`: meetings it may look at."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.estate_mock", str(running), str(prepared), str(latency)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 26,
    )
    timeout = aiohttp.ClientTimeout(total=300)
    try:
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as http:
            mock = Mock(process)
            platform = mock.said = await mock.ask()
            port, ops = free_ports()
            told = values(folder, platform, running + prepared, port, ops)
            if limit is not None:
                told["pexip"]["meetings_at_most"] = limit
            (folder / "vmrd.toml").write_text(toml(told))
            (folder / "vmrd.toml").chmod(0o600)
            config = from_values(told)
            starts_at = SystemClock().now() + starts_in
            await build(folder, platform, range(running, running + prepared), starts_at, config)
            daemon = Daemon(folder, port, ops, http)
            try:
                yield mock, daemon
            finally:
                await daemon.stop(signal.SIGKILL)
    finally:
        process.terminate()
        await process.wait()


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])


def toml(told: dict[str, Any]) -> str:
    """These values as TOML, as far as ours go."""
    lines = []
    for name, value in told.items():
        if isinstance(value, dict):
            lines += [f"[{name}]", *(f"{key} = {json.dumps(each)}" for key, each in value.items())]
    for name, value in told.items():
        if isinstance(value, list):
            for each in value:
                lines.append(f"[[{name}]]")
                lines += [f"{key} = {_inline(one)}" for key, one in each.items()]
    return "\n".join(lines) + "\n"


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_inline(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)


def spread(values: Iterable[float]) -> str:
    """Median, 99th percentile and the most of some seconds, in milliseconds."""
    ordered = sorted(values)
    if not ordered:
        return "nothing"
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return f"p50 {p50 * 1e3:.0f}, p99 {p99 * 1e3:.0f}, most {ordered[-1] * 1e3:.0f} ms"


async def until(holds: Callable[[], bool], within: float, what: str) -> float:
    """Seconds until it holds. Raises `TimeoutError`."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > within:
            raise TimeoutError(what)
        await asyncio.sleep(0.02)
    return time.monotonic() - began
