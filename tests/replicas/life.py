"""What goes on meanwhile: an officer at each meeting, people who come and go, and a booking system that sends."""

from __future__ import annotations

import asyncio
import copy
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pexip_mock.ground import What
from tests.crash.house import DOMAIN
from tests.crash.story import booking
from tests.replicas.fleet import Fleet

SHORTEST, LONGEST = 0.3, 2.0
"""Seconds between two things somebody does."""


@dataclass(slots=True)
class Meeting:
    """`presses`: how many of each kind were accepted; `people`: who came, and the journal knows."""

    fleet: Fleet
    room: int
    session: str = ""
    alias: str = ""
    name: str = ""
    presses: Counter[str] = field(default_factory=Counter)
    people: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    async def book(self) -> None:
        self.session = await self.fleet.book(wanted(f"desk:room{self.room}", self.room, "2026-06-03", "10:00", "11:00"))

    async def begin(self) -> None:
        """From booked to open."""
        view = await self._until("ready", lambda v: v["phase"] == "ready")
        self.alias = view["vmr"]["alias"].split("@")[0]
        session = await self.fleet.read(lambda rx: rx.session(self.session))
        self.name = session.vmr_name

    async def open(self) -> None:
        await self._until("watched", lambda v: any(p["kind"] == "own" for p in v["participants"]))
        await self._come("Priya Nair")
        await self._pressed("open")
        await self._until("open", lambda v: v["phase"] == "open")

    async def officer(self, over: asyncio.Event) -> None:
        """Locks and unlocks, each time until Pexip and the screen show it."""
        while not over.is_set():
            for action, state in (("lock", "locked"), ("unlock", "unlocked")):
                await self._pressed(action)
                await self._until(state, lambda v, state=state: v["lock"]["state"] == state)  # type: ignore[misc]
                await self._pause()

    async def visitors(self, over: asyncio.Event) -> None:
        """Come, are seen, and go."""
        while not over.is_set():
            who = await self._come("Vera Visitor")
            await self._pause()
            await self.fleet.control("POST", f"/people/{who}/leave")
            self.gone.add(who)
            await self._pause()

    def happened(self, what: What) -> list[str]:
        """The legs that something happened to at Pexip, in order."""
        return [
            each.participant
            for each in self.fleet.mock.world.happened_after(0)
            if each.what is what and each.name == self.name
        ]

    async def _come(self, name: str) -> str:
        dials = {"alias": f"{self.alias}@{DOMAIN}", "name": name, "kind": "browser", "pin": "none"}
        who = str((await self.fleet.control("POST", "/people", dials))["participant"])
        await self._until("seen", lambda v: any(p["id"] == who for p in v["participants"]))
        self.people.add(who)
        return who

    async def _pressed(self, action: str) -> None:
        async def accepted() -> bool:
            return await self.fleet.press(self.session, action, key)

        key = str(uuid.uuid4())
        await self.fleet.until(accepted, f"{action} is accepted")
        self.presses[action] += 1

    async def _until(self, what: str, holds: Any) -> Any:
        async def look() -> Any:
            view = await self.fleet.view(self.session)
            return view if holds(view) else None

        return await self.fleet.until(look, f"{self.session} {what}")

    async def _pause(self) -> None:
        await asyncio.sleep(self.fleet.chance.uniform(SHORTEST, LONGEST))


@dataclass(slots=True)
class Desk:
    """A booking system; each event is sent twice at once, to whichever replicas, as one that repeats itself does."""

    fleet: Fleet
    room: int
    booked: dict[str, str] = field(default_factory=dict)

    async def run(self, over: asyncio.Event) -> None:
        number = 0
        while not over.is_set():
            day, slot = 4 + number // 18, 9 + number % 18 // 2
            start, end = (f"{slot:02}:00", f"{slot:02}:20") if number % 2 else (f"{slot:02}:30", f"{slot:02}:50")
            event = wanted(f"desk:later{number}", self.room, f"2026-06-{day:02}", start, end, f"B{number:04}BB")
            one, other = await asyncio.gather(self.fleet.book(event), self.fleet.book(event))
            assert one == other, "one booking event made two sessions"
            self.booked[event["booking"]["id"]] = one
            number += 1
            await asyncio.sleep(self.fleet.chance.uniform(1.0, 4.0))


def wanted(name: str, room: int, date: str, start: str, end: str, prisoner: str | None = None) -> Any:
    """A booking event."""
    event = copy.deepcopy(booking())
    event["eventId"] = str(uuid.uuid4())
    wish = event["booking"]
    wish["id"], wish["prisoners"] = name, [{"prisonerNumber": prisoner or f"A123{room}AA"}]
    wish["segments"][0]["slots"] = [{"date": date, "start": start, "end": end}]
    wish["segments"][0]["prisonRoom"] = {"locationKey": f"VCC-{room}"}
    return event
