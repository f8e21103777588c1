"""One history: everything drawn from its seed, told to the end, judged all along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from pexip_mock.world import World
from tests.cosim.clock import Clock
from tests.cosim.crowd import Crowd
from tests.cosim.faults import HEALED_AT, LASTS, NODES, Faults, knobs, rules
from tests.cosim.judge import Broken, Judge
from tests.cosim.mischief import Mischief
from tests.cosim.officer import Officer
from tests.cosim.shells import DOMAIN, EPOCH, ROOM, Shells
from tests.cosim.watcher import Watcher
from tests.lifecycle.story import LAWYER, PROBATION, amended, plan
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.evolve import fold
from vmrd.lifecycle.words import OVER, Phase, Purpose

Turned = Mapping[str, object]
"""Knobs of the platform by name, with what they are to be."""
NOTHING: Turned = {}
AFTERWARDS = 30.0
"""Seconds in which what was asked last is carried out."""
LIMIT = HEALED_AT + 900.0
"""By then every session is closed, however it was disturbed."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one history."""

    seed: int
    seconds: float
    inputs: int
    facts: int
    lit: float
    was_private: bool


def tell(seed: int, turned: Turned = NOTHING) -> Told:
    """Tell the history of this seed on a platform with some knobs `turned`, whatever the seed drew for them.

    Raises Broken, with the seed, when something that must never be was so.
    """
    try:
        return _tell(seed, turned)
    except Exception as failed:
        raise Broken(f"seed {seed}: {type(failed).__name__}: {failed}") from failed


def begin(seed: int, turned: Turned = NOTHING) -> tuple[Clock, Shells, Watcher, Crowd, Officer, Judge]:
    """All parts of a history, before anything has happened."""
    rng = Random(seed)  # repeatable by design
    world = World(knobs(rng).changed(dict(turned)), seed=rng.getrandbits(32), start=EPOCH / 1000)
    faults = Faults(rng)
    clock = Clock(world, lambda: None)
    booked = plan(
        starts_at=EPOCH,
        ends_at=EPOCH + int(LASTS * 1000),
        room_address=None if rng.random() < 0.1 else ROOM,
        purpose=rng.choice((Purpose.LEGAL_CONSULTATION, Purpose.LEGAL_CONSULTATION, Purpose.COURT_HEARING)),
    )
    shells = Shells(world, clock, faults, rules(rng), booked)
    shells.located = seed % 2 == 0
    watcher = Watcher(shells)
    shells.changed = watcher.changed
    crowd = Crowd(shells, faults)
    officer = Officer(shells, watcher, crowd, faults)
    judge = Judge(shells, watcher, crowd, officer, faults)
    clock.look = judge.look
    return clock, shells, watcher, crowd, officer, judge


def _tell(seed: int, turned: Turned) -> Told:
    clock, shells, watcher, crowd, _, judge = begin(seed, turned)
    rng = shells.rng
    if turned:
        Mischief(seed, shells, crowd)
    if rng.random() < 0.3:
        clock.at(HEALED_AT + 20.0, crowd.redial)
    if rng.random() < 0.15:
        clock.at(rng.uniform(5.0, HEALED_AT), lambda: (watcher.restart(), shells.restart()))
    if rng.random() < 0.2:
        clock.at(rng.uniform(5.0, HEALED_AT), lambda: shells.submit(_rebooked(shells)))
    clock.run(lambda: shells.session.phase in OVER and shells.session.secrets_wiped, LIMIT)
    clock.run(lambda: False, clock.now + AFTERWARDS)
    session = shells.session
    _must(session.secrets_wiped, f"not done by {clock.now:.0f}: {session.phase}, asks {sorted(session.asks)}")
    _must(session.phase is not Phase.ENDED, "ended but not closed")
    _must(not shells.aliases or session.link_dead_at is not None, "done before the link was dead")
    crowd.redial()
    _must(not shells.world.floor.running, "somebody could meet after the end")
    links = [alias + DOMAIN for alias in shells.aliases]
    _must(not any(shells.world.directory.dialable(n, link) for n in NODES for link in links), "a link still works")
    if seed % 16 == 0:
        _must(fold(shells.journal) == session, "the journal does not rebuild the session")
    private = session.prisoner.was_inside
    return Told(seed, clock.now, shells.inputs, len(shells.journal), judge.lit_for, private)


def _rebooked(shells: Shells) -> i.Booking:
    """The booking system changes its mind."""
    rng, session = shells.rng, shells.session
    if rng.random() < 0.3:
        return i.Cancel(2, "withdrawn")
    until = session.ends_at + rng.choice((0, 60_000, -200_000))
    people = rng.choice(((LAWYER,), (LAWYER, PROBATION)))
    return amended(2, starts_at=EPOCH, ends_at=until, room_address=session.room_address, attendees=people)


def _must(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)
