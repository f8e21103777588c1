"""The house of a drill: a mock Pexip, a vmrd that can be killed, the officer's panel, and one consultation under way.

vmrd runs as an operator runs it, from a configuration file and in a process of its own; Pexip is reached over TLS with
a private authority. The consultation is that of the demonstration: a lawyer was checked, the room is locked, SECURE is
lit and the prisoner is in.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from vmrd import minting
from vmrd.config import from_values
from vmrd.demo import cast
from vmrd.demo.as_toml import as_toml
from vmrd.demo.booking_story import OFFICE
from vmrd.demo.clerk import Clerk
from vmrd.demo.crowd import Crowd
from vmrd.demo.officer import NotShown, Officer
from vmrd.demo.receiver import CallbackReceiver, receiving
from vmrd.demo.stage import SINK_PASSWORD, accounts, settings, signing_key
from vmrd.demo.steps import Players
from vmrd.demo.verify import Meeting, meeting
from vmrd.drill.gate import Certificates, Gate
from vmrd.drill.keeper import Keeper, clean
from vmrd.drill.others import Others, others
from vmrd.drill.panel import Panel
from vmrd.drill.scrape import Recording
from vmrd.drill.setting import Setting, changed
from vmrd.store.journal import verify
from vmrd.store.migrate import migrate
from vmrd.store.secrets import StoreKeys, derive_keys
from vmrd.store.sqlite import write_once

_PATIENCE = aiohttp.ClientTimeout(total=15)
_WITHIN = 30.0
_LOOK_EVERY = 0.05


@dataclass(slots=True)
class House:
    """`gates`: the doors to Pexip, the Management Node's first. `ear`: the door to the booking system's receiver."""

    folder: Path
    mock: MockServer
    http: aiohttp.ClientSession
    api: str
    ops: str
    keeper: Keeper
    keys: StoreKeys
    certificates: Certificates
    gates: tuple[Gate, ...]
    ear: Gate
    receiver: CallbackReceiver
    others: Others
    players: Players
    panel: Panel
    recording: Recording
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    held: dict[str, Any] = field(default_factory=dict)
    """What a drill remembers between the failure and its end."""

    @property
    def officer(self) -> Officer:
        return self.players.officers[cast.PRIVATE.room]

    @property
    def crowd(self) -> Crowd:
        return self.players.crowd

    @property
    def alias(self) -> str:
        return self.players.aliases[cast.PRIVATE.room]

    @property
    def database(self) -> Path:
        return self.players.config.store.file

    @property
    def name(self) -> str:
        """What the meeting's vmr is called in Pexip."""
        return next(vmr.name for vmr in meeting_of(self.mock, self.alias).vmrs)

    async def meeting(self) -> Meeting:
        """Pexip's own account of the consultation."""
        return meeting(await self.crowd.state(), self.alias)

    async def view(self) -> Mapping[str, Any]:
        """The consultation as the API shows it."""
        seen: Mapping[str, Any] = await self.call("GET", f"/v1/sessions/{self.officer.session}")
        return seen

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """Ask vmrd as the officer. Raises `NotShown` for another answer than success."""
        headers = {"Authorization": f"Bearer {self.officer.token}"}
        async with self.http.request(method, f"{self.api}{path}", json=body, headers=headers) as answer:
            if answer.status >= 300:
                raise NotShown(f"{path} was answered {answer.status}")
            return await answer.json()

    async def hand(self, path: str, body: Mapping[str, object], method: str = "POST") -> Any:
        """Ask the hand behind the mock. Raises `NotShown` when it does not do it."""
        async with self.http.request(method, f"{self.mock.control_url}{path}", json=body) as answer:
            if answer.status >= 300:
                raise NotShown(f"the mock answered {path} with {answer.status}")
            return await answer.json() if answer.content_type == "application/json" else None

    async def pass_time(self, seconds: float) -> None:
        """The clock on the wall goes ahead, in steps behind which no timer is hidden."""
        await self.hand("/clock", {"advanceSeconds": seconds})

    async def fault(self, operation: str, how: str, **more: object) -> None:
        """From now on this goes wrong in Pexip, until `heal`."""
        ordered = await self.hand("/faults", {"operation": operation, "how": how, "times": None, **more})
        self.held.setdefault("faults", []).append(ordered["id"])

    async def heal(self) -> None:
        """All faults that were ordered are taken back."""
        for each in self.held.pop("faults", []):
            await self.hand(f"/faults/{each}", {}, "DELETE")

    async def command(self, *arguments: str) -> None:
        """What ops type: a command of vmrd with the house's configuration. Raises `NotShown` when it fails."""
        done = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "vmrd", *arguments, "--config", str(self.folder / "vmrd.toml"),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, env=clean(),
        )  # fmt: skip
        if await done.wait():
            raise NotShown(f"vmrd {' '.join(arguments[:2])} failed")

    async def book(self, booking: cast.Booking) -> Officer:
        """One more booking, and an officer who looks at it. Raises `NotShown` when it is not taken."""
        had = await self.players.clerk.book(booking)
        if had.status != 202:
            raise NotShown(f"a booking was answered {had.status}")
        return Officer(self.http, self.api, self.officer.token, had.answer["sessionIds"][0]["sessionId"])

    def watch_another(self, ops: str) -> None:
        """From now on this daemon is the one that is scraped."""
        self.tasks["scrape"].cancel()
        self.recording = Recording()
        self.tasks["scrape"] = asyncio.create_task(self.recording.run(self.http, ops))

    async def ready(self) -> None:
        """Wait until vmrd could take a press. Raises `NotShown`."""
        await self.until(self._is_ready, "vmrd is ready")

    async def restart(self) -> None:
        """Kill vmrd, and wait until it is there again. Raises `NotShown`."""
        had = self.keeper.started

        async def is_back() -> bool:
            return self.keeper.started > had

        self.keeper.kill()
        await self.until(is_back, "vmrd is started again")
        await self.ready()

    async def until(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait for something. Raises `NotShown` when it does not come about, with the last vmrd said."""
        deadline = time.monotonic() + _WITHIN
        while not await holds():
            if time.monotonic() > deadline:
                last = self.keeper.said[-1] if self.keeper.said else "nothing"
                raise NotShown(f"it did not come about that {what}; the last vmrd said: {last}")
            await asyncio.sleep(_LOOK_EVERY)

    async def _is_ready(self) -> bool:
        try:
            async with self.http.get(f"{self.ops}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    def journal_faults(self) -> str | None:
        """The first thing that is not in the journal as it was written."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            faults = verify(connection, self.keys.seal)
        return f"{faults[0].where}: {faults[0].what}" if faults else None


def meeting_of(mock: MockServer, alias: str) -> Meeting:
    """Pexip's own account of the meeting under this alias, of a mock in this process."""
    from pexip_mock.state_shapes import state_json

    return meeting(state_json(mock.platform, 0), alias)


@asynccontextmanager
async def house(setting: Setting) -> AsyncIterator[House]:
    """The consultation is under way; all of it is gone when the context ends. Raises what setting it up raises."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="vmrd-drill-")))
        day, clock = datetime.now(cast.LONDON).date(), folder / "clock.json"
        start = cast.instant(day, cast.CURTAIN)
        mock = await stack.enter_async_context(MockServer(Knobs.fast(), start=start, clock_file=clock))
        signing = {system: signing_key() for system in (cast.SENDER, OFFICE)}
        receiver = await stack.enter_async_context(receiving(signing[cast.SENDER]))
        elsewhere = await stack.enter_async_context(others())
        certificates = Certificates(folder)
        gates = tuple(Gate(_port(url), certificates.context) for url in (mock.management_url, *mock.node_urls))
        ear = Gate(_port(receiver.url))
        for gate in (*gates, ear):
            await gate.open()
            stack.push_async_callback(gate.shut)
        port, ops, key = free_port(), free_port(), secrets.token_hex(32)
        values = settings(mock, receiver, signing, {"path": str(folder / "vmrd.db"), "key": key}, clock, port=port)
        changed(values, setting, gates, ear, elsewhere, certificates, ops)
        config = folder / "vmrd.toml"
        config.touch(mode=0o600)
        config.write_text(as_toml(values), "utf-8")
        migrate(folder / "vmrd.db")
        token, keys = minting.token(), derive_keys(bytes.fromhex(key))
        write_once(folder / "vmrd.db", keys, lambda tx: accounts(tx, token, minting.token()))
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=_PATIENCE))
        api = f"http://127.0.0.1:{port}"
        if setting.tls:
            door = Gate(port, trust=certificates.trust())
            await door.open()
            stack.push_async_callback(door.shut)
            api = door.url
        mock.add_sink(f"{api}/pexip/events", cast.SINK_USER, SINK_PASSWORD, bulk=True)
        clerk = Clerk(f"{api}/v1/bookings/events", signing, receiver, day)
        players = Players({}, {}, Crowd(http, mock.management_url, start), clerk, from_values(values))
        built = House(
            folder=folder,
            mock=mock,
            http=http,
            api=api,
            ops=f"http://127.0.0.1:{ops}",
            keeper=Keeper(config),
            keys=keys,
            certificates=certificates,
            gates=gates,
            ear=ear,
            receiver=receiver,
            others=elsewhere,
            players=players,
            panel=Panel(http, api, token, ""),
            recording=Recording(),
        )
        stack.push_async_callback(_stop, built)
        built.tasks["keeper"] = asyncio.create_task(built.keeper.run())
        await built.ready()
        built.tasks["scrape"] = asyncio.create_task(built.recording.run(http, built.ops))
        await _make_private(built, token, replace(cast.PRIVATE, purpose=setting.purpose))
        yield built


async def _make_private(built: House, token: str, booking: cast.Booking) -> None:
    """Book, open, check, lock, prisoner in."""
    had = await built.players.clerk.book(booking)
    if had.status != 202:
        raise NotShown(f"the booking was answered {had.status}: {had.text}")
    officer = Officer(built.http, built.api, token, had.answer["sessionIds"][0]["sessionId"])
    seen = await officer.until(lambda seen: seen.phase == "ready", _WITHIN)
    built.players = replace(built.players, officers={booking.room: officer}, aliases={booking.room: seen.alias})
    built.panel.session = officer.session
    built.tasks["panel"] = asyncio.create_task(built.panel.run())
    await built.crowd.play("the barrister arrives", seen.alias)
    await officer.make_private(cast.BARRISTER)


async def _stop(built: House) -> None:
    for task in built.tasks.values():
        task.cancel()
    await asyncio.gather(*built.tasks.values(), return_exceptions=True)


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
