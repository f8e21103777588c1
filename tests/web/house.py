"""A whole web side over a real store, with a clock that is moved by hand and a Pexip that is told by the test.

What Pexip shows is fed to the engine as the watcher would feed it; `reads` says whether a live read succeeds.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher
from standardwebhooks.webhooks import Webhook

from tests.databases import new_database
from vmrd.adapters.adapter import adapters
from vmrd.config import Config, from_values, rules_for
from vmrd.engine import Engine
from vmrd.eyes import Eyes
from vmrd.health import Health
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Role as LegRole
from vmrd.lifecycle.words import Where
from vmrd.metrics import Metrics
from vmrd.pexip.reached import Reached
from vmrd.settings import Settings
from vmrd.store.base import Officer, Store
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect
from vmrd.web import signin
from vmrd.web.caller import digest
from vmrd.web.deps import Deps
from vmrd.web.hub import Hub
from vmrd.web.policy_desk import desk
from vmrd.web.reception import make_reception
from vmrd.web.routes import create_app, create_ops_app
from vmrd.web.senders import Senders
from vmrd.web.sink import Sink
from vmrd.web.viewer import Viewer

T = TypeVar("T")
Json = dict[str, Any]

SOON = 60.0
START = int(datetime(2026, 11, 5, 10, 0, tzinfo=UTC).timestamp() * 1_000)
"""When the sample booking's main segment begins (GMT: London and UTC agree)."""
MINUTE = 60_000
KEY = "whsec_" + base64.b64encode(b"the first key of the booking office").decode()
DESK_KEY = "whsec_" + base64.b64encode(b"the key of the prison's own desk").decode()
NEXT_KEY = "whsec_" + base64.b64encode(b"the next key of the booking office!").decode()
TOKEN = "a token of a system that cannot sign at all"
WORKS_TOKEN = "a token of one that tells of rooms and nothing else"
OFFICER, SUPERVISOR, STRANGER, BOOKER, AUDITOR = (
    f"token-of-the-{role}" for role in ("officer", "supervisor", "stranger", "booker", "auditor")
)
CARD = "photo_card"
PASSWORD = "correct horse battery staple"

EVENT: Json = {
    "schema": "session-control/booking-event/1",
    "eventId": "0d3c0b0e-6a0e-4f51-9d8e-0a8c6a3c1c11",
    "eventType": "booking.created",
    "occurredAt": "2026-11-02T09:14:22+00:00",
    "source": {"system": "bvls", "environment": "test", "detailUrl": None},
    "booking": {
        "id": "bvls:184233",
        "version": 3,
        "status": "active",
        "type": "COURT",
        "purpose": "legal_consultation",
        "establishment": {"prisonCode": "MDI"},
        "timezone": "Europe/London",
        "prisoners": [
            {
                "prisonerNumber": "A1234AA",
                "dateOfBirth": "1990-01-31",
                "firstName": "Canary",
                "lastName": "Prisonername",
                "notYetReceived": False,
            }
        ],
        "segments": [
            {
                "key": "pre",
                "kind": "VLB_COURT_PRE",
                "slots": [{"date": "2026-11-05", "start": "09:45", "end": "10:00"}],
                "prisonRoom": {"dpsLocationId": "a4fe3fef-34fd-4354-8dea-12efe0000001", "locationKey": "MDI-VCC-1"},
                "attendeeRefs": ["p1"],
            },
            {
                "key": "main",
                "kind": "VLB_COURT_MAIN",
                "slots": [{"date": "2026-11-05", "start": "10:00", "end": "10:30"}],
                "prisonRoom": {"locationKey": "MDI-VCC-1"},
                "attendeeRefs": ["p1", "p2"],
            },
        ],
        "room": {"source": "managed", "videoLinkUrl": None, "hmctsNumber": None, "guestPin": None},
        "attendees": [
            {
                "ref": "p1",
                "role": "defence",
                "lead": True,
                "name": "Bea Advocate",
                "displayName": "B Advocate",
                "email": "canary.address@example.org",
                "phone": "07700 900123",
            },
            {
                "ref": "p2",
                "role": "interpreter",
                "lead": False,
                "name": "Canary Realname",
                "displayName": "Interpreter 1",
                "protectedIdentity": True,
            },
        ],
        "bookedBy": {"name": "Canary Clerk", "email": "canary.clerk@example.org", "organisation": "Canary Chambers"},
        "case": {"reference": "CANARYCASE1", "hearingDate": "2026-11-20"},
        "declarations": {"screenShare": {"declared": True}},
        "extra": {"unknown": ["to", "us"]},
    },
}


