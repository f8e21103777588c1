"""Builds all a rehearsal needs, and takes it down again: mock Pexip, vmrd, a booking system, and the day so far.

vmrd is built from an ordinary configuration and knows nothing of a rehearsal but whose clock it follows. Bookings reach
it signed over HTTP, and the second room is opened, checked and locked by an officer over the API, so that nothing on
the board was put there by hand.
"""

from __future__ import annotations

import base64
import secrets
from calendar import day_name
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import aiohttp

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from vmrd import minting
from vmrd.config import from_values
from vmrd.demo import booking_story, cast
from vmrd.demo.as_toml import as_toml
from vmrd.demo.booking_story import OFFICE
from vmrd.demo.clerk import Clerk
from vmrd.demo.controls import Controls
from vmrd.demo.crowd import Crowd
from vmrd.demo.officer import Officer
from vmrd.demo.receiver import CallbackReceiver, receiving
from vmrd.demo.steps import Players
from vmrd.serve import Running, running
from vmrd.store.base import Officer as Account
from vmrd.store.base import Tx
from vmrd.store.opening import migrate
from vmrd.store.place import Place
from vmrd.web.caller import Role, digest

SINK_PASSWORD = secrets.token_urlsafe(16)
_POLICY_PASSWORD = secrets.token_urlsafe(16)
_PATIENCE = aiohttp.ClientTimeout(total=15)
_SECONDS_TO_SET = 30.0


class NotSet(Exception):
    """The stage could not be set; the text says what did not happen."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`knobs`: how the mock Pexip behaves. `fault`: what breaks once the board is set.

    `policy`: Pexip asks vmrd who may come in, as where the platform lets it.
    """

    port: int = 0
    database: Place | None = None
    knobs: Knobs = field(default_factory=Knobs.fast)
    fault: str | None = None
    policy: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """A rehearsal that is set. `file`: its configuration. Both tokens are bearer tokens of the API."""

    mock: MockServer
    vmrd: Running
    file: Path
    players: Players
    receiver: CallbackReceiver
    controls: Controls
    officer_token: str
    supervisor_token: str

    def addresses(self) -> dict[str, Any]:
        """What a program needs to take part: base URLs, and who may sign in."""
        return {
            "api": self.vmrd.api,
            "panel": f"{self.vmrd.api}/panel",
            "ops": self.vmrd.ops,
            "mock": self.mock.management_url,
            "config": str(self.file),
            "pexip": {
                "management": self.mock.management_url,
                "nodes": list(self.mock.node_urls),
                "user": self.mock.user,
                "password": self.mock.password,
            },
            "bookings": {"url": _bookings_url(self.vmrd), "secret": self.receiver.secret},
            "officer": {"name": cast.OFFICER, "token": self.officer_token},
            "supervisor": {"name": cast.SUPERVISOR, "token": self.supervisor_token},
            "signIn": self.sign_in,
        }

    @property
    def sign_in(self) -> str:
        """The link that signs a browser in as the officer."""
        who = urlencode({"code": self.controls.demo_code, "name": cast.OFFICER})
        return f"{self.vmrd.api}/sign-in/demo?{who}"


@asynccontextmanager
async def stage(plan: Plan) -> AsyncIterator[Stage]:
    """Set the stage; all of it is gone when the context ends. Raises `NotSet`, and `ConfigError` for a port in use."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="vmrd-demo-")))
        day = datetime.now(cast.LONDON).date()
        clock = folder / "clock.json"
        start = cast.instant(day, cast.CURTAIN)
        mock = await stack.enter_async_context(MockServer(plan.knobs, start=start, clock_file=clock))
        keys = {system: signing_key() for system in (cast.SENDER, OFFICE)}
        receiver = await stack.enter_async_context(receiving(keys[cast.SENDER]))
        database = plan.database or folder / "vmrd.db"
        if not migrate(database):
            raise NotSet("--database: there is something in it already; the demo begins with an empty one")
        controls = Controls(receiver)
        values = settings(
            mock,
            receiver,
            keys,
            _store(database, plan.database is not None),
            clock,
            port=plan.port,
            policy=plan.policy,
        )
        file = folder / "vmrd.toml"
        file.touch(mode=0o600)
        file.write_text(as_toml(values), "utf-8")
        vmrd = await stack.enter_async_context(running(from_values(values), controls.furnish))
        mock.add_sink(f"{vmrd.api}/pexip/events", cast.SINK_USER, SINK_PASSWORD, bulk=True)
        if plan.policy:
            mock.add_policy(vmrd.api, cast.SINK_USER, _POLICY_PASSWORD)
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=_PATIENCE))
        crowd = Crowd(http, mock.management_url, start)
        officer_token, supervisor_token = minting.token(), minting.token()
        await vmrd.daemon.store.write([], lambda tx: accounts(tx, officer_token, supervisor_token))
        clerk = Clerk(_bookings_url(vmrd), keys, receiver, day)
        setting = _Setting(vmrd, http, crowd, officer_token, clerk)
        players = controls.players = await setting.set(plan.fault)
        yield Stage(mock, vmrd, file, players, receiver, controls, officer_token, supervisor_token)


@dataclass(frozen=True, slots=True)
class _Setting:
    vmrd: Running
    http: aiohttp.ClientSession
    crowd: Crowd
    token: str
    clerk: Clerk

    async def set(self, fault: str | None) -> Players:
        """Let the day happen until the viewer comes; the fault breaks nothing but the viewer's own meeting."""
        officers: dict[str, Officer] = {}
        for booking in (cast.PRIVATE, cast.WAITING, cast.LATER):
            officers[booking.room] = await self._book(booking)
        await self._make_private(officers[cast.PRIVATE.room])
        await self._let_wait(officers[cast.WAITING.room])
        await self.crowd.play("the viewer comes")
        if fault is not None:
            await self.crowd.breaks(fault)
        officers[cast.YOURS.room] = yours = await self._book(cast.YOURS)
        if fault is None:
            await yours.until(lambda seen: seen.phase == "ready", _SECONDS_TO_SET)
        aliases = {room: (await officer.look()).alias for room, officer in officers.items()}
        return Players(officers, aliases, self.crowd, self.clerk, self.vmrd.daemon.config)

    async def _book(self, booking: cast.Booking) -> Officer:
        had = await self.clerk.book(booking)
        if had.status != 202:
            raise NotSet(f"a booking was answered {had.status}: {had.text}")
        session = had.answer["sessionIds"][0]["sessionId"]
        return Officer(self.http, self.vmrd.api, self.token, session)

    async def _make_private(self, officer: Officer) -> None:
        """Open, check, lock, prisoner in: as an officer did twenty minutes ago."""
        seen = await officer.until(lambda seen: seen.phase == "ready", _SECONDS_TO_SET)
        await self.crowd.play("the barrister arrives", seen.alias)
        await officer.make_private(cast.BARRISTER)

    async def _let_wait(self, officer: Officer) -> None:
        seen = await officer.until(lambda seen: seen.phase == "ready", _SECONDS_TO_SET)
        await self.crowd.play("somebody comes early for the third room", seen.alias)
        await officer.until(lambda seen: cast.EARLY_BIRD.name in seen.would_enter)


