"""What panels are sent while very much changes: in turns with everybody else, the newest, and the lit rooms first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from tests.web.house import House, leg, soon, until
from vmrd.lifecycle import inputs as i
from vmrd.store.base import Rx, Store, StoreError
from vmrd.web import hub, turns
from vmrd.web.screens import Client

pytestmark = pytest.mark.asyncio

T = TypeVar("T")
ADVOCATE = leg("B Advocate")
ELSEWHERE = {
    "establishment": {"prisonCode": "HII"},
    "prisoners": [{"prisonerNumber": "B1234BB"}],
}


@dataclass
class Gate:
    """The store as the hub alone reads it: it waits while this is shut, and is refused as often as is said."""

    store: Store
    refusals: int = 0
    waits: bool = False
    _opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, query: Callable[[Rx], T]) -> T:
        self.waits = True
        await self._opened.wait()
        self.waits = False
        if self.refusals:
            self.refusals -= 1
            raise StoreError("it is away")
        return await self.store.read(query)

    def open(self) -> None:
        self._opened.set()


async def shut(home: House) -> Gate:
    """From now on the hub reads nothing, and has begun to."""
    gate = Gate(home.store)
    home.deps.hub.store = gate  # type: ignore[assignment]  # only ever read from
    return gate


async def hub_waits(gate: Gate) -> None:
    async def waits() -> bool | None:
        return gate.waits or None

    await until(waits)


@dataclass
class Panel:
    """One that takes all it is sent at once; `seen`: in the order in which it came."""

    seen: list[dict[str, Any]] = field(default_factory=list)
    when: Callable[[], None] = lambda: None

    def write(self, view: bytes) -> bool:
        self.seen.append(json.loads(view))
        self.when()
        return True

    async def connect(self, home: House, establishments: tuple[str, ...] = ()) -> Client:
        client = await soon(home.deps.hub.connect(establishments, self.write))
        client.taken()
        client._idle = True
        return client

    async def sees(self, session: str, version: int) -> None:
        async def seen() -> bool | None:
            return any(view["id"] == session and view["version"] >= version for view in self.seen) or None

        await until(seen)


async def remarked(home: House, session: str, what: str = "a remark") -> int:
    """The session's version once somebody has remarked on it."""
    await home.tell(session, i.Note(what, "k.shah"))
    return (await home.session(session)).version


async def drawn(home: House, panel: Panel, *sessions: str) -> None:
    """Nothing that has happened to these is still to be shown, and the panel forgets that it was."""
    for session in sessions:
        await panel.sees(session, await remarked(home, session, "that is all"))
    panel.seen.clear()


