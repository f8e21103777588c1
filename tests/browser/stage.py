"""Sessions in every state, planted in a real vmrd without a Pexip: the panel's own app, store, engine and hub.

Nothing is set by hand: what Pexip would show is given to the engine as inputs, and officers press in the browser. The
business clock starts at ten in the morning of an ordinary Tuesday and runs as fast as the real one; `advance` moves it.

Eyes are ours: `see` is a successful read, and from then on the light may burn for `EYES` seconds. `watch` keeps
reading, as a watcher would, until `stop_watching`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from aiohttp import web
from argon2 import PasswordHasher

from tests.browser.losable import Losable
from tests.databases import new_database
from vmrd import minting
from vmrd.config import Config, from_values, rules_for
from vmrd.engine import Answer, Applied, Engine, Maker
from vmrd.eyes import Eyes
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.inputs import Order, Protocol, Sighting, Source
from vmrd.lifecycle.rules import MINUTE, SECOND, Rules
from vmrd.lifecycle.session import Attendee, Session
from vmrd.lifecycle.words import (
    AttendeeRole,
    Control,
    Document,
    Observation,
    Purpose,
    Role,
    SegmentKind,
    Where,
)
from vmrd.lifecycle.works import Window
from vmrd.metrics import Metrics
from vmrd.rooms import room_subject
from vmrd.secret_names import PRISONER_NAME, host_pin
from vmrd.settings import Settings
from vmrd.store.base import Claim, Officer, Tx
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect
from vmrd.web.caller import begin
from vmrd.web.deps import Deps
from vmrd.web.hub import Hub
from vmrd.web.policy_desk import desk
from vmrd.web.reception import make_reception
from vmrd.web.routes import create_app
from vmrd.web.senders import Senders
from vmrd.web.sink import Sink
from vmrd.web.viewer import Viewer
from vmrd.works import Saved, save

TEN = 1_777_971_600_000
"""Tuesday 5 May 2026, 10:00:00 in London."""
OFFICER, PASSWORD = "k.shah", "correct horse battery staple"
NUMBER = "+441632960123"
EYES = 8 * SECOND
PRIYA = "Priya Nair"
JAMES = "James Okoro"
LIN = "Lin Wu"


@dataclass(slots=True)
class TestClock:
    """Runs as fast as the real one, from ten o'clock."""

    __test__ = False

    patience = 30.0
    rate = 1.0
    ahead: int = 0
    born: float = field(default_factory=time.monotonic)

    def now(self) -> int:
        return TEN + self.ahead + int((time.monotonic() - self.born) * 1_000)

    def seconds_until(self, instant: int) -> float:
        return max((instant - self.now()) / 1_000, 0.0)


@dataclass(slots=True)
class Room:
    """One session's Pexip: who is there and whether it is locked, shown anew with every change."""

    stage: Stage
    id: str
    who: dict[str, Sighting] = field(default_factory=dict)
    locked: bool = False
    started: bool = False
    number: int = 0

    async def show(self, *sightings: Sighting, locked: bool | None = None, started: bool | None = None) -> None:
        """These people are there as well, or stand elsewhere now."""
        self.who.update({sighting.leg: sighting for sighting in sightings})
        self.locked = self.locked if locked is None else locked
        self.started = self.started if started is None else started
        self.number += 1
        order, people = Order(1, self.number), tuple(self.who.values())
        await self.stage.given(self.id, i.RosterSeen(order, Source.STREAM, people, self.locked, self.started, False))

    async def gone(self, leg: str) -> None:
        self.who.pop(leg)
        await self.show()

    async def session(self) -> Session:
        session = await self.stage.store.read(lambda rx: rx.session(self.id))
        assert session is not None
        return session


