"""One meeting and the phones that ring around its opening, its lock, its undoing and its end.

With policy a phone never comes as far as a roster. Without it, it may stand outside until Open is pressed, as everybody
does; from then on it is gone two seconds after it appeared, and whenever it met somebody, that is on the record. While
a meeting ends nobody reads it any more: then the platform's event sink is what tells of a phone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from pexip_mock.knobs import Knobs
from pexip_mock.people import Kind, Leg, Person, Where
from pexip_mock.refusal import Refusal
from pexip_mock.world import World
from tests.cosim.clock import Clock
from tests.cosim.crowd import LAWYER, Crowd, Who
from tests.cosim.faults import NODES, OPENS_AT, Faults, knobs, rules
from tests.cosim.history import LIMIT
from tests.cosim.officer import Officer
from tests.cosim.shells import DOMAIN, EPOCH, HOST_PIN, ROOM, Shells
from tests.cosim.watcher import Watcher, sighting
from tests.lifecycle.story import plan
from tests.phones.door import Door, NoDoor
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.words import LIVE, OVER, Phase
from vmrd.lifecycle.words import Where as Seen

GONE_WITHIN = 2.0
"""Seconds after which a phone that came in without policy is gone."""
RELOCKED_WITHIN = 3.0
TOLD_WITHIN = 0.6
"""Seconds an event takes to us at most on the platforms drawn here: nobody can know sooner."""
NUMBERS = ("+441632960123", "01632960124", "00442079460125", "+44 20 7946 0126")
PHONES = 8
"""That many ring in each meeting."""


class Wrong(AssertionError):
    """A phone was where it must never be, or nobody was told of it."""


@dataclass(slots=True)
class Phones:
    """What became of the phones of some meetings."""

    rang: int = 0
    refused: int = 0
    appeared: int = 0
    inside: int = 0
    with_prisoner: int = 0
    longest: float = 0.0
    drifts: int = 0
    slowest_lock: float = 0.0
    private: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Phones) -> None:
        for name in ("rang", "refused", "appeared", "inside", "with_prisoner", "drifts", "private"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.longest = max(self.longest, other.longest)
        self.slowest_lock = max(self.slowest_lock, other.slowest_lock)
        self.wrong += other.wrong


class Ringing(Crowd):
    """The lawyer, and phones whenever something happens."""

    def __init__(self, shells: Shells, faults: Faults, door: Door | NoDoor, phones: Phones) -> None:
        self.door, self.phones = door, phones
        self._left = PHONES
        self._before: Phase | None = None
        self._seen = 0
        super().__init__(shells, faults)

    def _script(self) -> None:
        rng, at = self.rng, self.clock.at
        at(rng.uniform(OPENS_AT - 40, OPENS_AT), lambda: self._dial(Who.LAWYER, tries=12))
        for _ in range(2):
            at(rng.uniform(OPENS_AT - 40, OPENS_AT + 10), self.ring)

    def happened(self) -> None:
        """A fact was written: somebody may call just then."""
        journal, rng = self.shells.journal, self.rng
        for fact in journal[self._seen :]:
            match fact:
                case f.OpenRequested() | f.MeetingObserved(started=True):
                    self._soon(rng.uniform(0.0, 2.0), 0.7)
                case f.LockRequested():
                    self._soon(rng.uniform(0.0, 0.6), 0.7)
                case f.PrisonerCameIn():
                    self._soon(rng.uniform(0.0, 5.0), 0.3)
                    if rng.random() < 0.6:
                        self.clock.after(rng.uniform(2.0, 15.0), self._undo_the_lock)
                case f.EndRequested():
                    self._soon(rng.uniform(0.0, 3.0), 0.7)
                case _:
                    pass
        self._seen = len(journal)

    def ring(self) -> None:
        """A phone calls: with or without the Guest's key, and now and then with the Host PIN itself."""
        if self._left == 0:
            return
        self._left -= 1
        self.phones.rang += 1
        number = self.rng.choice(NUMBERS)
        pin = self.rng.choice((None, "none", "none", "none", HOST_PIN.removesuffix("#")))
        self._call(Person(self.shells.session.alias + DOMAIN, number, Kind.PHONE, pin, number), Who.PHONE)

    def _soon(self, delay: float, chance: float) -> None:
        if self.rng.random() < chance:
            self.clock.after(delay, self.ring)

    def _undo_the_lock(self) -> None:
        rooms = [leg.uuid for leg in self.world.floor.legs.values() if self.truth(leg.uuid) is Who.ROOM]
        if rooms and self.shells.session.prisoner.inside:
            self.phones.drifts += 1
            self.world.dtmf(rooms[0], "*7")
            self.ring()

    def _dial(self, who: Who, tries: int) -> None:
        person = Person(self.shells.session.alias + DOMAIN, LAWYER, pin="none")
        if not self._call(person, who) and tries > 1:
            self.clock.after(self.rng.uniform(3.0, 15.0), lambda: self._dial(who, tries - 1))

    def _call(self, person: Person, who: Who) -> bool:
        person = replace(person, node=self.rng.choice(NODES))
        try:
            self.who[self.world.dial_in(person, self.door.verdict(person))] = who
        except Refusal:
            self.phones.refused += who is Who.PHONE
            return False
        self.phones.appeared += who is Who.PHONE
        return True


