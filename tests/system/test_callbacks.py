"""What a booking system is told: signed, thin, once for each fact, again until it takes it, and never with a name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pytest
from prometheus_client import generate_latest
from standardwebhooks.webhooks import Webhook
from typer.testing import CliRunner

from benchmarks.samples import plan
from tests.databases import new_database
from vmrd.cli import app
from vmrd.clock import SystemClock
from vmrd.dispatcher import Dispatcher
from vmrd.engine import Engine
from vmrd.lifecycle.commands import Lane, Tell
from vmrd.lifecycle.identity import IdProfile
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Knock, Leg, Outcome, Session
from vmrd.lifecycle.words import Control, Document, Kind, KnockState, Phase, Result, Role, Where
from vmrd.metrics import Metrics
from vmrd.notify import Notifier, Target, WayIn
from vmrd.poster import Forbidden, Reply
from vmrd.store.base import BookingRecord, OutboxItem, Segment
from vmrd.store.delivery import Delivery, DeliveryState
from vmrd.store.secrets import derive_keys
from vmrd.store.sql import SqlStore
from vmrd.store.sqlite import connect

pytestmark = pytest.mark.asyncio

T = TypeVar("T")

SECRET = "whsec_c2FtcGxlLXNpZ25pbmcta2V5LW9mLWEtdGVzdA=="
NEWER = "whsec_YW5vdGhlci1zaWduaW5nLWtleS1vZi1hLXRlc3Q="
URL = "https://bookings.example.org/vmrd"
KEY = b"k" * 32
HOUR = 3_600_000
CONFIG = Path(__file__).parents[2] / "config" / "minimal.toml"


class Receiver:
    """A booking system's end. Without an answer left it takes everything."""

    def __init__(self, *answers: int | Reply | OSError) -> None:
        self.answers = list(answers)
        self.got: list[tuple[bytes, Mapping[str, str]]] = []

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        assert url == URL
        self.got.append((body, headers))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, OSError):
            raise answer
        return answer if isinstance(answer, Reply) else Reply(answer)


@dataclass(slots=True)
class Hands:
    """A clock that stands where it is put."""

    at: int = 1_790_000_000_000
    patience: float = 0.005
    rate: float = 1.0

    def now(self) -> int:
        return self.at

    def seconds_until(self, instant: int) -> float:
        return self.patience


@dataclass(slots=True)
class Desk:
    """One booked session, `s1`, whose booking system is told by a dispatcher that runs."""

    path: Path
    receiver: Receiver
    clock: Hands = field(default_factory=Hands)
    metrics: Metrics = field(default_factory=Metrics)
    distributor: bool = False
    wanted: bool = True
    secrets: tuple[str, ...] = (SECRET,)
    documents: IdProfile = field(default_factory=IdProfile)
    _store: SqlStore | None = None

    @property
    def store(self) -> SqlStore:
        assert self._store is not None
        return self._store

    @property
    def notifier(self) -> Notifier:
        senders = {"desk": Target("desk", URL, self.secrets, self.distributor)} if self.wanted else {}

        def way_in(session: Session) -> WayIn:
            return WayIn(f"join/{session.alias}", f"{session.alias}@meet.example.org", self.documents)

        return Notifier(self.store, self.clock, self.metrics, self.receiver, senders.get, way_in)

    @asynccontextmanager
    async def booked(self, *, works: bool = True) -> AsyncIterator[Engine]:
        """Plan the session a good while ahead, so that it has nothing to do but tell; with `works`, tell.

        Booked before, it goes on where it was left.
        """
        new_database(self.path)
        self._store = connect(self.path, derive_keys(KEY))
        engine = Engine(self._store, self.clock, lambda _: Rules(), self.metrics)
        dispatcher = Dispatcher(engine, None, self.notifier, "me")
        now = self.clock.now()
        later = replace(plan("s1", now), starts_at=now + 9_000 * HOUR, ends_at=now + 9_001 * HOUR)
        await engine.submit("s1", later)
        record = BookingRecord("desk:s1", "desk", 1, "d", "active", "MDI", (Segment("main", "s1"),), (), 0)
        await self._store.write(["s1"], lambda tx: tx.put_booking(record))
        running = asyncio.create_task(dispatcher.run()) if works else None
        try:
            yield engine
        finally:
            if running is not None:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running
            await self._store.close()

    async def until(self, found: Callable[[], Awaitable[T | None]]) -> T:
        """What is found, as soon as it is."""
        async with asyncio.timeout(60):
            while True:
                if (value := await found()) is not None:
                    return value
                await asyncio.sleep(0.002)

    async def known(self, holds: Callable[[Delivery], bool]) -> Delivery:
        """The delivery of `session.accepted` once this holds of it."""

        async def look() -> Delivery | None:
            found = await self.store.read(lambda rx: rx.delivery("s1-1"))
            return found if found is not None and holds(found) else None

        return await self.until(look)

    async def waiting(self) -> int:
        return (await self.store.read(lambda rx: rx.outbox_depth()))[Lane.NOTIFY]

    async def said(self, told: str, **changes: Any) -> dict[str, Any]:
        """The body of a callback about the session as it is after these changes."""
        session = await self.store.read(lambda rx: rx.session("s1"))
        assert session is not None
        command = Tell(told, 9)
        item = OutboxItem(1, "s1", "MDI", Lane.NOTIFY, "tell:9", command, self.clock.now(), None, 1)
        await self.notifier.tell(item, replace(session, **changes), command)
        return orjson.loads(self.receiver.got[-1][0])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vmrd.db"


