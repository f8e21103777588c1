"""Given, when, then for the pure core: a session's story told by what happens to it, never by setting its fields.

`Story.when` decides one input and, whatever the test is about, holds what must always be so: the journal folds to the
session, the same input again writes nothing, the next look at the clock lies ahead, and looking earlier writes nothing.

Stages (`planned` … `private`) drive a session through its life the way the shells do, with good defaults: Ada Byron is
the lawyer, `own` is our control leg, `codec` is the prison room.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TypeVar

from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.commands import Command, SetLock
from vmrd.lifecycle.decide import Decision, decide, wake_at
from vmrd.lifecycle.evolve import evolve, fold
from vmrd.lifecycle.facts import AlertRaised, Fact, PhaseChanged
from vmrd.lifecycle.inputs import Order, Protocol, Sighting, Source
from vmrd.lifecycle.refusal import Refused
from vmrd.lifecycle.rules import HOUR, MINUTE, SECOND, Rules
from vmrd.lifecycle.secure import Light, light
from vmrd.lifecycle.session import Attendee, Session
from vmrd.lifecycle.words import (
    AttendeeRole,
    Control,
    Document,
    LockState,
    Observation,
    Phase,
    Purpose,
    Role,
    SegmentKind,
    Where,
)

T = TypeVar("T")

START = 1_790_000_000_000
"""When the meeting is booked to begin."""
END = START + HOUR
OFFICER = "k.shah"
TAG = "tag-1"
CARD = (Document.PHOTO_CARD,)

LAWYER = Attendee("att-lawyer", "ref-Ada Byron", AttendeeRole.DEFENCE, required=True)
INTERPRETER = Attendee("att-interpreter", "ref-Lin Wu", AttendeeRole.INTERPRETER, required=True, needs_word=True)
PROBATION = Attendee("att-probation", "ref-Jo Marsh", AttendeeRole.PROBATION)


def plan(**changes: object) -> i.Plan:
    """A consultation of an hour, booked with a lawyer alone."""
    usual = i.Plan(
        session="s1",
        booking_id="b1",
        booking_version=1,
        segment=SegmentKind.MAIN,
        purpose=Purpose.LEGAL_CONSULTATION,
        establishment="MDI",
        room="MDI-VIDEO-1",
        room_address="room1@mdi.example.org",
        control=Control.FULL,
        starts_at=START,
        ends_at=END,
        prisoner_ref="ref-prisoner",
        observation=Observation.CAMERA,
        alias="hqzkwtrmvx",
        needs_approval=False,
        attendees=(LAWYER,),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def amended(version: int = 2, **changes: object) -> i.Amend:
    """The booking again, at another version."""
    booked = plan()
    usual = i.Amend(
        booking_version=version,
        starts_at=booked.starts_at,
        ends_at=booked.ends_at,
        room=booked.room,
        room_address=booked.room_address,
        attendees=booked.attendees,
        observation=booked.observation,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def browser(leg: str = "ada", name: str = "Ada Byron", **changes: object) -> Sighting:
    """A guest in a web browser, inside, with a picture."""
    usual = Sighting(
        leg=leg,
        name=name,
        address=name,
        protocol=Protocol.WEB,
        dialled_out=False,
        role=Role.GUEST,
        where=Where.INSIDE,
        has_media=True,
        has_video=True,
        audio_only=False,
        streaming=False,
        encrypted=True,
        presenting=False,
        call_tag="",
        vendor="Mozilla/5.0 Chrome/131.0",
        name_ref=f"ref-{name}",
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def waiting(leg: str = "ada", name: str = "Ada Byron", **changes: object) -> Sighting:
    """A guest kept waiting."""
    return browser(leg, name, where=Where.WAITING, **changes)


def phone(leg: str = "phone", **changes: object) -> Sighting:
    """Somebody who dialled a telephone number."""
    usual: dict[str, object] = {
        "address": "sip:+441632960123@sbc.example.org",
        "protocol": Protocol.SIP,
        "has_video": False,
        "audio_only": True,
        "vendor": "Session Border Controller",
    }
    return browser(leg, "+44 1632 960123", **usual | changes)


def recorder(leg: str = "rec", **changes: object) -> Sighting:
    """A recording or streaming leg."""
    usual: dict[str, object] = {"protocol": Protocol.STREAMING, "streaming": True}
    return browser(leg, "Recorder", **usual | changes)


def codec(leg: str = "codec", **changes: object) -> Sighting:
    """The prison room's own endpoint, called as Host."""
    usual: dict[str, object] = {
        "address": "sip:room1@mdi.example.org",
        "protocol": Protocol.SIP,
        "dialled_out": True,
        "role": Role.HOST,
        "vendor": "TANDBERG/529",
    }
    return browser(leg, "MDI Video 1", **usual | changes)


def own(leg: str = "own", tag: str = TAG, **changes: object) -> Sighting:
    """Our control leg: no media, our tag, Host."""
    usual: dict[str, object] = {
        "protocol": Protocol.CONTROL,
        "role": Role.HOST,
        "has_media": False,
        "has_video": False,
        "call_tag": tag,
        "vendor": "",
    }
    return browser(leg, "vmrd", **usual | changes)


