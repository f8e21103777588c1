"""A morning worked by hand on a live platform, with vmrd in shadow beside it.

The rooms' vmrs are another system's. Officers do what they do without vmrd: they dial from the prison room with the
Host PIN and press keys on its remote control. The clock stands still but where the day moves it, so that every second
in the report is one of the day's.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from pexip_mock.knobs import Knobs
from pexip_mock.people import Kind, Person
from pexip_mock.server import MockServer
from pexip_mock.vmrs import Alias, Vmr
from vmrd.config import from_values
from vmrd.demo import cast
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Phase
from vmrd.sender import send
from vmrd.serve import Running, running
from vmrd.store.base import Officer, SessionFilter
from vmrd.store.migrate import migrate
from vmrd.web.caller import digest

DAY = date(2026, 11, 5)
HOST_PIN, GUEST_PIN = "482913", "771204"
PHONE = "+441632960123"
TOKEN = "the token of somebody who looks at the shadow"
SINK_PASSWORD = "the password of the event sink"
POLICY_PASSWORD = "the password of the policy profile"
SOON = 20.0
KEY = "whsec_" + base64.b64encode(b"the key of the booking office....").decode()


def at(hour: int, minute: int = 0, second: int = 0) -> float:
    """Epoch seconds of a local time of the day."""
    return datetime.combine(DAY, time(hour, minute, second), cast.LONDON).timestamp()


def values_of(mock: MockServer, folder: Path) -> dict[str, Any]:
    """A shadow's configuration, with all that would write to somebody were it live."""
    return {
        "pexip": {
            "management": mock.management_url,
            "nodes": list(mock.node_urls),
            "user": mock.user,
            "password": mock.password,
            "domain": cast.DOMAIN,
            "web_join": cast.WEB_JOIN,
        },
        "store": {"path": str(folder / "vmrd.db"), "key": "5a" * 32},
        "listen": {"port": 0, "ops_port": 0},
        "shadow": {
            "enabled": True,
            "poll_every": 0.1,
            "status_lag": 0.5,
            "match": [
                {"name": r"HMPPS (?P<establishment>[A-Z]{3}) room (?P<room>\S+)"},
                {"alias": r"visits-(?P<booking>\d+)@meet\.example\.org"},
            ],
        },
        "senders": [
            {
                "system": cast.SENDER,
                "authority": "upstream",
                "secrets": [KEY],
                "callback_url": "http://127.0.0.1:9/told",
                "callback_secrets": [KEY],
                "distributor": True,
            }
        ],
        "smtp": {"host": "127.0.0.1", "port": 9, "tls": "none", "sender": "video-links@vmrd.example.org"},
        "sink": {"user": cast.SINK_USER, "password": SINK_PASSWORD},
        "policy": {"user": cast.SINK_USER, "password": POLICY_PASSWORD},
        "establishments": [
            {
                "code": cast.PRISON,
                "name": cast.PRISON_NAME,
                "rooms": [
                    {"key": key, "name": cast.room_name(key), "address": cast.room_address(key)} for key in cast.ROOMS
                ],
            }
        ],
        "clock_file": str(folder / "clock.json"),
        "allow_private_callbacks": True,
        "log_level": "error",
    }