async def test_a_callback_is_signed_as_senders_sign_theirs_and_names_nobody(path: Path) -> None:
    desk = Desk(path, Receiver())
    async with desk.booked():
        await desk.known(lambda found: found.state is DeliveryState.TAKEN)
    ((body, headers),) = desk.receiver.got
    told = Webhook(SECRET).verify(body.decode(), dict(headers))
    assert told["event"] == "session.accepted"
    assert (told["sessionId"], told["bookingId"], told["segment"]) == ("s1", "desk:s1", "main")
    assert set(orjson.loads(body)) == {"event", "sessionId", "bookingId", "segment", "seq", "occurredAt", "phase"}


@pytest.mark.parametrize("known_to_the_receiver", [SECRET, NEWER])
async def test_while_a_key_is_being_changed_either_key_verifies(path: Path, known_to_the_receiver: str) -> None:
    desk = Desk(path, Receiver(), secrets=(NEWER, SECRET))
    async with desk.booked():
        await desk.known(lambda found: found.state is DeliveryState.TAKEN)
    ((body, headers),) = desk.receiver.got
    assert Webhook(known_to_the_receiver).verify(body.decode(), dict(headers))


@pytest.mark.parametrize(
    ("failure", "answer"),
    [(OSError(), "none"), (500, "5xx"), (404, "4xx"), (302, "3xx"), (Forbidden(), "forbidden")],
    ids=str,
)
async def test_it_is_told_again_under_the_same_id_until_it_is_taken(
    path: Path, failure: int | OSError, answer: str
) -> None:
    desk = Desk(path, Receiver(failure, failure))
    async with desk.booked():
        waits = []
        for tries in (1, 2):
            found = await desk.known(lambda each, tries=tries: each.attempts == tries)
            assert (found.state, found.answer, await desk.waiting()) == (DeliveryState.WAITING, answer, 1)
            assert found.next_at is not None
            waits.append(found.next_at - desk.clock.at)
            desk.clock.at = found.next_at
        taken = await desk.known(lambda each: each.state is DeliveryState.TAKEN)
        assert (taken.attempts, taken.answer, taken.next_at, await desk.waiting()) == (3, "2xx", None, 0)
    assert waits[1] > waits[0]
    assert {headers["webhook-id"] for _, headers in desk.receiver.got} == {"s1-1"}
    assert len({orjson.loads(body)["occurredAt"] for body, _ in desk.receiver.got}) == 1


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (Reply(429, "600"), 600_000),
        (Reply(503, "600"), 600_000),
        (Reply(503, "1"), 4_000),  # sooner than we would come anyway
        (Reply(503, "86400"), HOUR),
        (Reply(500, "600"), 4_000),  # no promise of the protocol's
    ],
    ids=str,
)
async def test_a_receiver_that_says_when_to_come_again_is_not_asked_before(path: Path, reply: Reply, wait: int) -> None:
    desk = Desk(path, Receiver(reply))
    async with desk.booked():
        waiting = await desk.known(lambda each: each.attempts == 1)
        assert (waiting.state, waiting.next_at) == (DeliveryState.WAITING, desk.clock.at + wait)
        desk.clock.at += wait
        await desk.known(lambda each: each.state is DeliveryState.TAKEN)