async def test_while_a_change_is_on_its_way_to_many_panels_others_have_their_turn(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = (await home.booked())["main"]
    monkeypatch.setattr(turns, "_TURN", 0.0)  # over at once
    order: list[str] = []

    def asks() -> None:
        order.append("a panel")
        asyncio.get_running_loop().call_soon(order.append, "somebody else")

    panels = [Panel(when=asks) for _ in range(4)]
    for panel in panels:
        await panel.connect(home)
    version = await remarked(home, session)
    for panel in panels:
        await panel.sees(session, version)
    assert order[:7] == [*["a panel", "somebody else"] * 3, "a panel"]


async def test_a_session_that_changes_again_before_its_turn_is_sent_once_as_it_then_is(home: House) -> None:
    sessions = await home.booked()
    panel = Panel()
    await panel.connect(home)
    await drawn(home, panel, *sessions.values())
    gate = await shut(home)
    await remarked(home, sessions["pre"])
    await hub_waits(gate)
    newest = [await remarked(home, sessions["main"], f"remark {number}") for number in range(20)][-1]
    gate.open()
    await panel.sees(sessions["main"], newest)
    assert [view["version"] for view in panel.seen if view["id"] == sessions["main"]] == [newest]


async def test_a_light_that_goes_out_is_told_before_what_has_changed_in_dark_rooms(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "_TOGETHER", 2)
    lit = await home.secured(ADVOCATE)
    dark = [
        (await home.booked(id=f"bvls:{number}", version=number, segments=[_elsewhere(number)], **ELSEWHERE))["main"]
        for number in (10, 11, 12, 13)
    ]
    panel = Panel()
    await panel.connect(home)
    await drawn(home, panel, lit, *dark)
    gate = await shut(home)
    await remarked(home, dark[0])
    await hub_waits(gate)
    versions = {each: await remarked(home, each) for each in dark[1:]}
    await home.shows(lit, ADVOCATE, leg("Somebody Else"), locked=True)
    gate.open()
    for session, version in versions.items():
        await panel.sees(session, version)
    order = [(view["id"], view["secure"]) for view in panel.seen]
    assert order.index((lit, False)) < min(order.index((each, False)) for each in dark[1:])


def _elsewhere(hour: int) -> dict[str, object]:
    return {
        "key": "main",
        "kind": "VLB_COURT_MAIN",
        "slots": [{"date": "2026-11-05", "start": f"{hour}:00", "end": f"{hour}:30"}],
        "prisonRoom": {"locationKey": "HII-VCC-1"},
        "attendeeRefs": ["p1"],
    }


async def test_a_dark_room_is_not_kept_waiting_for_ever_by_lit_ones(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lit = set((await home.booked()).values())
    dark = (await home.booked(id="bvls:10", version=10, segments=[_elsewhere(10)], **ELSEWHERE))["main"]
    monkeypatch.setattr(hub, "_TOGETHER", len(lit))
    monkeypatch.setattr(hub.Hub, "_is_lit", lambda _hub, session: session in lit)

    def changes() -> None:  # a lit room changes whenever it has been shown
        if panel.seen[-1]["id"] in lit:
            home.deps.hub._changed[panel.seen[-1]["id"]] = 0

    panel = Panel(when=changes)
    await panel.connect(home)
    for each in lit:
        await remarked(home, each)
    await panel.sees(dark, await remarked(home, dark))
    panel.when = lambda: None


async def test_what_could_not_be_read_is_shown_once_it_can(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_AGAIN_AFTER", 0.01)
    session = (await home.booked())["main"]
    panel = Panel()
    await panel.connect(home)
    gate = await shut(home)
    gate.refusals = 2
    gate.open()
    await panel.sees(session, await remarked(home, session, "a remark while the store is away"))


async def test_who_is_connecting_while_something_changes_is_shown_it(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = (await home.booked()).values()
    other = Panel()
    await other.connect(home)
    await drawn(home, other, *sessions)
    half_way, go_on = asyncio.Event(), asyncio.Event()
    done = turns.Turns.done

    async def held_up(turn: turns.Turns) -> None:
        if turn is not home.deps.hub._turns:  # so it is that of who connects
            half_way.set()
            await go_on.wait()
        await done(turn)

    monkeypatch.setattr(turns.Turns, "done", held_up)
    connecting = asyncio.create_task(home.deps.hub.connect(()))
    await soon(half_way.wait())
    newest = {each: await remarked(home, each) for each in sessions}
    for each, version in newest.items():
        await other.sees(each, version)
    go_on.set()
    client = await soon(connecting)
    assert {view["id"]: view["version"] for view in map(json.loads, client.taken())} == newest


async def test_who_connects_is_first_shown_all_that_had_happened_before(home: House) -> None:
    sessions = (await home.booked()).values()
    panel = Panel()
    await panel.connect(home)
    await drawn(home, panel, *sessions)
    gate = await shut(home)
    newest = {each: await remarked(home, each) for each in sessions}
    await hub_waits(gate)
    connecting = asyncio.create_task(home.deps.hub.connect(()))
    asyncio.get_running_loop().call_soon(gate.open)
    client = await soon(connecting)
    assert {view["id"]: view["version"] for view in map(json.loads, client.taken())} == newest