def event(**changes: object) -> Json:
    """The sample event with members of its booking changed; `eventType` too, if given."""
    changed = deepcopy(EVENT)
    changed["eventType"] = changes.pop("eventType", changed["eventType"])
    changed["booking"].update(changes)
    return changed


@dataclass
class HandClock:
    """Business time, moved by the test."""

    at: int = START - 60 * MINUTE
    patience: float = 0.01
    rate: float = 1.0

    def now(self) -> int:
        return self.at

    def seconds_until(self, instant: int) -> float:
        return min(max((instant - self.at) / 1_000, 0.0), self.patience)


def leg(
    name: str,
    where: Where = Where.INSIDE,
    *,
    id: str | None = None,
    role: LegRole = LegRole.GUEST,
    protocol: i.Protocol = i.Protocol.WEB,
    address: str = "",
    media: bool = True,
    call_tag: str = "",
) -> i.Sighting:
    """Somebody with a camera in a browser, unless told otherwise."""
    inside = where is Where.INSIDE and media
    return i.Sighting(
        leg=id or f"leg-{name}",
        name=name,
        address=address,
        protocol=protocol,
        dialled_out=False,
        role=role,
        where=where,
        has_media=inside,
        has_video=inside and not address,
        audio_only=bool(address),
        streaming=False,
        encrypted=True,
        presenting=False,
        call_tag=call_tag,
        vendor="Mozilla/5.0 Chrome/130",
    )


ROOM = leg("MDI video 1", id="leg-room", role=LegRole.HOST, protocol=i.Protocol.SIP)


@dataclass
class Pexip:
    """What health is told of the platform and of our own loops."""

    management: Reached
    outcome: str = "ok"
    nodes_away: int = 0
    unwatched: int = 0
    loops: bool = True
    asked: int = 0

    async def answer(self) -> None:
        self.asked += 1
        self.management.told("nodes", self.outcome, 0.1)