class Witness:
    """Looks after everything that happens, at the world's own account."""

    def __init__(self, crowd: Ringing, officer: Officer, phones: Phones, *, policy: bool) -> None:
        self.crowd, self.officer, self.phones, self.policy = crowd, officer, phones, policy
        self.shells, self.world, self.clock = crowd.shells, crowd.world, crowd.clock
        self._came: dict[str, float] = {}
        self._entered: dict[str, float] = {}
        self._unlocked: float | None = None

    def look(self) -> None:
        """Judge this moment."""
        now = self.clock.now
        here = {leg: self.world.floor.legs[leg] for leg in self.crowd.alive(Who.PHONE)}
        for uuid in self._came.keys() - here.keys():
            self._longest(uuid, now)
            del self._came[uuid]
        for uuid, leg in here.items():
            self._phone(uuid, leg, now)
        self._lock(now)

    def end(self) -> None:
        """Whatever was inside is on the record."""
        exposed = {fact.leg for fact in self.shells.journal if isinstance(fact, f.Exposed)}
        unsaid = self._entered.keys() - exposed
        if unsaid:
            raise Wrong(f"inside and not on the record: {sorted(unsaid)}")
        kept = sum(isinstance(fact, f.PhoneTurnedAway) for fact in self.shells.journal)
        if self.policy and kept == 0 and self.phones.rang > 0 and self.crowd.door.turned > 0:
            raise Wrong("turned away and not on the record")

    def _phone(self, uuid: str, leg: Leg, now: float) -> None:
        session = self.shells.session
        if self.policy:
            raise Wrong(f"{uuid} came past the door at {now:.2f} in phase {session.phase}")
        if session.phase in LIVE:
            since = self._came.setdefault(uuid, now)
            if now - since > GONE_WITHIN:
                raise Wrong(f"{uuid} still there after {now - since:.2f} s in phase {session.phase}")
        if not _meets_somebody(leg):
            return
        if uuid not in self._entered:
            self._entered[uuid] = now
            self.phones.inside += 1
            self.phones.with_prisoner += session.prisoner.inside
            hint = i.LegSeen(i.Order(0, 0), i.Source.HINT, sighting(leg.shown))
            self.clock.after(self.shells.faults.lag(TOLD_WITHIN), lambda: self.shells.submit(hint))  # the event sink
        if now - self._entered[uuid] > GONE_WITHIN:
            raise Wrong(f"{uuid} in company for {now - self._entered[uuid]:.2f} s in phase {session.phase}")
        seen = session.legs.get(uuid)
        known = (seen is not None and seen.where is Seen.INSIDE) or now - self._entered[uuid] > TOLD_WITHIN
        if known and self.officer.lit:
            raise Wrong(f"SECURE is lit with {uuid} inside at {now:.2f}")
        alarmed = "breach" in session.alerts or session.paused_by is not None
        if known and session.prisoner.inside and not alarmed:
            raise Wrong(f"the prisoner with {uuid} and no alarm at {now:.2f}")

    def _longest(self, uuid: str, now: float) -> None:
        self.phones.longest = max(self.phones.longest, now - self._came[uuid])

    def _lock(self, now: float) -> None:
        """A lock that was undone is back in time."""
        session = self.shells.session
        conference = self.world.floor.running.get(session.vmr_name)
        held = session.lock.wanted and session.first_locked_at is not None
        undone = conference is not None and held and not conference.flags.locked
        if not undone or session.phase not in (Phase.OPEN, Phase.PRIVATE):
            if self._unlocked is not None:
                self.phones.slowest_lock = max(self.phones.slowest_lock, now - self._unlocked)
            self._unlocked = None
            return
        self._unlocked = now if self._unlocked is None else self._unlocked
        if now - self._unlocked > RELOCKED_WITHIN:
            raise Wrong(f"unlocked for {now - self._unlocked:.2f} s")


