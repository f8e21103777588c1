"""The booking systems' end: a sign-in server and an API with one booking each, and every way they have to fail."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import hdrs, web
from aiohttp.test_utils import TestServer

Json = dict[str, Any]
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

CLIENT, CLIENT_SECRET = "vmrd client", "canary/client:secret"

BVLS: Json = {
    "videoLinkBookingId": 184233,
    "statusCode": "ACTIVE",
    "bookingType": "COURT",
    "prisonAppointments": [
        {
            "prisonAppointmentId": number,
            "prisonCode": "MDI",
            "prisonerNumber": "A1234AA",
            "appointmentType": kind,
            "comments": None,
            "prisonLocKey": "MDI-VCC-1",
            "dpsLocationId": "a4fe3fef-34fd-4354-8dea-12efe0000001",
            "appointmentDate": "2026-11-05",
            "startTime": start,
            "endTime": end,
            "timeSlot": "AM",
        }
        for number, kind, start, end in (
            (990, "VLB_COURT_PRE", "09:45", "10:00"),
            (991, "VLB_COURT_MAIN", "10:00", "10:30"),
            (992, "VLB_COURT_POST", "10:30", "10:45"),
        )
    ],
    "courtCode": "DRBYMC",
    "courtDescription": "Derby Justice Centre",
    "courtHearingType": "BAIL",
    "courtHearingTypeDescription": "Bail hearing",
    "videoLinkUrl": "https://court.example.org/hearing",
    "hmctsNumber": None,
    "guestPin": "46385765",
    "createdByPrison": False,
    "createdBy": "canary.clerk@example.org",
    "createdAt": "2026-11-02T09:14:22",
    "amendedBy": None,
    "amendedAt": None,
    "notesForStaff": "Canary note",
    "notesForPrisoners": None,
}

VISIT: Json = {
    "officialVisitId": 77,
    "prisonCode": "MDI",
    "prisonDescription": "Moorland (HMP & YOI)",
    "visitStatus": "SCHEDULED",
    "visitTypeCode": "VIDEO",
    "visitDate": "2026-11-05",
    "startTime": "10:00:00",
    "endTime": "11:00:00",
    "dpsLocationId": "a4fe3fef-34fd-4354-8dea-12efe0000001",
    "locationDescription": "Video room 1",
    "visitSlotId": 5,
    "staffNotes": None,
    "prisonerNotes": None,
    "visitorConcernNotes": "Canary concern",
    "completionCode": None,
    "createdTime": "2026-11-01T08:00:00",
    "createdBy": "CANARY_USER",
    "updatedTime": None,
    "officialVisitors": [
        {
            "visitorTypeCode": "CONTACT",
            "firstName": "Bea",
            "lastName": "Canarysolicitor",
            "contactId": 4001,
            "officialVisitorId": 31,
            "relationshipTypeCode": "OFFICIAL",
            "relationshipCode": "SOL",
            "leadVisitor": True,
            "assistedVisit": False,
            "visitorEquipment": {"description": "Laptop", "approved": True},
        },
        {
            "visitorTypeCode": "CONTACT",
            "firstName": "Cyr",
            "lastName": "Interp",
            "contactId": 4002,
            "officialVisitorId": 32,
            "relationshipTypeCode": "OFFICIAL",
            "relationshipCode": "INT",
            "leadVisitor": False,
            "assistedVisit": True,
        },
    ],
    "prisoner": {"prisonerNumber": "A1234AA", "prisonCode": "MDI", "firstName": "Canary", "lastName": "Prisonername"},
}


def booking(**changes: object) -> Json:
    return {**deepcopy(BVLS), **changes}


def visit(**changes: object) -> Json:
    return {**deepcopy(VISIT), **changes}


def moved(given: Json, kind: str, start: str, end: str, *, amended: str) -> Json:
    """A BVLS booking amended as BVLS does it: every appointment is made anew under another number."""
    changed = {**deepcopy(given), "amendedAt": amended, "amendedBy": "x"}
    for appointment in changed["prisonAppointments"]:
        appointment["prisonAppointmentId"] += 1_000
        if appointment["appointmentType"] == kind:
            appointment.update(startTime=start, endTime=end)
    return changed


@dataclass
class FakeSystem:
    """One booking system. `faults` are met first, one request each; then `held` is shown by path."""

    held: dict[str, Json] = field(default_factory=dict)
    faults: list[Answer] = field(default_factory=list)
    sign_in_faults: list[Answer] = field(default_factory=list)
    expires_in: float = 3600
    tokens: int = 0
    reads: int = 0
    asked: list[str] = field(default_factory=list)
    confirmed: list[tuple[str, Json]] = field(default_factory=list)
    url: str = ""

    @property
    def token(self) -> str:
        return f"canary-token-{self.tokens}"

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        kind, _, given = request.headers["Authorization"].partition(" ")
        user, _, password = b64decode(given).decode().partition(":")
        assert (kind, unquote(user), unquote(password)) == ("Basic", CLIENT, CLIENT_SECRET)
        assert dict(await request.post()) == {"grant_type": "client_credentials"}
        if self.sign_in_faults:
            return await self.sign_in_faults.pop(0)(request)
        self.tokens += 1
        return web.json_response({"access_token": self.token, "token_type": "bearer", "expires_in": self.expires_in})

    async def confirm(self, request: web.Request) -> web.StreamResponse:
        """As SNS would, were it here."""
        assert hdrs.AUTHORIZATION not in request.headers
        self.confirmed.append((request.match_info["service"], dict(request.query)))
        return web.Response(text="<ConfirmSubscriptionResponse/>", content_type="text/xml")

    async def read(self, request: web.Request) -> web.StreamResponse:
        self.reads += 1
        self.asked.append(request.path)
        if self.faults:
            return await self.faults.pop(0)(request)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.Response(status=401)
        held = self.held.get(request.path)
        return web.Response(status=404) if held is None else web.json_response(held)


def status(code: int, **headers: str) -> Answer:
    """An answer that repeats what it should not."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=code, text=json.dumps({"developerMessage": "Canary Prisonername"}), headers=headers)

    return answer


def said(body: str, content_type: str = "application/json") -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(text=body, content_type=content_type)

    return answer


async def silence(request: web.Request) -> web.StreamResponse:
    """Takes the request and says nothing until the caller gives up."""
    await asyncio.Event().wait()
    raise AssertionError


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@asynccontextmanager
async def fake_system() -> AsyncIterator[FakeSystem]:
    system = FakeSystem()
    app = web.Application()
    app.router.add_post("/auth/oauth/token", system.sign_in)
    app.router.add_get("/sns/{service:.*}", system.confirm)
    app.router.add_get("/{path:.*}", system.read)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TestServer(app, shutdown_timeout=0.1))
        system.url = str(server.make_url("")).rstrip("/")
        yield system