@dataclass
class Story:
    """A session so far. `now` moves only with `after` and `at`."""

    rules: Rules = field(default_factory=Rules)
    now: int = START - 48 * HOUR
    state: Session | None = None
    journal: list[Fact] = field(default_factory=list)
    written_at: list[int] = field(default_factory=list)
    facts: tuple[Fact, ...] = ()
    commands: tuple[Command, ...] = ()
    refused: Refused | None = None
    wake: int | None = None
    room: dict[str, Sighting] = field(default_factory=dict)
    locked: bool = False
    started: bool = False
    recording: bool = False
    generation: int = 1
    number: int = 0

    @property
    def session(self) -> Session:
        assert self.state is not None
        return self.state

    # what happens

    def when(self, given: i.Input, *, after: int = 0) -> Story:
        """`given` happens, `after` milliseconds later."""
        self.now += after
        decision = decide(self.state, given, self.now, self.rules)
        if isinstance(decision, Refused):
            self.facts, self.commands, self.refused = (), (), decision
            return self
        self.refused = None
        self.facts, self.commands, self.wake = decision.facts, decision.commands, decision.wake_at
        self.journal.extend(decision.facts)
        self.written_at += [self.now] * len(decision.facts)
        assert_sound(self.state, given, decision, self.now, self.rules)
        self.state = decision.session
        return self

    def at(self, instant: int) -> Story:
        """Time passes; the session is woken whenever it asked to be. Facts and commands of all of it are kept."""
        facts: list[Fact] = []
        commands: list[Command] = []
        while (due := wake_at(self.session, self.rules, self.now)) is not None and due <= instant:
            self.now = max(self.now, due)
            decision = decide(self.session, i.WakeUp(), self.now, self.rules)
            assert isinstance(decision, Decision)
            assert decision.facts, "woken for nothing"
            assert reduce(evolve, decision.facts, self.session) == decision.session
            self.state, self.wake = decision.session, decision.wake_at
            facts.extend(decision.facts)
            self.written_at += [self.now] * len(decision.facts)
            commands.extend(decision.commands)
        self.now = max(self.now, instant)
        self.journal.extend(facts)
        self.facts, self.commands, self.refused = tuple(facts), tuple(commands), None
        return self

    def after(self, milliseconds: int) -> Story:
        """Time passes."""
        return self.at(self.now + milliseconds)

    # what Pexip shows

    def order(self) -> Order:
        self.number += 1
        return Order(self.generation, self.number)

    def roster(self, *sightings: Sighting, source: Source = Source.STREAM, **flags: bool) -> Story:
        """Everybody who is in the conference now, complete."""
        self.room = {sighting.leg: sighting for sighting in sightings}
        return self.shown(source=source, **flags)

    def shown(self, source: Source = Source.STREAM, *, instance: str | None = None, **flags: bool) -> Story:
        """The whole conference once more, with these flags changed."""
        for name, value in flags.items():
            setattr(self, name, value)
        return self.when(
            i.RosterSeen(
                self.order(),
                source,
                tuple(self.room.values()),
                self.locked,
                self.started,
                self.recording,
                instance,
            )
        )

    def seen(self, sighting: Sighting, source: Source = Source.STREAM) -> Story:
        """One leg appears or changes."""
        self.room[sighting.leg] = sighting
        return self.when(i.LegSeen(self.order(), source, sighting))

    def gone(self, leg: str) -> Story:
        """One leg goes."""
        self.room.pop(leg, None)
        return self.when(i.LegGone(self.order(), Source.STREAM, leg))

    def flags(self, **flags: bool) -> Story:
        """The conference's own state changes."""
        for name, value in flags.items():
            setattr(self, name, value)
        return self.when(i.ConferenceSeen(self.order(), Source.STREAM, self.locked, self.started, self.recording))

    def lost(self, reason: str = "host-ended") -> Story:
        """The conference ends under us."""
        self.room, self.locked, self.started = {}, False, False
        return self.when(i.ConferenceGone(self.order(), reason))

    # what can be asserted

    def then(self, *kinds: type[Fact]) -> Story:
        """Exactly these kinds of facts followed, in this order."""
        assert [type(fact).__name__ for fact in self.facts] == [kind.__name__ for kind in kinds]
        return self

    def nothing(self) -> Story:
        """Nothing followed: no fact, no command, no refusal."""
        assert (self.facts, self.commands, self.refused) == ((), (), None)
        return self

    def refuses(self, code: str) -> Story:
        """The press was refused under this code, in a sentence."""
        assert self.refused is not None, f"not refused; {self.facts}"
        assert self.refused.code == code
        assert self.refused.sentence.endswith(".")
        return self

    def in_phase(self, phase: Phase) -> Story:
        assert self.session.phase is phase, self.facts
        return self

    def phases(self) -> list[Phase]:
        """Every phase it was in, in order."""
        return [Phase.PLANNED, *(fact.to for fact in self.journal if isinstance(fact, PhaseChanged))]

    def one(self, kind: type[T]) -> T:
        """The only fact or command of this kind that just followed."""
        found = [item for item in (*self.facts, *self.commands) if isinstance(item, kind)]
        assert len(found) == 1, (found, self.facts, self.commands)
        return found[0]

    def has(self, kind: type) -> bool:
        return any(isinstance(item, kind) for item in (*self.facts, *self.commands))

    def alerts(self) -> set[str]:
        return set(self.session.alerts)

    def light(self, *, fresh: bool = True) -> Light:
        return light(self.session, self.rules, fresh=fresh)

    def dark(self, *, fresh: bool = True) -> set[str]:
        """The reasons the light is dark."""
        return {str(reason) for reason in self.light(fresh=fresh).reasons}