def accounts(tx: Tx, officer_token: str, supervisor_token: str) -> None:
    for name, role, token in (
        (cast.OFFICER, Role.OFFICER, officer_token),
        (cast.SUPERVISOR, Role.SUPERVISOR, supervisor_token),
    ):
        tx.put_officer(Account(name, role, (cast.PRISON,), None, digest(token)))


def signing_key() -> str:
    """A key for a booking system to sign with."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def _bookings_url(vmrd: Running) -> str:
    return f"{vmrd.api}/v1/bookings/events"


def _store(database: Place, kept: bool) -> dict[str, str]:
    """The store with a key of its own for each rehearsal; beside a file that is kept, so that it can be read again."""
    key = secrets.token_hex(32)
    if not isinstance(database, Path):
        return {"url": database.url, "key": key}
    if kept:
        beside = database.with_name(f"{database.name}.key")
        beside.touch(mode=0o600)
        beside.write_text(key, "utf-8")
    return {"path": str(database), "key": key}


def human() -> Knobs:
    """A Pexip slow enough to see "asked" become "confirmed"."""
    return Knobs.fast().changed(
        {
            "event_delay_s": 0.02,
            "node_lag_s": 0.1,
            "command_delay_min_s": 0.4,
            "command_delay_max_s": 0.9,
            "admission_delay_max_s": 0.4,
            "media_delay_s": 0.4,
            "dial_answer_s": 0.8,
        }
    )


def settings(
    mock: MockServer,
    receiver: CallbackReceiver,
    keys: Mapping[str, str],
    store: Mapping[str, str],
    clock: Path,
    *,
    port: int,
    policy: bool = True,
) -> dict[str, Any]:
    """What a configuration file of the rehearsal's day says. `keys`: what each booking system signs with."""
    # The mock's nodes know a new room at once, and what is for the afternoon is not made yet.
    timing = {"probe_after": 0.2, "probe_every": 0.5, "prepare_before": 2 * 60 * 60}
    told = {"callback_url": receiver.url, "callback_secrets": [receiver.secret], "distributor": True}
    return {
        "pexip": {
            "alias_scan_limit": 0,  # a story in a hurry asks often, and the mock hides nothing
            "management": mock.management_url,
            "nodes": list(mock.node_urls),
            "user": mock.user,
            "password": mock.password,
            "domain": cast.DOMAIN,
            "web_join": cast.WEB_JOIN,
        },
        "store": dict(store),
        "listen": {"port": port, "ops_port": 0},
        "senders": [
            {"system": cast.SENDER, "authority": "upstream", "secrets": [keys[cast.SENDER]], **told},
            {"system": OFFICE, "authority": "vmrd", "secrets": [keys[OFFICE]], **told},
        ],
        "sink": {"user": cast.SINK_USER, "password": SINK_PASSWORD},
        **({"policy": {"user": cast.SINK_USER, "password": _POLICY_PASSWORD}} if policy else {}),
        "establishments": [
            {
                "code": cast.PRISON,
                "name": cast.PRISON_NAME,
                "rooms": [_room(key) for key in cast.ROOMS],
                "timing": timing,
            },
            {
                "code": booking_story.PRISON,
                "name": booking_story.PRISON_NAME,
                "rooms": [_room(booking_story.ROOM)],
                "hours": {day.lower(): [booking_story.HOURS] for day in day_name},
                "timing": timing,
            },
        ],
        "clock_file": str(clock),
        "allow_private_callbacks": True,  # the receiver is on this machine
        "demo": True,
        "log_level": "error",
    }


def _room(key: str) -> dict[str, str]:
    return {"key": key, "name": cast.room_name(key), "address": cast.room_address(key)}