async def test_a_daemon_that_dies_before_it_wrote_down_what_was_taken_tells_again_under_the_same_id(path: Path) -> None:
    heard = asyncio.Event()

    class Hanging(Receiver):
        async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
            await super().__call__(url, body, headers)
            heard.set()
            return await asyncio.Future()

    first, second = Desk(path, Hanging()), Desk(path, Receiver())
    async with first.booked():
        async with asyncio.timeout(60):
            await heard.wait()
    async with second.booked():
        await second.known(lambda found: found.state is DeliveryState.TAKEN)
    (told,), (again,) = first.receiver.got, second.receiver.got
    assert told[0] == again[0]
    assert told[1]["webhook-id"] == again[1]["webhook-id"] == "s1-1"


async def test_a_system_that_wants_to_be_told_nothing_is_told_nothing_and_nothing_is_kept(path: Path) -> None:
    desk = Desk(path, Receiver(), wanted=False)
    async with desk.booked() as engine:

        async def nothing_left() -> bool | None:
            return await desk.waiting() == 0 or None

        await desk.until(nothing_left)
        assert await engine.store.read(lambda rx: rx.deliveries(tuple(DeliveryState), 9)) == []
    assert desk.receiver.got == []


@pytest.mark.parametrize("wanted", [True, False])
async def test_what_nobody_wants_to_be_told_is_not_even_written_down(path: Path, wanted: bool) -> None:
    desk = Desk(path, Receiver(), wanted=wanted)
    async with desk.booked(works=False) as engine:
        engine.tells = desk.notifier.wanted
        await engine.submit("s2", plan("s2", desk.clock.now()))
        waiting = await desk.store.read(lambda rx: rx.outbox("s2"))
    told = [item.command.event for item in waiting if isinstance(item.command, Tell)]
    assert told == (["session.accepted"] if wanted else [])
    assert len(waiting) > len(told)  # what Pexip is asked for is written down whoever wants to be told


async def given_up(desk: Desk) -> None:
    """Fail for a day and a little."""
    waiting = await desk.known(lambda each: each.attempts == 1)
    desk.clock.at = (waiting.next_at or 0) + 24 * HOUR
    await desk.known(lambda each: each.state is DeliveryState.DEAD)


def vmrd(desk: Desk, *arguments: str) -> Any:
    """`vmrd deliveries`, beside the running daemon. Blocks."""
    return CliRunner().invoke(
        app,
        ["deliveries", *arguments],
        env={
            "VMRD_CONFIG": str(CONFIG),
            "VMRD_STORE__PATH": str(desk.path),
            "VMRD_STORE__KEY": KEY.hex(),
            "VMRD_PEXIP__PASSWORD": "sample",
        },
    )


async def test_what_is_not_taken_for_a_day_stays_visible_and_can_be_sent_again(path: Path) -> None:
    desk = Desk(path, Receiver(500, 500))
    async with desk.booked():
        happened = desk.clock.at
        await given_up(desk)
        assert await desk.waiting() == 0
        desk.metrics.dead_deliveries(await desk.store.read(lambda rx: rx.dead_deliveries()))
        assert b"vmrd_dead_deliveries 1.0" in generate_latest(desk.metrics.registry)
        shown = json.loads((await asyncio.to_thread(vmrd, desk, "--failed", "--json")).stdout)["deliveries"]
        assert [(each["id"], each["event"], each["target"]) for each in shown] == [("s1-1", "session.accepted", "desk")]
        assert [(each["state"], each["attempts"], each["answer"]) for each in shown] == [("dead", 2, "5xx")]
        assert "s1-1  session.accepted  desk  dead  2 tries  5xx" in (await asyncio.to_thread(vmrd, desk)).stdout

        replayed = await asyncio.to_thread(vmrd, desk, "replay", "--all-failed")
        assert (replayed.exit_code, replayed.stdout) == (0, "s1-1: to be sent again\n")
        desk.clock.at = SystemClock().now() + HOUR  # the command went by the machine's clock
        taken = await desk.known(lambda each: each.state is DeliveryState.TAKEN)
        assert (taken.attempts, taken.occurred_at) == (3, happened)
        assert (await asyncio.to_thread(vmrd, desk, "--failed")).stdout == "none\n"
        assert (await asyncio.to_thread(vmrd, desk, "replay", "--all-failed")).stdout == "nothing to send again\n"
    assert {headers["webhook-id"] for _, headers in desk.receiver.got} == {"s1-1"}
    assert orjson.loads(desk.receiver.got[0][0]) == orjson.loads(desk.receiver.got[-1][0])


