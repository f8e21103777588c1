"""A vmrd with both adapters, each asking a booking system of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse

from tests.adapters.upstreams import BVLS, CLIENT, CLIENT_SECRET, VISIT, FakeSystem, fake_system
from tests.web.house import KEY, House, house
from vmrd.lifecycle.session import Session
from vmrd.store.base import BookingRecord

Json = dict[str, Any]

SECRET, FORMER_SECRET, VISITS_SECRET = (f"canary-secret-of-the-{who}" for who in ("queue", "former-queue", "visits"))
DPS_ROOM = "a4fe3fef-34fd-4354-8dea-12efe0000001"
TOPIC = "arn:aws:sns:eu-west-2:000000000000:domain-events"
BVLS_PATH = "/video-link-booking/id/184233"
VISIT_PATH = "/official-visit/prison/MDI/id/77"


def video_booking(what: str = "created", number: object = 184233) -> Json:
    return {
        "eventType": f"book-a-video-link.video-booking.{what}",
        "additionalInformation": {"videoBookingId": number},
        "version": "1",
        "description": "Canary description",
        "occurredAt": "2026-11-02T09:14:23",
    }


def official_visit(what: str = "visit.created", number: object = 77, prison: object = "MDI") -> Json:
    return {
        "eventType": f"official-visits-api.{what}",
        "additionalInformation": {"officialVisitId": number, "prisonId": prison, "source": "DPS", "username": "X"},
        "personReference": {"identifiers": [{"type": "NOMS", "value": "A1234AA"}]},
        "version": 1,
        "occurredAt": "2026-11-01T08:00:01",
    }


def enveloped(event: Json, message: str = "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324") -> Json:
    return {
        "Type": "Notification",
        "MessageId": message,
        "TopicArn": TOPIC,
        "Message": json.dumps(event),
        "Timestamp": "2026-11-02T09:14:23.000Z",
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": "https://sns.eu-west-2.amazonaws.com/x.pem",
        "UnsubscribeURL": "https://sns.eu-west-2.amazonaws.com/?Action=Unsubscribe",
        "MessageAttributes": {"eventType": {"Type": "String", "Value": event["eventType"]}},
    }


@dataclass
class Estate:
    """`home`: the web side of vmrd; each booking system holds its sample booking."""

    home: House
    bvls: FakeSystem
    visits: FakeSystem
    _sent: list[str] = field(default_factory=list)

    async def tell(
        self, event: Json | bytes, *, name: str = "bvls", secret: str | None = None, message: str | None = None
    ) -> ClientResponse:
        """Send an event as its queue would, under a message id of its own unless one is given."""
        self._sent.append("")
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        headers = {
            "Authorization": f"Bearer {secret or (SECRET if name == 'bvls' else VISITS_SECRET)}",
            "X-Amz-Sns-Message-Id": message or f"message-{len(self._sent)}",
        }
        return await self.home.client.post(f"/v1/adapters/{name}/events", data=body, headers=headers)

    async def outcome(self, event: Json | bytes, **how: Any) -> Json:
        """What became of an event that was answered 202."""
        answer = await self.tell(event, **how)
        assert answer.status == 202, await answer.text()
        found: Json = await answer.json()
        return found

    async def taken(self, event: Json, **how: Any) -> Json:
        """The booking's answer to an event that was taken."""
        found = await self.outcome(event, **how)
        assert found["outcome"] == "taken", found
        booking: Json = found["booking"]
        return booking

    async def changed(self, held: Json, what: str = "amended") -> Json:
        """BVLS holds this now, and says so."""
        self.bvls.held[BVLS_PATH] = held
        return await self.taken(video_booking(what))

    async def visited(self, held: Json, what: str = "visit.updated") -> Json:
        """Official Visits holds this now, and says so."""
        self.visits.held[VISIT_PATH] = held
        return await self.taken(official_visit(what), name="official-visits")

    async def record(self, booking: str) -> BookingRecord | None:
        return await self.home.store.read(lambda rx: rx.booking(booking))

    async def sessions(self, booking: str = "bvls:184233") -> dict[str, Session]:
        """The booking's sessions by segment."""
        record = await self.record(booking)
        assert record is not None
        return {segment.key: await self.home.session(segment.session_id) for segment in record.segments}


def adapters(bvls: FakeSystem, visits: FakeSystem) -> Json:
    def access(system: FakeSystem, sender: str, secret: str) -> Json:
        return {
            "system": sender,
            "base_url": system.url,
            "token_url": f"{system.url}/auth/oauth/token",
            "client_id": CLIENT,
            "client_secret": CLIENT_SECRET,
            "secret": secret,
        }

    return {
        "bvls": {**access(bvls, "bvls", SECRET), "former_secret": FORMER_SECRET, "topic": TOPIC},
        "official_visits": access(visits, "visits", VISITS_SECRET),
    }


UPSTREAM = {"authority": "upstream", "distributor": True}


def senders() -> list[Json]:
    visits = "whsec_" + base64.b64encode(b"the key of official visits").decode()
    return [
        {"system": "bvls", "secrets": [KEY], "establishments": ["MDI", "HII"], **UPSTREAM},
        {"system": "visits", "secrets": [visits], "establishments": ["MDI"], **UPSTREAM},
    ]


ESTABLISHMENTS = [
    {
        "code": code,
        "name": name,
        "rooms": [
            {
                "key": f"{code}-VCC-1",
                "name": "Video room 1",
                "dps_location_id": DPS_ROOM if code == "MDI" else None,
                "address": f"room1-{code.lower()}@rooms.example.org",
            }
        ],
    }
    for code, name in (("MDI", "Moorland"), ("HII", "Hindley"), ("BAI", "Belmarsh"))
]


@asynccontextmanager
async def estate(folder: Path) -> AsyncIterator[Estate]:
    async with fake_system() as bvls, fake_system() as visits:
        bvls.held[BVLS_PATH] = BVLS
        visits.held[VISIT_PATH] = VISIT
        config = {"adapters": adapters(bvls, visits), "senders": senders(), "establishments": ESTABLISHMENTS}
        async with house(folder, **config) as home:
            for adapter in home.deps.adapters.values():
                adapter.upstream.pause = 0.0
            yield Estate(home, bvls, visits)
