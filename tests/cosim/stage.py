"""A meeting that stands still, for whoever tries a judge: all is well in it, until a deed makes one thing wrong.

It is a meeting of the co-simulation, stopped while the prisoner is in the room and the light burns. From then on
nobody acts: only time passes, and what a judge makes of it is the judge's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from types import SimpleNamespace
from typing import Any

from pexip_mock.meetings import Conference
from pexip_mock.people import Person
from pexip_mock.people import Where as There
from pexip_mock.world import World
from tests.cosim.crowd import Crowd, Who
from tests.cosim.faults import NODES, Faults
from tests.cosim.history import begin
from tests.cosim.judge import Judge
from tests.cosim.shells import DOMAIN, EPOCH
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Phase

_A_MOMENT = 1.0
_SETTLED = 8.0
"""Seconds of the platform's in which whoever came has been let in or held."""


class Calm(Faults):
    """Everything can be reached, save in what is put into `blind`."""

    def __post_init__(self) -> None:
        """Nothing goes wrong."""


@dataclass(slots=True)
class Line:
    """Time that passes when it is told to."""

    now: float


@dataclass(slots=True)
class Stage:
    """What judges look at: as `Shells`, `Watcher` and `Officer` are to them, save that nothing happens by itself."""

    world: World
    session: Session
    rules: Rules
    clock: Line
    crowd: Crowd
    officer: Any
    faults: Faults
    seen_at: float = 0.0

    @property
    def conference(self) -> Conference:
        return self.world.floor.running[self.session.vmr_name]

    def leg(self, who: Who | None) -> str:
        """The leg of the only one who is so inside; None for ours."""
        (found,) = (
            leg.uuid
            for leg in self.conference.live.values()
            if self.crowd.truth(leg.uuid) is who and leg.where is There.INSIDE
        )
        return found

    def changed(self, **parts: Any) -> None:
        """The session is another from now on."""
        self.session = replace(self.session, **parts)

    def dark(self) -> None:
        """The light is out, and nobody would expect it to burn."""
        self.officer.lit = False
        self.changed(paused_by="somebody")

    def comes(self, person: Person, who: Who) -> str:
        """Somebody dials, and is let in or held."""
        leg = self.world.dial_in(replace(person, alias=self.session.alias + DOMAIN, node=NODES[0]))
        self.crowd.who[leg] = who
        self.settle()
        return leg

    def settle(self) -> None:
        """The platform comes to the end of what it has begun."""
        now = self.clock.now + _SETTLED
        self.world.advance(EPOCH / 1000 + now, now)
        self.clock.now = now

    def passes(self, judge: Judge, seconds: float) -> None:
        """So much time, and nothing else; the light rests on reads that are made all along."""
        until = self.clock.now + seconds
        while self.clock.now < until:
            self.clock.now = min(self.clock.now + _A_MOMENT, until)
            self.seen_at = self.clock.now
            judge.look()


def meeting() -> Stage:
    """The prisoner is in, with the lawyer, who was checked, and the room that was called; the light burns."""
    return next(stage for seed in range(1, 50) if (stage := _meeting(seed)) is not None)


def _meeting(seed: int) -> Stage | None:
    """That of this seed; None where it never comes to that, or others are there."""
    clock, shells, _, crowd, officer, _ = begin(seed)
    clock.run(lambda: officer.prisoner_in is not None and officer.lit, 400.0)
    seen = SimpleNamespace(
        checked=dict(officer.checked), prisoner_in=officer.prisoner_in, lit=officer.lit, may_burn=officer.may_burn
    )
    session = shells.session
    stage = Stage(shells.world, session, shells.rules, Line(clock.now), crowd, seen, Calm(Random(seed)))
    if session.phase is not Phase.PRIVATE or not officer.lit:
        return None
    stage.settle()
    there = list(stage.conference.live.values())
    whos = sorted(str(crowd.truth(leg.uuid)) for leg in there)
    called = any(leg.shown.outbound for leg in there)
    return stage if called and whos == sorted(map(str, (None, Who.LAWYER, Who.ROOM))) else None


def judged(stage: Stage) -> Judge:
    """The co-simulation's judge at its place."""
    return Judge(stage, stage, stage.crowd, stage.officer, stage.faults)  # type: ignore[arg-type]