@dataclass(slots=True)
class Stage:
    """A vmrd that serves at `url`. `cookie` signs a browser in as the officer."""

    url: str
    clock: TestClock
    engine: Engine
    store: Losable
    eyes: Eyes
    cookie: str
    _watched: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def given(self, session_id: str, given: i.Input | Maker) -> Applied:
        """Something happens; it must be taken."""
        answer: Answer = await self.engine.submit(session_id, given)
        assert isinstance(answer, Applied), answer
        return answer

    async def advance(self, milliseconds: int, *rooms: Room) -> None:
        """Time passes, and these sessions look at the clock."""
        self.clock.ahead += milliseconds
        for room in rooms:
            await self.given(room.id, i.WakeUp())

    async def sign_in(self, name: str, prison: str = "EXI") -> str:
        """The cookie of another officer, of the same prison if no other is named."""
        officer = Officer(name, "officer", (prison,), "no password is asked for", None)
        await self.store.write([], lambda tx: tx.put_officer(officer))
        return (await begin(self.store, officer))[0]

    async def works(self, *windows: Window) -> None:
        """A supervisor has entered these."""
        for window in windows:
            assert isinstance(await save(self.engine, window.id, lambda _, w=window: w, OFFICER, frozenset()), Saved)  # type: ignore[misc]

    async def claim(self, room: Room) -> None:
        """As bookings do: the prison room is this session's while it is booked."""
        session = await room.session()
        held = Claim("room", room_subject("EXI", session.room), session.starts_at, session.ends_at)
        await self.store.write([room.id], lambda tx: tx.claim(room.id, [held]))

    # eyes

    def see(self, room: Room) -> None:
        """The running meeting was read now."""
        self.eyes.saw(room.id, time.monotonic())

    def watch(self, room: Room) -> None:
        """Read it every second from now on, and whenever asked."""

        async def read() -> bool:
            self.see(room)
            return True

        async def keep() -> None:
            while True:
                self.see(room)
                await asyncio.sleep(1.0)

        self.eyes.attach(room.id, read)
        self._watched[room.id] = asyncio.create_task(keep())

    async def stop_watching(self, room: Room) -> None:
        """No read succeeds any more; what was read last is fresh for a while yet."""
        task = self._watched.pop(room.id)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def close(self) -> None:
        for room in list(self._watched):
            task = self._watched.pop(room)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    # sessions, each a step further than the one before

    async def planned(
        self,
        room: str = "1",
        *,
        minutes: int = 5,
        length: int = 30,
        who: Sequence[tuple[str, AttendeeRole]] = ((PRIYA, AttendeeRole.DEFENCE),),
        purpose: Purpose = Purpose.LEGAL_CONSULTATION,
        control: Control = Control.FULL,
        prisoner: str = "A1234BC",
        segment: SegmentKind = SegmentKind.MAIN,
        observation: Observation = Observation.CAMERA,
        needs_approval: bool = False,
        flags: tuple[str, ...] = (),
        booking: str = "",
    ) -> Room:
        """Booked for `minutes` from now. `booking`: of one that has other sessions as well."""
        session_id = minting.session_id()
        start = (self.clock.now() // MINUTE + minutes) * MINUTE

        def plan(ref: object) -> i.Plan:
            assert callable(ref)
            return i.Plan(
                session=session_id,
                booking_id=booking or f"b-{session_id}",
                booking_version=1,
                segment=segment,
                purpose=purpose,
                establishment="EXI",
                room=room,
                room_address=f"room{room}@example.org" if room != "9" else None,
                control=control,
                starts_at=start,
                ends_at=start + length * MINUTE,
                prisoner_ref=ref(prisoner),
                observation=observation,
                alias=minting.alias(),
                needs_approval=needs_approval,
                flags=flags,
                attendees=tuple(
                    Attendee(f"att-{n}", ref(name), role, required=not n, needs_word=role is AttendeeRole.INTERPRETER)
                    for n, (name, role) in enumerate(who)
                ),
            )

        await self.given(session_id, plan)
        secrets = {PRISONER_NAME: b"Sam Sample", host_pin(1): b"48151623"}

        def hide(tx: Tx) -> None:
            for name, value in secrets.items():
                tx.put_secret(session_id, name, value)

        await self.store.write([session_id], hide)
        await self.given(session_id, i.WakeUp())
        return Room(self, session_id)

    async def ready(self, room: str = "1", **booked: object) -> Room:
        """The link works, our control leg is in, nobody waits."""
        planned = await self.planned(room, **booked)  # type: ignore[arg-type]
        await self.given(planned.id, i.VmrEnsured(1))
        if (await planned.session()).control is not Control.FULL:
            return planned
        await self.given(planned.id, i.AliasProbed(1, 2, 2))
        tag = minting.tag()
        await self.given(planned.id, i.ControlTagged(tag))
        await self.given(planned.id, i.ControlTaken(f"own-{room}"))
        await planned.show(own(f"own-{room}", tag))
        return planned

    async def waiting(self, room: str = "1", *others: Sighting, **booked: object) -> Room:
        """The first attendee, and whoever else, are held."""
        ready = await self.ready(room, **booked)
        await ready.show(guest(f"ada-{room}", PRIYA, Where.WAITING), *others)
        return ready

    async def opened(self, room: str = "1", *others: Sighting, **booked: object) -> Room:
        """Open was pressed; the first attendee and the prison room are in; nobody is checked."""
        booked.setdefault("minutes", -3)
        waiting = await self.waiting(room, *others, **booked)
        await self.given(waiting.id, i.Open(OFFICER))
        inside = [inside_now(each) for each in waiting.who.values()]
        await waiting.show(*inside, started=True)
        await self.given(waiting.id, i.RoomCalled(f"codec-{room}"))
        await waiting.show(codec(f"codec-{room}"))
        return waiting

    async def secure(self, room: str = "1", **booked: object) -> Room:
        """Checked and locked; the light burns while it is seen."""
        opened = await self.opened(room, **booked)
        await self.given(opened.id, i.CheckId(f"ada-{room}", "att-0", (Document.PHOTO_CARD,), OFFICER))
        await self.given(opened.id, i.LockRoom(OFFICER))
        await opened.show(locked=True)
        return opened

    async def private(self, room: str = "1", **booked: object) -> Room:
        """The prisoner is in."""
        secure = await self.secure(room, **booked)
        await self.given(secure.id, i.PrisonerIn(OFFICER, eyes_fresh=True))
        return secure


def guest(leg: str, name: str, where: Where = Where.INSIDE, **changes: object) -> Sighting:
    """Somebody in a web browser."""
    usual = Sighting(
        leg=leg,
        name=name,
        address=name,
        protocol=Protocol.WEB,
        dialled_out=False,
        role=Role.GUEST,
        where=where,
        has_media=where is Where.INSIDE,
        has_video=where is Where.INSIDE,
        audio_only=False,
        streaming=False,
        encrypted=True,
        presenting=False,
        call_tag="",
        vendor="Mozilla/5.0 Chrome/131.0",
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def inside_now(held: Sighting) -> Sighting:
    """The same person, let in: a web user sends media from then on."""
    media = held.protocol is Protocol.WEB
    return replace(held, where=Where.INSIDE, has_media=held.has_media or media, has_video=held.has_video or media)


def phone(leg: str, where: Where = Where.WAITING) -> Sighting:
    """A caller whose gateway gives the number as name and address."""
    return guest(
        leg,
        NUMBER,
        where,
        address=f"sip:{NUMBER}@sbc.example.org",
        protocol=Protocol.SIP,
        has_video=False,
        audio_only=True,
        vendor="Session Border Controller",
    )


def codec(leg: str) -> Sighting:
    """The prison room's own endpoint, called by us."""
    return guest(
        leg,
        "Video room",
        address="sip:room@example.org",
        protocol=Protocol.SIP,
        dialled_out=True,
        role=Role.HOST,
        vendor="TANDBERG/529",
    )


def own(leg: str, tag: str) -> Sighting:
    """Our control leg."""
    return guest(
        leg,
        "vmrd",
        protocol=Protocol.CONTROL,
        role=Role.HOST,
        has_media=False,
        has_video=False,
        call_tag=tag,
        vendor="",
    )


@asynccontextmanager
async def staged(
    folder: Path,
    *,
    eyes: int = EYES,
    demo: bool = False,
    port: int = 0,
    sign_in: dict[str, object] | None = None,
    shadow: bool = False,
) -> AsyncIterator[Stage]:
    """A vmrd that serves on this machine, without a Pexip."""
    config = _config(folder, demo=demo, sign_in=sign_in or {}, shadow=shadow)
    new_database(config.store.file)
    store = Losable(connect(config.store.path, derive_keys(bytes(range(32)))))
    clock, metrics = TestClock(), Metrics()

    def rules(code: str) -> Rules:
        return replace(rules_for(config, code), eyes_fresh_for=eyes)

    engine, sight = Engine(store, clock, rules, metrics), Eyes(clock)
    settings = Settings(config)
    viewer = Viewer(engine, sight, settings)
    hub = Hub(store, viewer, metrics)
    engine.listeners.append(hub.heard)
    reception = make_reception(config, store, metrics)
    officer = Officer(OFFICER, "supervisor", ("EXI",), _hashed(), None)
    await store.write([], lambda tx: tx.put_officer(officer))
    sink, senders = Sink(engine, sight, metrics), Senders(())
    code = "0" * 64 if demo else None
    asked = desk(engine, config)
    deps = Deps(engine, store, sight, settings, metrics, viewer, hub, sink, asked, senders, {}, reception, code)
    runner = web.AppRunner(create_app(deps), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    cookie, _ = await begin(store, officer)
    stage = Stage(f"http://127.0.0.1:{runner.addresses[0][1]}", clock, engine, store, sight, cookie)
    try:
        yield stage
    finally:
        await stage.close()
        await runner.cleanup()
        await store.close()


@cache
def _hashed() -> str:
    """Slow on purpose where it is no test."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def _config(folder: Path, *, demo: bool, sign_in: dict[str, object], shadow: bool) -> Config:
    rooms = [{"key": str(n), "name": f"Video room {n}", "address": f"room{n}@example.org"} for n in range(1, 10)]
    return from_values(
        {
            "pexip": {
                "management": "https://manager.example.org",
                "nodes": ["https://node.example.org"],
                "password": "unused",
                "domain": "vc.example.org",
                "web_join": "https://join.example.org/{alias}",
            },
            "store": {"path": folder / "vmrd.db", "key": "5e" * 32},
            "establishments": [{"code": "EXI", "name": "HMP Example", "rooms": rooms}],
            "demo": demo,
            "sign_in": sign_in,
            "shadow": {"enabled": shadow, "match": [{"name": "EXI (?P<room>.)", "establishment": "EXI"}]},
        }
    )