def _meets_somebody(phone: Leg) -> bool:
    """Whether it has media in a started conference in which anybody else is; alone, it is exposed to nobody."""
    others = (leg for leg in phone.conference.live.values() if leg.kind not in (Kind.API, Kind.PHONE))
    inside = phone.where is Where.INSIDE and phone.shown.has_media and phone.conference.flags.started
    return inside and any(leg.where is Where.INSIDE and leg.shown.has_media for leg in others)


def meeting(seed: int, *, policy: bool) -> Phones:
    """Tell one meeting; what became of its phones. Raises Wrong."""
    rng, phones = Random(seed), Phones()
    world = World(_platform(rng), seed=rng.getrandbits(32), start=EPOCH / 1000)
    clock = Clock(world, lambda: None)
    booked = plan(starts_at=EPOCH, ends_at=EPOCH + 240_000, room_address=ROOM, alias="hqzkwtrmvxabcd")
    shells = Shells(world, clock, _nothing_fails(rng), rules(rng), booked)
    watcher = Watcher(shells)
    crowd = Ringing(shells, shells.faults, Door(shells) if policy else NoDoor(), phones)
    officer = Officer(shells, watcher, crowd, shells.faults)
    officer.silly, officer.lazy = 0.0, False
    witness = Witness(crowd, officer, phones, policy=policy)
    shells.changed = _both(watcher.changed, crowd.happened)
    clock.look = witness.look
    try:
        clock.run(lambda: shells.session.phase in OVER and shells.session.secrets_wiped, LIMIT)
        witness.end()
    except Wrong as wrong:
        phones.wrong.append(f"seed {seed}: {wrong}")
    phones.private += shells.session.prisoner.was_inside
    return phones


def _platform(rng: Random) -> Knobs:
    """A platform as it is when nothing is wrong with it: events within half a second, phones in quickly or slowly."""
    usual = {"node_lag_s": rng.choice((0.0, 0.2)), "command_delay_max_s": rng.choice((0.15, 0.6))}
    typing = {"pin_typing_s": rng.choice((0.0, 0.0, 0.5, 3.0)), "media_delay_s": 0.1}
    return knobs(rng).changed(usual | typing | {"admission_delay_max_s": 0.2, "event_delay_s": 0.02})


def _nothing_fails(rng: Random) -> Faults:
    faults = Faults(rng)
    faults.lost = faults.unanswered = faults.refused = faults.doubled = faults.stale = 0.0
    faults.blind.clear()
    faults.command_lag, faults.read_lag = rng.choice((0.02, 0.2)), rng.choice((0.02, 0.3))
    faults.stream_lag = rng.choice((0.01, 0.1, 0.3))
    return faults


def _both(one: Callable[[], None], other: Callable[[], None]) -> Callable[[], None]:
    def both() -> None:
        one()
        other()

    return both