def assert_sound(before: Session | None, given: i.Input, decision: Decision, now: int, rules: Rules) -> None:
    """What holds of every decision."""
    session = decision.session
    if before is None:
        assert fold(list(decision.facts)) == session
    else:
        assert reduce(evolve, decision.facts, before) == session
    again = decide(session, given, now, rules)
    # To look twice is to have looked twice; and what rang only in this decision can be dealt with by the next.
    anew = isinstance(given, i.Reveal) or (
        isinstance(given, i.DealWith)
        and any(isinstance(fact, AlertRaised) and fact.key == given.what for fact in decision.facts)
    )
    if isinstance(again, Decision) and not anew:
        assert (again.facts, again.commands) == ((), ()), f"{given} again"
        assert again.wake_at == decision.wake_at
    assert decision.wake_at is None or decision.wake_at > now
    early = decide(session, i.WakeUp(), (decision.wake_at or now + HOUR) - 1, rules)
    assert isinstance(early, Decision)
    assert (early.facts, early.commands) == ((), ()), "woken too early, it wrote"


# stages


def planned(rules: Rules | None = None, now: int = START - 48 * HOUR, **changes: object) -> Story:
    """Accepted, two days ahead."""
    return Story(rules or Rules(), now).when(plan(**changes))


def preparing(rules: Rules | None = None, **changes: object) -> Story:
    """Booked an hour ahead: the vmr is asked for at once."""
    return planned(rules, START - HOUR, **changes).in_phase(Phase.PREPARING)


def ready(rules: Rules | None = None, **changes: object) -> Story:
    """Every node answers for the alias; a minute before people may arrive it is watched."""
    story = preparing(rules, **changes).when(i.VmrEnsured(1), after=SECOND).after(MINUTE)
    story.when(i.AliasProbed(1, 2, 2)).in_phase(Phase.READY).at(START - story.rules.open_before)
    return story.when(i.ControlTagged(TAG)).when(i.ControlTaken("own")).roster(own())


def arrived(rules: Rules | None = None, *others: Sighting, **changes: object) -> Story:
    """The lawyer, and whoever else is given, are kept waiting; it is five minutes to the start."""
    return ready(rules, **changes).at(START - 5 * MINUTE).roster(own(), waiting(), *others)


def starting(rules: Rules | None = None, **changes: object) -> Story:
    """An officer pressed Open; Pexip is asked to start."""
    return arrived(rules, **changes).when(i.Open(OFFICER), after=SECOND).in_phase(Phase.OPENING)


def opened(rules: Rules | None = None, **changes: object) -> Story:
    """The lawyer and the prison room are in; nobody is checked, nothing locked."""
    story = starting(rules, **changes).roster(own(), browser(), started=True)
    return story.when(i.RoomCalled("codec"), after=SECOND).seen(codec()).in_phase(Phase.OPEN)


def checked(rules: Rules | None = None, **changes: object) -> Story:
    """The lawyer's ID was seen."""
    return opened(rules, **changes).when(i.CheckId("ada", LAWYER.ref, CARD, OFFICER))


def secure(rules: Rules | None = None, **changes: object) -> Story:
    """Checked and locked: the light burns."""
    story = checked(rules, **changes).when(i.LockRoom(OFFICER), after=10 * SECOND)
    assert story.one(SetLock) == SetLock(True)
    story.flags(locked=True)
    assert story.session.lock.state is LockState.LOCKED
    assert story.light() == Light(True, (), None)
    return story


def private(rules: Rules | None = None, **changes: object) -> Story:
    """The prisoner is in the room."""
    story = secure(rules, **changes).when(i.PrisonerIn(OFFICER, eyes_fresh=True), after=10 * SECOND)
    return story.in_phase(Phase.PRIVATE)


def ending(rules: Rules | None = None, **changes: object) -> Story:
    """The prisoner is out and an officer pressed End."""
    story = private(rules, **changes).when(i.PrisonerOut(OFFICER), after=20 * MINUTE)
    return story.when(i.End(OFFICER)).in_phase(Phase.ENDING)


def ended(rules: Rules | None = None, **changes: object) -> Story:
    """Pexip showed nobody, twice."""
    story = ending(rules, **changes).when(i.EmptySeen(), after=2 * SECOND)
    return story.when(i.EmptySeen(), after=5 * SECOND).in_phase(Phase.ENDED)
