"""Sends events to a whole web side and says of each answer whether it may be.

| answer     | must be                                                                                                |
|------------|--------------------------------------------------------------------------------------------------------|
| 2xx        | its booking is there whole: every session, folded from its journal, is what stands, and holds its room |
| 403        | as below, but that it was sent is kept, once, and nothing else                                         |
| other 4xx  | a problem with pointers that repeats nothing of what was sent; the database is as it was, to the byte  |
| other      | never                                                                                                  |

At the end of a run every session is looked at again, and the whole journal verifies.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson
from aiohttp import ClientResponse

from tests.fuzz.events import CANARY, Sent
from tests.web.house import House, Json
from vmrd.lifecycle.evolve import fold
from vmrd.lifecycle.words import OVER
from vmrd.store.base import Rx, SessionFilter
from vmrd.store.journal import verify
from vmrd.store.secrets import derive_keys

_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_PROBLEM = "application/problem+json"
_DECIDES = "desk:"
"""Bookings of vmrd's own desk hold their rooms; what another system has allocated twice is only shown."""


@dataclass(slots=True)
class Account:
    """What became of the events: how often each status was answered, and every answer that may not be."""

    answered: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


class Judged:
    """A house under fire."""

    def __init__(self, home: House, account: Account) -> None:
        self._home = home
        self._account = account
        self._number = 0
        self._look = sqlite3.connect(home.deps.config.store.path, isolation_level=None)

    def close(self) -> None:
        self._look.close()

    async def take(self, sent: Sent) -> None:
        """Post one event and note what may not be."""
        self._number += 1
        before, refusals, rest = self._commits(), self._refusals(), self._rest()
        answer = await post(self._home, sent, f"msg-{self._number}")
        self._account.answered[answer.status] += 1
        body = await answer.read()
        changed = self._commits() != before
        if answer.status == 403:
            changed = self._refusals() != refusals + 1 or self._rest() != rest
        for fault in [*_faults(answer, body, sent, changed=changed), *await self._half(answer, body)]:
            self._account.broken.append(f"{fault}: {answer.status} {body[:300]!r} to {sent.body[:2_000]!r}")

    async def finish(self) -> None:
        """Look at everything that stands, and at the journal."""
        self._account.broken += await self._home.store.read(_standing)
        config = self._home.deps.config
        keys = derive_keys(bytes.fromhex(config.store.key.get_secret_value()))
        self._account.broken += [f"{fault.where}: {fault.what}" for fault in verify(self._look, keys.seal)]

    def _commits(self) -> int:
        """Changes whenever anybody commits to the database."""
        found: int = self._look.execute("PRAGMA data_version").fetchone()[0]
        return found

    def _refusals(self) -> int:
        """How many events were kept as such that their senders may not send."""
        found: int = self._look.execute("SELECT coalesce(sum(times), 0) FROM refusal").fetchone()[0]
        return found

    def _rest(self) -> tuple[int, int, int]:
        """Grows with whatever else an event may leave: sealed facts, a booking, a receipt."""
        facts = "SELECT rows FROM seal_head"
        counted = f"SELECT ({facts}), (SELECT count(*) FROM booking), (SELECT count(*) FROM receipt)"
        found: tuple[int, int, int] = self._look.execute(counted).fetchone()
        return found

    async def _half(self, answer: ClientResponse, body: bytes) -> list[str]:
        told: Json = orjson.loads(body) if answer.status in (200, 202) else {}
        if "bookingId" not in told:
            return []
        booking = told["bookingId"]
        return await self._home.store.read(lambda rx: list(_incomplete(rx, booking)))


def _incomplete(rx: Rx, booking: str) -> Iterator[str]:
    record = rx.booking(booking)
    if record is None:
        yield "a booking that was taken is not there"
        return
    for segment in record.segments:
        session = rx.session(segment.session_id)
        if session is None or session.booking_id != booking:
            yield "a segment without its session"
        elif session.phase not in OVER and booking.startswith(_DECIDES):
            room = f"{session.establishment}/{session.room}"
            held = [each.session_id for each in rx.claims("room", room, session.starts_at, session.ends_at)]
            if held != [session.id]:
                yield "a session that does not hold its room alone"
    strays = {each.id for each in rx.sessions(SessionFilter(booking_id=booking)) if each.phase not in OVER}
    if strays - {segment.session_id for segment in record.segments}:
        yield "a session that stands and is none of its booking's"


def _standing(rx: Rx) -> list[str]:
    faults = []
    for session in rx.sessions(SessionFilter()):
        if fold(rx.facts(session.id)) != session:
            faults.append(f"session {session.id} is not what its journal says")
        if rx.booking(session.booking_id) is None:
            faults.append(f"session {session.id} has no booking")
    return faults


def _faults(answer: ClientResponse, body: bytes, sent: Sent, *, changed: bool) -> Iterator[str]:
    if answer.status in (200, 202):
        return
    if not 400 <= answer.status < 500:
        yield "neither taken nor refused"
        return
    if changed:
        yield "refused, and something was written"
    if CANARY.lower().encode() in body.lower():
        yield "what was sent is repeated"
    if answer.content_type != _PROBLEM:
        yield "no problem document"
        return
    problem = orjson.loads(body)
    if not {"type", "title", "status", "detail"} <= problem.keys() or problem["status"] != answer.status:
        yield "half a problem document"
    if answer.status == 422 and not problem.get("errors"):
        yield "a refusal that does not say what is wrong"
    if any(not _POINTER.fullmatch(error["pointer"]) for error in problem.get("errors", ())):
        yield "no JSON pointer"
    if sent.valid and answer.status in (400, 401, 413, 415):
        yield "a valid event is unreadable"


async def post(home: House, sent: Sent, message: str) -> ClientResponse:
    """Sign the very bytes, whatever they are, and post them."""
    at = str(int(time.time()))
    key = base64.b64decode(sent.key.removeprefix("whsec_"))
    signature = hmac.digest(key, f"{message}.{at}.".encode() + sent.body, hashlib.sha256)
    headers = {
        "Content-Type": "application/json",
        "Webhook-Id": message,
        "Webhook-Timestamp": at,
        "Webhook-Signature": f"v1,{base64.b64encode(signature).decode()}",
    }
    return await home.client.post("/v1/bookings/events", data=io.BytesIO(sent.body), headers=headers)
