"""People at the other end, and what they do to a meeting: expected, unwanted, early, late, clumsy and ill-meaning."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from random import Random

from pexip_mock.people import Kind, Person, Where
from pexip_mock.refusal import Refusal
from tests.cosim.faults import HEALED_AT, LASTS, NODES, OPENS_AT, Faults
from tests.cosim.shells import DOMAIN, HOST_PIN, ROOM, Shells

LAWYER = "Ada Byron"


class Who(StrEnum):
    """Who somebody is in truth; the core is never told."""

    LAWYER = "lawyer"
    STRANGER = "stranger"
    PHONE = "phone"
    RECORDER = "recorder"
    INTRUDER = "intruder"
    ROOM = "room"


_CHANCE = {Who.STRANGER: 0.35, Who.PHONE: 0.3, Who.RECORDER: 0.2, Who.INTRUDER: 0.25, Who.ROOM: 0.08}


class Crowd:
    """Everybody who dials in. `who` says who a leg is in truth; `renamed` since when it bears another name."""

    def __init__(self, shells: Shells, faults: Faults) -> None:
        self.shells, self.world, self.clock = shells, shells.world, shells.clock
        self.rng: Random = faults.rng
        self.who: dict[str, Who] = {}
        self.renamed: dict[str, float] = {}
        self._script()

    def alive(self, who: Who) -> list[str]:
        """Legs of these people that are still connected."""
        return [leg for leg, truth in self.who.items() if truth is who and leg in self.world.floor.legs]

    def truth(self, leg: str) -> Who | None:
        """Who this is; None for our own control legs. The room is whoever answered a call to it, or sits in it."""
        known = self.who.get(leg)
        if known is None:
            live = self.world.floor.legs.get(leg)
            if live is not None and live.shown.outbound:
                known = self.who[leg] = Who.ROOM if live.shown.uri.endswith(ROOM) else Who.STRANGER
        return known

    def _script(self) -> None:
        rng, at = self.rng, self.clock.at
        at(rng.uniform(OPENS_AT - 40, OPENS_AT + 40), lambda: self._dial(Who.LAWYER, tries=12))
        if rng.random() < 0.25:
            at(rng.uniform(OPENS_AT, OPENS_AT + LASTS), lambda: self._dial(Who.LAWYER, tries=3))
        for who, most in ((Who.STRANGER, 2), (Who.PHONE, 2), (Who.RECORDER, 1), (Who.INTRUDER, 1), (Who.ROOM, 1)):
            for _ in range(most):
                comes = _CHANCE[who] if who is not Who.ROOM or self.shells.session.room_address else 1.0
                if rng.random() < comes:
                    # Most come while doors are open: from when the room can be dialled until it is locked.
                    late = OPENS_AT + 40 if rng.random() < 0.5 else HEALED_AT
                    at(rng.uniform(OPENS_AT - 30, late), lambda who=who: self._dial(who, tries=2))  # type: ignore[misc]
        for _ in range(rng.choice((0, 1, 2, 3))):
            at(rng.uniform(OPENS_AT, OPENS_AT + LASTS), self._something)

    def redial(self) -> None:
        """Somebody tries the link once more after all is over."""
        self._dial(Who.STRANGER, tries=1)

    def _dial(self, who: Who, tries: int) -> None:
        rng = self.rng
        person = Person(self.shells.session.alias + DOMAIN, LAWYER, node=rng.choice(NODES))
        match who:
            case Who.LAWYER:
                person = replace(person, kind=rng.choice((Kind.BROWSER, Kind.BROWSER, Kind.SKYPE)))
            case Who.STRANGER:
                name = rng.choice(("Bo", LAWYER, "1234", "MDI Video 1"))
                person = replace(person, name=name, kind=rng.choice((Kind.BROWSER, Kind.APP, Kind.H323)))
            case Who.PHONE:
                person = replace(person, name="+44 1632 960123", kind=Kind.PHONE, number="+441632960123")
            case Who.RECORDER:
                person = replace(person, name="Recorder", kind=Kind.RECORDER)
            case Who.INTRUDER:
                person = replace(person, name="Bo", kind=rng.choice((Kind.BROWSER, Kind.ROOM_SYSTEM)), pin=HOST_PIN)
            case Who.ROOM:
                person = replace(person, name="MDI Video 1", kind=Kind.ROOM_SYSTEM, pin=HOST_PIN, number=ROOM)
        if person.pin is None and person.kind in (Kind.BROWSER, Kind.APP):
            person = replace(person, pin="none")
        try:
            self.who[self.world.dial_in(person)] = who
        except Refusal:
            if tries > 1:
                self.clock.after(rng.uniform(3.0, 15.0), lambda: self._dial(who, tries - 1))

    def _something(self) -> None:
        """One mishap or misdeed."""
        rng, world = self.rng, self.world
        rooms = [leg for leg in world.floor.legs.values() if self.truth(leg.uuid) is Who.ROOM]
        room = rooms[0].uuid if rooms else None
        lawyers = self.alive(Who.LAWYER)
        match rng.randrange(10):
            case 0 | 1 if room is not None:
                world.dtmf(room, "*7")
            case 2 if room is not None and rng.random() < 0.4:
                world.dtmf(room, "##")
            case 3 if room is not None:
                world.leave(room)
            case 4 if lawyers:
                world.leave(lawyers[0])
                self.clock.after(rng.uniform(1.0, 20.0), lambda: self._dial(Who.LAWYER, tries=2))
            case 5 if lawyers:
                self.renamed[lawyers[0]] = self.clock.now
                world.callers.rename(lawyers[0], f"Somebody Else {rng.getrandbits(32)}")
            case 6 if lawyers:
                world.callers.video(lawyers[0], on=False)
                back = lawyers[0]
                self.clock.after(10.0, lambda: back in world.floor.legs and world.callers.video(back, on=True))
            case 7 if world.floor.running and rng.random() < 0.4:
                world.floor.end(next(iter(world.floor.running.values())), "Conference terminated by an administrator")
            case 8 if self.shells.token is not None:
                self._drop_ours()
            case 9 if lawyers:
                world.callers.present(lawyers[0])
            case _:
                pass

    def _drop_ours(self) -> None:
        """The platform forgets our control leg."""
        for leg in list(self.world.floor.legs.values()):
            if leg.kind is Kind.API and leg.where is Where.INSIDE and leg.tokens:
                self.world.floor.drop(leg, "Timer expired awaiting token refresh")
                return
