"""One meeting, as its journal tells it: what was seen, beside what vmrd would have done.

The facts are those of any session; only whose hand it was differs. Two instants need saying. *Asked to lock*: from when
vmrd's screen would have told the officer to check and lock, because the prison room and a visitor were both inside.
*Refused*: vmrd puts a phone or a recorder out on sight, so all its time inside is time vmrd would not have let be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import UNWANTED, Instant, Kind, Where

_SLIP = 60_000
"""Milliseconds by which a start or an end may be off before it is called early or late."""


@dataclass(frozen=True, slots=True)
class Span:
    """`ended` is None while it lasts."""

    began: Instant
    ended: Instant | None

    def seconds(self, now: Instant) -> int:
        return _seconds((now if self.ended is None else self.ended) - self.began)


@dataclass(frozen=True, slots=True)
class Story:
    """What was seen of one booked meeting.

    `visitors`: connections of people, each of which vmrd would have had checked. `room_seen`: whether the prison room's
    own connection could be told from the others. `interrupted`: how often it ended and was begun again. `ran_on`: it
    went on into the next booking of the room.
    """

    session: str
    booking: str
    establishment: str
    room: str
    starts_at: Instant
    ends_at: Instant
    began: Instant | None = None
    ended: Instant | None = None
    asked_to_lock: Instant | None = None
    locked: Instant | None = None
    unlocked: tuple[Span, ...] = ()
    phones: tuple[Span, ...] = ()
    recorders: tuple[Span, ...] = ()
    strange_hosts: int = 0
    visitors: int = 0
    room_seen: bool = False
    reminded: bool = False
    interrupted: int = 0
    ran_on: bool = False

    @property
    def opened_early(self) -> int:
        """Seconds before its booked start, if that is more than a slip."""
        return _off(self.starts_at - self.began) if self.began is not None else 0

    @property
    def opened_late(self) -> int:
        return _off(self.began - self.starts_at) if self.began is not None else 0

    @property
    def ended_late(self) -> int:
        return _off(self.ended - self.ends_at) if self.ended is not None else 0

    @property
    def lock_late(self) -> int | None:
        """Seconds from when vmrd would have asked for the lock until officers locked; None if never, or never asked."""
        if self.asked_to_lock is None or self.locked is None:
            return None
        return _seconds(self.locked - self.asked_to_lock)

    @property
    def never_locked(self) -> bool:
        return self.asked_to_lock is not None and self.locked is None


def story_of(session: Session, facts: Sequence[f.Fact]) -> Story:
    """The story of one session from all its facts, in order."""
    telling = _Telling({fact.leg for fact in facts if isinstance(fact, f.RoomConnected)})
    for fact in facts:
        telling.hear(fact)
    return Story(
        session=session.id,
        booking=session.booking_id,
        establishment=session.establishment,
        room=session.room,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        began=telling.began,
        ended=telling.ended,
        asked_to_lock=telling.asked,
        locked=telling.locked,
        unlocked=tuple(telling.unlocked),
        phones=tuple(telling.spans(Kind.PHONE)),
        recorders=tuple(telling.spans(Kind.RECORDER)),
        strange_hosts=len(telling.hosts),
        visitors=len(telling.people),
        room_seen=bool(telling.rooms),
        reminded=telling.reminded,
        interrupted=telling.begun - 1 if telling.begun else 0,
        ran_on=telling.ran_on,
    )


@dataclass(slots=True)
class _Telling:
    rooms: set[str]
    began: Instant | None = None
    ended: Instant | None = None
    begun: int = 0
    asked: Instant | None = None
    locked: Instant | None = None
    unlocked: list[Span] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)
    reminded: bool = False
    ran_on: bool = False
    _runs: bool = False
    _locked_now: bool = False
    _inside: dict[str, tuple[Kind, Instant]] = field(default_factory=dict)
    _left: list[tuple[Kind, Span]] = field(default_factory=list)

    def hear(self, fact: f.Fact) -> None:
        match fact:
            case f.MeetingObserved(started=True, at=at):
                self._started(at)
            case f.MeetingLost(at=at, reason=reason):
                self._lost(at, reason)
            case f.LegObserved():
                self._leg(fact)
            case f.LegLeft(leg=leg, at=at):
                self._out(leg, at)
            case f.Locked(at=at):
                self._lock(at)
            case f.Unlocked(at=at):
                if self._locked_now and self._runs:
                    self.unlocked.append(Span(at, None))
                self._locked_now = False
            case f.AlertRaised(code="unexpected-host", about=str(leg)) if leg not in self.rooms:
                self.hosts.add(leg)
            case f.AlertRaised(code="lock-reminder"):
                self.reminded = True
            case _:
                pass

    def spans(self, kind: Kind) -> list[Span]:
        """When connections of this kind were inside."""
        gone = [span for each, span in self._left if each is kind]
        return gone + [Span(at, None) for each, at in self._inside.values() if each is kind]

    def _started(self, at: Instant) -> None:
        if not self._runs:
            self._runs = True
            self.begun += 1
            self.ended = None
            self.began = at if self.began is None else self.began
        self._ask(at)

    def _lost(self, at: Instant, reason: str) -> None:
        for leg in list(self._inside):
            self._out(leg, at)
        self._shut(at)
        self._runs = self._locked_now = False
        self.ended = at if self.began is not None else None
        self.ran_on = reason == "ran-on"

    def _leg(self, fact: f.LegObserved) -> None:
        if fact.where is not Where.INSIDE:
            self._out(fact.leg, fact.at)
            return
        _, since = self._inside.get(fact.leg, (fact.kind, fact.at))
        self._inside[fact.leg] = (fact.kind, since)
        if fact.leg not in self.rooms and not fact.from_room and fact.kind not in (*UNWANTED, Kind.OWN):
            self.people.add(fact.leg)
        else:
            self.people.discard(fact.leg)
        self._ask(fact.at)

    def _out(self, leg: str, at: Instant) -> None:
        here = self._inside.pop(leg, None)
        if here is not None:
            kind, since = here
            self._left.append((kind, Span(since, at)))

    def _ask(self, at: Instant) -> None:
        room = not self.rooms or bool(self.rooms & self._inside.keys())
        if self._runs and self.asked is None and room and self.people & self._inside.keys():
            self.asked = at

    def _lock(self, at: Instant) -> None:
        self._shut(at)
        self._locked_now = True
        self.locked = at if self.locked is None else self.locked

    def _shut(self, at: Instant) -> None:
        if self.unlocked and self.unlocked[-1].ended is None:
            self.unlocked[-1] = Span(self.unlocked[-1].began, at)


def _off(milliseconds: int) -> int:
    return _seconds(milliseconds) if milliseconds > _SLIP else 0


def _seconds(milliseconds: int) -> int:
    return round(max(0, milliseconds) / 1_000)