@dataclass(slots=True)
class Morning:
    """The platform, its people and the vmrd that watches."""

    mock: MockServer
    values: dict[str, Any]
    vmrd: Running
    http: aiohttp.ClientSession
    life: AsyncExitStack
    people: dict[str, str] = field(default_factory=dict)

    # --- who acts on the platform ------------------------------------------------------------------------------------

    def another_system_makes(self, name: str, alias: str) -> None:
        self.mock.world.create_vmr(
            Vmr(name=name, aliases=(Alias(alias),), allow_guests=True, pin=HOST_PIN, guest_pin=GUEST_PIN)
        )
        self.passes(2)

    def passes(self, seconds: float) -> None:
        """The clock on the wall moves."""
        self.mock.platform.clock.advance(seconds)
        self.mock.platform.catch_up()

    def strikes(self, hour: int, minute: int = 0, second: int = 0) -> None:
        """It becomes this time."""
        self.passes(at(hour, minute, second) - self.mock.platform.clock.now())

    def room_opens(self, room: str, alias: str) -> None:
        """An officer dials from the prison room with the Host PIN."""
        self._dials(room, Person(alias, room, Kind.ROOM_SYSTEM, pin=HOST_PIN))

    def visitor_dials(self, name: str, alias: str) -> None:
        self._dials(name, Person(alias, name, Kind.BROWSER, pin=GUEST_PIN))

    def phone_dials(self, alias: str) -> None:
        self._dials(PHONE, Person(alias, "", Kind.PHONE, pin=GUEST_PIN, number=PHONE))

    def presses(self, room: str, keys: str) -> None:
        """Keys of the remote control in the prison room: `*7` locks and unlocks, `##` ends."""
        self.mock.world.dtmf(self.people[room], keys)

    def leaves(self, name: str) -> None:
        self.mock.world.leave(self.people[name])

    def _dials(self, name: str, person: Person) -> None:
        self.people[name] = self.mock.world.dial_in(person)

    # --- vmrd --------------------------------------------------------------------------------------------------------

    async def book(self, number: int, room: str, start: time, end: time) -> dict[str, Any]:
        """The booking system tells vmrd what it told the prison; its answer."""
        booking = cast.Booking(number, room, "legal_consultation", f"A{number}AA", start, end, (cast.SOLICITOR,))
        answer = await send(f"{self.vmrd.api}/v1/bookings/events", KEY, orjson.dumps(cast.event(booking, DAY)))
        assert answer.status == 202, answer.body
        told: dict[str, Any] = orjson.loads(answer.body)
        return told

    async def stops(self) -> None:
        """vmrd is stopped, and the platform goes on."""
        await self.life.aclose()

    async def starts(self) -> None:
        """vmrd is started again, at another address: no event reaches it."""
        self.vmrd = await self.life.enter_async_context(running(from_values(self.values)))

    async def until(self, room: str, holds: Callable[[Session], bool]) -> Session:
        """The room's session once this holds of it."""
        last: Session | None = None
        try:
            async with asyncio.timeout(SOON):
                while True:
                    for session in await self.sessions():
                        if session.room == room:
                            last = session
                            if holds(session):
                                return session
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"never: {last}") from None

    async def sessions(self) -> list[Session]:
        return await self.vmrd.daemon.store.read(lambda rx: rx.sessions(SessionFilter()))

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        """What somebody who may see the prison is shown."""
        signed = {"Authorization": f"Bearer {TOKEN}", **headers}
        async with self.http.get(f"{self.vmrd.api}{path}", headers=signed) as answer:
            return answer.status, await answer.text()

    async def press(self, session: str, action: str, body: object) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": f"{session}-{action}"}
        url = f"{self.vmrd.api}/v1/sessions/{session}/{action}"
        async with self.http.post(url, headers=headers, json=body) as answer:
            return answer.status, await answer.text()

    async def requests(self) -> list[dict[str, Any]]:
        """Everything Pexip was asked, by its own account."""
        async with self.http.get(f"{self.mock.control_url}/requests") as answer:
            asked: list[dict[str, Any]] = await answer.json()
            return asked


@asynccontextmanager
async def morning(folder: Path, knobs: Knobs | None = None, *, sink: bool = True) -> AsyncIterator[Morning]:
    """A platform with a vmr for each room, and vmrd watching it from eight o'clock."""
    async with AsyncExitStack() as stack:
        clock = folder / "clock.json"
        mock = await stack.enter_async_context(
            MockServer(knobs or Knobs.fast(), start=at(8), rate=0.0, clock_file=clock)
        )
        migrate(folder / "vmrd.db")
        values = values_of(mock, folder)
        life = await stack.enter_async_context(AsyncExitStack())
        vmrd = await life.enter_async_context(running(from_values(values)))
        officer = Officer("A. Watcher", "supervisor", (cast.PRISON,), None, digest(TOKEN))
        await vmrd.daemon.store.write([], lambda tx: tx.put_officer(officer))
        if sink:
            mock.add_sink(f"{vmrd.api}/pexip/events", cast.SINK_USER, SINK_PASSWORD)
        mock.add_policy(vmrd.api, cast.SINK_USER, POLICY_PASSWORD)
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SOON)))
        day = Morning(mock, values, vmrd, http, life)
        for room in cast.ROOMS:
            day.another_system_makes(f"HMPPS {cast.PRISON} room {room}", alias_of(room))
        yield day


def alias_of(room: str) -> str:
    return f"{room.lower()}@{cast.DOMAIN}"


def is_open(session: Session) -> bool:
    return session.phase is Phase.OPEN and session.endpoint_inside


def later(start: time, minutes: int) -> time:
    return (datetime.combine(DAY, start) + timedelta(minutes=minutes)).time()
