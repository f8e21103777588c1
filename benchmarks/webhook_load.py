"""Booking events as a booking system sends them, and a client that spends as little as it can on sending them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from uuid import UUID

from benchmarks.bench import Sample
from benchmarks.mock_wire import cpu_of

SECRET = "whsec_" + base64.b64encode(b"a key of thirty-two plain bytes!").decode()
ROOMS = 64
_KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
_PATH = "/v1/bookings/events"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SLOTS = [f"{hour:02}:{minute:02}" for hour in range(9, 17) for minute in (0, 30)]
_BODY = """{"schema":"session-control/booking-event/1","eventId":"%(message)s","eventType":"booking.created",
"occurredAt":"2027-01-02T09:14:22+00:00","source":{"system":"desk","environment":"prod","detailUrl":null},
"booking":{"id":"desk:%(number)d","version":1,"status":"active","type":"OTHER","purpose":"legal_consultation",
"bookedBy":{"name":"A Clerk","email":"a.clerk@justice.gov.uk","organisation":"DRBYMC"},
"case":{"reference":"T20267001","hearingDate":"2027-02-05","details":null},
"establishment":{"prisonCode":"MDI"},"timezone":"Europe/London",
"prisoners":[{"prisonerNumber":"%(prisoner)s","dateOfBirth":"1990-01-31","firstName":"Sam","lastName":"Sample"}],
"segments":[{"key":"main","kind":"VLLA","slots":[{"date":"%(day)s","start":"%(start)s","end":"%(end)s"}],
"prisonRoom":{"locationKey":"VCC-%(room)d"},"attendeeRefs":["p1","p2"]}],
"room":{"source":"managed","videoLinkUrl":null,"hmctsNumber":null,"guestPin":null},
"attendees":[{"ref":"p1","role":"defence","lead":true,"name":"B Advocate","displayName":"B Advocate",
"email":"b.advocate@example.cjsm.net","phone":null},
{"ref":"p2","role":"interpreter","name":"C Interp","displayName":"C Interp","linkForwardedBy":"p1","vouchedBy":"p1",
"presenceConfirmed":true}],
"declarations":{"screenShare":{"declared":true}},"answers":{}}}"""


def requests() -> Iterator[bytes]:
    """Whole HTTP requests, each a new booking in a room and for a prisoner that are free then; signed as they are made.

    A signature is good for five minutes.
    """
    for number in count():
        slot, room = divmod(number, ROOMS)
        day, at = divmod(slot, len(_SLOTS))
        month, of_month = divmod(day, 28)
        body = (
            _BODY
            % {
                "message": UUID(int=number),
                "number": number,
                "prisoner": _prisoner(number),
                "day": f"20{28 + month // 12}-{month % 12 + 1:02}-{of_month + 1:02}",
                "start": _SLOTS[at],
                "end": f"{_SLOTS[at][:2]}:{int(_SLOTS[at][3:]) + 25:02}",
                "room": room,
            }
        ).encode()
        yield _signed(str(UUID(int=number)), body)


def _prisoner(number: int) -> str:
    letters, digits = divmod(number, 10_000)
    return f"A{digits:04}{_LETTERS[letters // 26 % 26]}{_LETTERS[letters % 26]}"


def _signed(message: str, body: bytes) -> bytes:
    now = int(time.time())
    mac = hmac.digest(_KEY, f"{message}.{now}.".encode() + body, hashlib.sha256)
    head = (
        f"POST {_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Webhook-Id: {message}\r\nWebhook-Timestamp: {now}\r\nWebhook-Signature: v1,{base64.b64encode(mac).decode()}"
        "\r\n\r\n"
    )
    return head.encode() + body


class Caller(asyncio.Protocol):
    """A kept connection that sends one request after another and reads of each answer how it came out and its end."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._got = b""
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, blank, body = self._got.partition(b"\r\n\r\n")
        if blank and len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]):
            answer, self._got = self._got, b""
            assert self._answer is not None
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server hung up"))

    async def call(self, request: bytes) -> None:
        """Send it and wait for its answer, which must say that it was taken."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        answer = await self._answer
        if answer.split(b" ", 2)[1] not in (b"200", b"202"):
            raise AssertionError(answer.decode(errors="replace"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def sample(port: int, pid: int, todo: list[bytes], concurrency: int, into: Sample) -> None:
    """Send all of these at this concurrency; rate, latencies and the server's CPU go into the sample."""
    loop = asyncio.get_running_loop()
    callers = [(await loop.create_connection(Caller, "127.0.0.1", port))[1] for _ in range(min(concurrency, len(todo)))]
    left = iter(todo)

    async def worker(caller: Caller) -> None:
        with suppress(StopIteration):
            while True:
                request = next(left)
                began = time.perf_counter()
                await caller.call(request)
                into.latencies.append((time.perf_counter() - began) * 1e3)

    cpu, began = cpu_of(pid), time.perf_counter()
    await asyncio.gather(*(worker(caller) for caller in callers))
    into.rates.append(len(todo) / (time.perf_counter() - began))
    into.cpu.append((cpu_of(pid) - cpu) / len(todo) * 1e6)
    for caller in callers:
        caller.close()