async def test_what_was_taken_can_be_sent_again_by_name_and_a_name_nobody_has_is_said(path: Path) -> None:
    desk = Desk(path, Receiver())
    desk.clock.at = SystemClock().now() + HOUR  # the command goes by the machine's clock: a replay is due at once
    async with desk.booked():
        await desk.known(lambda each: each.state is DeliveryState.TAKEN)
        replayed = await asyncio.to_thread(vmrd, desk, "replay", "s1-1", "s1-99", "--json")
        assert json.loads(replayed.stdout) == {"replayed": ["s1-1"], "unknown": ["s1-99"]}
        assert (replayed.exit_code, replayed.stderr) == (1, "there is no such delivery: s1-99\n")
        await desk.known(lambda each: each.attempts == 2)
    assert len(desk.receiver.got) == 2


@pytest.mark.parametrize("arguments", [["replay"], ["replay", "s1-1", "--all-failed"]])
async def test_a_replay_says_what_it_is_of(path: Path, arguments: list[str]) -> None:
    new_database(path)
    assert (await asyncio.to_thread(vmrd, Desk(path, Receiver()), *arguments)).exit_code == 2


@pytest.mark.parametrize(
    ("distributor", "control", "phase", "told_how"),
    [
        (True, Control.FULL, Phase.READY, True),
        (False, Control.FULL, Phase.READY, False),
        (True, Control.OBSERVE, Phase.READY, False),  # somebody else's room has an owner who says how to join
        (True, Control.FULL, Phase.CANCELLED, False),  # a late try of what is no longer true
    ],
)
async def test_the_way_in_is_told_to_a_distributor_only_and_only_while_there_is_one(
    path: Path, distributor: bool, control: Control, phase: Phase, told_how: bool
) -> None:
    also = IdProfile(also=frozenset({Document.PASSPORT}))
    desk = Desk(path, Receiver(), distributor=distributor, documents=also)
    async with desk.booked(works=False):
        told = await desk.said("session.ready", phase=phase, control=control)
    assert (told["idProfile"]["also"], told["guidanceVersion"]) == (["passport"], "2026-11")
    assert ["headed_letter", "passport"] in told["idProfile"]["anyOf"]
    ways = ("join/qwertyuiopasdf", "qwertyuiopasdf@meet.example.org")
    assert (told.get("link"), told.get("uri")) == (ways if told_how else (None, None))


@pytest.mark.parametrize("distributor", [True, False])
async def test_who_tried_by_telephone_is_told_the_right_link_by_whoever_passes_it_on(
    path: Path, distributor: bool
) -> None:
    desk = Desk(path, Receiver(), distributor=distributor)
    async with desk.booked(works=False):
        told = await desk.said("session.phone_refused", phase=Phase.OPEN)
    ways = {"link": "join/qwertyuiopasdf", "uri": "qwertyuiopasdf@meet.example.org"}
    assert {name: told[name] for name in ways if name in told} == (ways if distributor else {})
    assert "idProfile" not in told


async def test_a_knock_is_told_by_number_and_kind_and_not_by_name(path: Path) -> None:
    desk = Desk(path, Receiver())
    leg = Leg("l1", "ref-1", Kind.BROWSER, True, Role.GUEST, Where.WAITING, True, True, True, False, 0, 0)
    knocks = {"k1": Knock("k1", "l1", 0), "k2": Knock("k2", "l2", 0, KnockState.REFUSED), "k3": Knock("k3", "l3", 0)}
    async with desk.booked(works=False):
        told = await desk.said("session.knock", knocks=knocks, legs={"l1": leg})
    assert told["knocks"] == {"ringing": 2, "kinds": ["browser"]}


async def test_how_it_went_is_told_in_official_visits_words_with_the_minutes_lost(path: Path) -> None:
    desk = Desk(path, Receiver())
    outcome = Outcome(Result.PRISONER_EARLY, True, ("a0",), confirmed_by="k.shah")
    async with desk.booked(works=False):
        told = (await desk.said("session.outcome", phase=Phase.CLOSED, outcome=outcome))["outcome"]
    assert (told["completionReason"], told["prisonerAttendance"], told["confirmedBy"]) == (
        "PRISONER_EARLY",
        "ATTENDED",
        "officer",
    )
    assert {each["attended"] for each in told["attendance"]} <= {"ATTENDED", "ABSENT"}
    assert set(told["actual"]) == {"opened", "locked", "private", "ended"}
    assert told["minutesLost"]["lateOpen"] == 0
    assert b"k.shah" not in desk.receiver.got[0][0]