@dataclass
class House:
    """The web side of one vmrd, and hands to move what surrounds it."""

    clock: HandClock
    store: Store
    engine: Engine
    eyes: Eyes
    deps: Deps
    client: TestClient[Any, Any]
    ops: TestClient[Any, Any]
    monotonic: list[float]
    pexip: Pexip
    health: Health
    reads: bool = True
    _numbers: dict[str, int] = field(default_factory=dict)

    async def deliver(
        self, body: Json | bytes, message: str = "msg-1", key: str = KEY, *, at: datetime | None = None
    ) -> ClientResponse:
        """Send a booking event as its sender would."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        now = at or datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "Webhook-Id": message,
            "Webhook-Timestamp": str(int(now.timestamp())),
            "Webhook-Signature": Webhook(key).sign(message, now, raw.decode()),
        }
        return await self.client.post("/v1/bookings/events", data=raw, headers=headers)

    async def booked(self, **changes: object) -> dict[str, str]:
        """Session ids by segment of a booking that was taken."""
        answer = await self.deliver(event(**changes), message=f"msg-{len(self._numbers)}-{changes.get('version')}")
        assert answer.status == 202, await answer.text()
        return {each["segmentKey"]: each["sessionId"] for each in (await answer.json())["sessionIds"]}

    async def booked_elsewhere(self) -> dict[str, str]:
        """The same of a booking at Hindley, of which the strangers of Moorland are the officers."""
        prisoner = {"prisonerNumber": "B2345BB", "firstName": "Canary", "lastName": "Other", "notYetReceived": False}
        segment = {
            "key": "main",
            "kind": "VLB_COURT_MAIN",
            "slots": [{"date": "2026-11-05", "start": "10:00", "end": "10:30"}],
            "prisonRoom": {"locationKey": "HII-VCC-1"},
            "attendeeRefs": ["p1"],
        }
        place = {"prisonCode": "HII"}
        return await self.booked(id="bvls:9", establishment=place, segments=[segment], prisoners=[prisoner], version=1)

    async def get(self, path: str, token: str = OFFICER, **headers: str) -> ClientResponse:
        return await self.client.get(path, headers={"Authorization": f"Bearer {token}", **headers})

    async def view(self, session: str) -> Json:
        answer = await self.get(f"/v1/sessions/{session}")
        assert answer.status == 200
        found: Json = await answer.json()
        return found

    async def press(
        self, session: str, action: str, body: Json | None = None, token: str = OFFICER, **headers: str
    ) -> ClientResponse:
        return await self.client.post(
            f"/v1/sessions/{session}/{action}", json=body, headers={"Authorization": f"Bearer {token}", **headers}
        )

    async def pressed(self, session: str, action: str, body: Json | None = None) -> Json:
        """The view after a press that was taken."""
        answer = await self.press(session, action, body)
        assert answer.status == 202, await answer.text()
        view: Json = await answer.json()
        return view

    async def tell(self, session: str, *given: i.Input) -> None:
        for each in given:
            await self.engine.submit(session, each)

    async def shows(self, session: str, *legs: i.Sighting, started: bool = True, locked: bool = False) -> None:
        """Pexip shows these legs, and a read of it was committed."""
        number = self._numbers[session] = self._numbers.get(session, 0) + 1
        order = i.Order(1, number)
        await self.tell(session, i.RosterSeen(order, i.Source.STREAM, legs, locked, started, recording=False))
        self.eyes.saw(session, self.monotonic[0])

    async def ready(self, **changes: object) -> str:
        """The main session of a booking, ready to be opened, at its start."""
        session = (await self.booked(**changes))["main"]
        self.clock.at = START
        await self.tell(session, i.WakeUp(), i.VmrEnsured(1), i.AliasProbed(1, 2, 2))
        self.eyes.attach(session, lambda: self._read(session))
        return session

    async def opened(self, *people: i.Sighting) -> str:
        """A main session that is open, with the prison room and these people inside."""
        session = await self.ready()
        await self.shows(session, *(leg(p.name, Where.WAITING, id=p.leg) for p in people), started=False)
        await self.pressed(session, "open")
        await self.shows(session, *people, started=True)
        await self.tell(session, i.RoomCalled(ROOM.leg))
        await self.shows(session, ROOM, *people)
        return session

    async def secured(self, advocate: i.Sighting) -> str:
        """The same with this person checked and the room locked, so that the light burns."""
        session = await self.opened(advocate)
        await self.pressed(session, "check", {"participant": advocate.leg, "attendee": "p1", "documents": [CARD]})
        await self.pressed(session, "waive", {"attendee": "p2"})
        await self.pressed(session, "lock")
        await self.shows(session, ROOM, advocate, locked=True)
        return session

    async def session(self, session: str) -> Session:
        found = await self.store.read(lambda rx: rx.session(session))
        assert found is not None
        return found

    async def _read(self, session: str) -> bool:
        if self.reads:
            self.eyes.saw(session, self.monotonic[0])
        return self.reads


FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Passwords are slow on purpose; not in tests."""


@cache
def _hashed() -> str:
    return FAST.hash(PASSWORD)


