"""What a booking system is told: signed, thin, once for each fact, again until it takes it, and never with a name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from standardwebhooks.webhooks import Webhook

from benchmarks.samples import plan
from vmrd.carry import KeepTrying
from vmrd.clock import SystemClock
from vmrd.engine import Engine
from vmrd.lifecycle.commands import Lane, Tell
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Outcome
from vmrd.lifecycle.words import Phase, Result
from vmrd.metrics import Metrics
from vmrd.notify import Notifier, Target
from vmrd.store.base import BookingRecord, Segment
from vmrd.store.migrate import migrate
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import SqliteStore, connect

SECRET = "whsec_c2FtcGxlLXNpZ25pbmcta2V5LW9mLWEtdGVzdA=="


class Receiver:
    """A booking system's end."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)
        self.got: list[tuple[bytes, Mapping[str, str]]] = []

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        assert url == "https://bookings.example.org/vmrd"
        self.got.append((body, headers))
        answer = self.answers.pop(0)
        if answer is None:
            raise OSError("nobody there")
        return answer


async def tell(
    store: SqliteStore, receiver: Receiver, *, distributor: bool = False, outcome: Outcome | None = None
) -> None:
    """Plan a booked session, then deliver what it has to tell; with `outcome`, how it went."""
    engine = Engine(store, SystemClock(), lambda _: Rules(), Metrics())
    await engine.submit("s1", plan("s1", engine.clock.now()))
    record = BookingRecord("desk:s1", "desk", 1, "d", "active", "MDI", (Segment("main", "s1"),), (), 0)
    await store.write(["s1"], lambda tx: tx.put_booking(record))
    target = Target("https://bookings.example.org/vmrd", SECRET, distributor)
    notifier = Notifier(
        store, engine.clock, engine.metrics, receiver, {"desk": target}.get, lambda alias: f"join/{alias}"
    )
    items = await store.write([], lambda tx: tx.take("me", engine.clock.now(), 1_000, {Lane.NOTIFY: 9}))
    session = await store.read(lambda rx: rx.session("s1"))
    assert session is not None
    if outcome is not None:
        session = replace(session, phase=Phase.CLOSED, outcome=outcome)
        items = [replace(item, command=Tell("session.outcome", 9)) for item in items]
    for item in items:
        while True:
            try:
                await notifier.tell(item, session)
            except KeepTrying:
                continue
            break


def delivered(tmp_path: Path, receiver: Receiver, **how: Any) -> None:
    migrate(tmp_path / "vmrd.db")

    async def run() -> None:
        store = connect(tmp_path / "vmrd.db", derive_keys(b"k" * 32))
        try:
            await tell(store, receiver, **how)
        finally:
            await store.close()

    asyncio.run(run())


def test_a_callback_is_signed_as_senders_sign_theirs_and_names_nobody(tmp_path: Path) -> None:
    receiver = Receiver(200)
    delivered(tmp_path, receiver)
    ((body, headers),) = receiver.got
    told = Webhook(SECRET).verify(body.decode(), dict(headers))
    assert told["event"] == "session.accepted"
    assert (told["sessionId"], told["bookingId"], told["segment"]) == ("s1", "desk:s1", "main")
    assert set(orjson.loads(body)) == {"event", "sessionId", "bookingId", "segment", "seq", "occurredAt", "phase"}


@pytest.mark.parametrize("failure", [None, 500, 404])
def test_it_is_told_again_under_the_same_id_until_it_is_taken(tmp_path: Path, failure: int | None) -> None:
    receiver = Receiver(failure, failure, 204)
    delivered(tmp_path, receiver)
    assert len(receiver.got) == 3
    assert len({headers["webhook-id"] for _, headers in receiver.got}) == 1


def test_how_it_went_is_told_in_official_visits_words_with_the_minutes_lost(tmp_path: Path) -> None:
    receiver = Receiver(200)
    delivered(tmp_path, receiver, outcome=Outcome(Result.PRISONER_EARLY, True, ("a0",), confirmed_by="k.shah"))
    told = orjson.loads(receiver.got[0][0])["outcome"]
    assert (told["completionReason"], told["prisonerAttendance"], told["confirmedBy"]) == (
        "PRISONER_EARLY",
        "ATTENDED",
        "officer",
    )
    assert {each["attended"] for each in told["attendance"]} <= {"ATTENDED", "ABSENT"}
    assert told["minutesLost"]["lateOpen"] == 0
    assert b"k.shah" not in receiver.got[0][0]