def configuration(folder: Path, **changes: object) -> Config:
    values: Json = {
        "pexip": {
            "management": "https://pexip.example.org",
            "nodes": ["https://node.example.org"],
            "password": "pexip-password-canary",
            "domain": "meet.example.org",
            "web_join": "https://join.example.org/{alias}",
        },
        "store": {"path": folder / "vmrd.db", "key": "11" * 32},
        "senders": [
            {
                "system": "bvls",
                "secrets": [NEXT_KEY, KEY],
                "establishments": ["MDI", "HII"],
                "authority": "upstream",
                "distributor": True,
            },
            {"system": "desk", "secrets": [DESK_KEY], "establishments": ["MDI"], "authority": "vmrd"},
            {"system": "plain", "token": TOKEN, "establishments": ["MDI"], "authority": "upstream"},
            {"system": "works", "token": WORKS_TOKEN, "event_types": ["room.out_of_use", "room.restored"]},
            {
                "system": "other",
                "secrets": ["whsec_" + base64.b64encode(b"the key of somebody else").decode()],
            },
        ],
        "sink": {"user": "pexip", "password": "sink-password-canary"},
        "policy": {"user": "pexip", "password": "policy-password-canary"},
        "directory": {
            "escalation": {"email": "works@example.org"},
            "establishment": [
                {
                    "code": "MDI",
                    "name": "Moorland",
                    "kinds": ["young-offenders"],
                    "video": "installing",
                    "contacts": [
                        {"telephone": "01632 960110", "hours": "am", "extension": "12"},
                        {"email": "desk@example.org", "parties": ["legal"]},
                    ],
                    "spoc": {"email": "visits@example.org"},
                }
            ],
        },
        "establishments": [
            {
                "code": "MDI",
                "name": "Moorland",
                "questions": [{"key": "papers", "text": "Who brings papers to the gate?"}],
                "rooms": [
                    {"key": "MDI-VCC-1", "name": "Video room 1", "address": "room1@mdi.example.org"},
                    {"key": "MDI-VCC-2", "name": "Video room 2"},
                ],
            },
            {"code": "HII", "name": "Hindley", "rooms": [{"key": "HII-VCC-1", "name": "Video room 1"}]},
            {"code": "BAI", "name": "Belmarsh", "rooms": [{"key": "BAI-VCC-1", "name": "Video room 1"}]},
        ],
        **changes,
    }
    return from_values(values)


@asynccontextmanager
async def house(folder: Path, **changes: object) -> AsyncIterator[House]:
    """Everything built as the daemon builds it, over a database in this folder."""
    config = configuration(folder, **changes)
    new_database(config.store.path)
    store = connect(config.store.path, derive_keys(bytes.fromhex(config.store.key.get_secret_value())))
    clock, monotonic, metrics = HandClock(), [1_000.0], Metrics()
    engine = Engine(store, clock, cache(lambda code: rules_for(config, code)), metrics)
    eyes = Eyes(clock, lambda: monotonic[0])
    settings = Settings(config)
    viewer = Viewer(engine, eyes, settings)
    hub = Hub(store, viewer, metrics)
    asked = desk(engine, config)
    engine.listeners.extend([hub.heard, asked.door.table.heard])
    reception = make_reception(config, store, metrics)
    reception.passwords._hasher = FAST
    pexip = Pexip(Reached(metrics.pexip))
    health = Health(
        store=store,
        clock=clock,
        eyes=eyes,
        rules=engine.rules,
        metrics=metrics,
        asked=pexip.management,
        ask=pexip.answer,
        nodes=lambda: (2, pexip.nodes_away),
        alive=lambda: pexip.loops,
        present=config.store.path.exists,
        unwatched=lambda: pexip.unwatched,
    )
    deps = Deps(
        engine=engine,
        store=store,
        eyes=eyes,
        settings=settings,
        metrics=metrics,
        viewer=viewer,
        hub=hub,
        sink=Sink(engine, eyes, metrics),
        policy=asked,
        senders=Senders(config.senders),
        adapters=adapters(settings),
        reception=reception,
        demo_code=signin.demo_code(config),
    )
    hashed = _hashed()
    accounts = [
        Officer("k.shah", "officer", ("MDI",), hashed, digest(OFFICER)),
        Officer("s.upervisor", "supervisor", ("MDI",), None, digest(SUPERVISOR)),
        Officer("s.tranger", "officer", ("HII",), None, digest(STRANGER)),
        Officer("b.ooker", "booker", ("MDI",), None, digest(BOOKER)),
        Officer("a.uditor", "auditor", (), None, digest(AUDITOR)),
    ]
    for account in accounts:
        await store.write([], lambda tx, account=account: tx.put_officer(account))  # type: ignore[misc]
    async with (
        TestClient(TestServer(create_app(deps))) as client,
        TestClient(TestServer(create_ops_app(deps, health))) as ops,
    ):
        yield House(clock, store, engine, eyes, deps, client, ops, monotonic, pexip, health)
    await store.close()


async def soon(awaitable: Awaitable[T]) -> T:
    """Wait for something that happens at once unless it never will."""
    async with asyncio.timeout(SOON):
        return await awaitable


async def until(found: Callable[[], Awaitable[T | None]]) -> T:
    """Ask until there is an answer."""
    async with asyncio.timeout(SOON):
        while True:
            answer = await found()
            if answer is not None:
                return answer
            await asyncio.sleep(0)
