"""Rooms for a booking: which of its times can be had, why the earlier ones cannot, and what is free instead.

| in the way  | of a sender for whom vmrd decides | of one that has allocated room and time itself          |
|-------------|-----------------------------------|---------------------------------------------------------|
| past        | the time is skipped               | taken with a warning                                    |
| closed      | the time is skipped               | taken with a warning                                    |
| works       | the time is skipped               | taken with a warning, and the session flagged (`works`) |
| taken       | the time is skipped               | taken with a warning, and shown to the prison           |
| prisoner    | the time is skipped               | taken with a warning, and shown to the prison           |

Two bookings for one room are the prison's to sort out, and the board shows both; a refusal would only hide one of them.
It cannot end with two meetings in a room: a room is held by one that runs until its screen has left.

A booking that stays where it is keeps its place: works agreed on later, or new hours, do not stand in the way of a
change of its people. Of a meeting that runs, the rules of the core decide what can be another, and `as_far_as_free` how
much later it may end. `stands_in_the_way` is the one place where the table is decided.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from vmrd.lifecycle.capacity import Hours, Obstacle, day, day_of, free, is_open, opened
from vmrd.lifecycle.intake_words import NOT_YET_RECEIVED, Room, Segment, Stretch, Wanted
from vmrd.lifecycle.offers import DAYS, Diary, Offer, Part, offers
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant, SegmentKind
from vmrd.lifecycle.works import Window
from vmrd.store.base import Ahead, Claim, Rx

_WARNINGS = {
    Obstacle.PAST: "past: this time is over",
    Obstacle.CLOSED: "closed: the establishment is closed at this time",
    Obstacle.WORKS: "room_out_of_use: works have the room at this time; the prison is told",
    Obstacle.TAKEN: "room_taken: another booking has the room at this time; the prison is told",
    Obstacle.PRISONER: "prisoner_taken: another booking has the prisoner at this time; the prison is told",
}
_FLAGS = {Obstacle.TAKEN: "room_taken", Obstacle.PRISONER: "prisoner_taken"}
"""What the prison sees beside the booking; closed hours it knows, and works raise an alert of their own."""


@dataclass(frozen=True, slots=True)
class Premises:
    """An establishment's rooms, by key, and when they can be booked."""

    code: str
    rooms: Mapping[str, Room]
    hours: Hours


@dataclass(frozen=True, slots=True)
class Place:
    """A room at a time."""

    room: str
    start: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class Request:
    """Segments that want room. `prisoner`: as `prisoner_subject` has it. `mine`, `keeps`, `running`: the sessions of
    this booking so far, their places, and the segments whose meeting runs. `allocated`: the sender has given it room
    and time already. `now`: nothing is had that is over, or offered that has begun."""

    premises: Premises
    segments: tuple[Segment, ...]
    prisoner: str | None
    mine: frozenset[str]
    keeps: frozenset[Place]
    running: frozenset[SegmentKind]
    allocated: bool
    screen_share: bool
    now: Instant


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why the slot of this index, counted from 0, could not be had, and for which segment."""

    index: int
    segment: SegmentKind
    obstacle: Obstacle


@dataclass(frozen=True, slots=True)
class Chosen:
    """`flags`: codes of what the prison should know (`desk.FLAGS`)."""

    index: int
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class Unavailable(Exception):
    """None of the times that were asked for can be had."""

    def __init__(self, request: Request, skipped: Sequence[Skipped]) -> None:
        super().__init__("none of the slots can be had")
        self.request = request
        self.skipped = tuple(skipped)


@dataclass(frozen=True, slots=True)
class Full:
    """Why no slot could be had, the first of them first, and up to three times that can."""

    skipped: tuple[Skipped, ...]
    instead: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class RoomDay:
    """When a room is free on a day, and when works have it. In order."""

    room: str
    free: tuple[Stretch, ...]
    works: tuple[Stretch, ...]


def stands_in_the_way(obstacle: Obstacle, *, allocated: bool) -> bool:
    """Whether a booking is kept from its time by this; where not, it is taken with a warning.

    No obstacle keeps out a sender that has allocated room and time itself.
    """
    return not allocated


def choose(rx: Rx, request: Request) -> Chosen:
    """The first slot with nothing in the way of any segment, or else the first with nothing that stands in it.

    Raises `Unavailable` if there is none.
    """
    windows = _windows(rx, request)
    skipped: list[Skipped] = []
    warned: Chosen | None = None
    for index in range(min((len(segment.slots) for segment in request.segments), default=1)):
        found = [
            Skipped(index, segment.kind, obstacle)
            for segment in request.segments
            for obstacle in _obstacles(rx, request, segment, segment.slots[index], windows)
        ]
        if not found:
            return Chosen(index, tuple(skipped))
        refused = [each for each in found if stands_in_the_way(each.obstacle, allocated=request.allocated)]
        if not refused and warned is None:
            met = tuple(dict.fromkeys(each.obstacle for each in found))
            flags = tuple(_FLAGS[obstacle] for obstacle in met if obstacle in _FLAGS)
            warned = Chosen(index, tuple(skipped), tuple(_WARNINGS[obstacle] for obstacle in met), flags)
        skipped.append((refused or found)[0])
    if warned is not None:
        return warned
    raise Unavailable(request, skipped)


def instead(rx: Rx, refused: Unavailable) -> Full:
    """What is free instead of the first slot that is not over, as of now."""
    request = refused.request
    index = next((each.index for each in refused.skipped if each.obstacle is not Obstacle.PAST), 0)
    wished = sorted(
        (Part(s.kind, s.room.key, s.slots[index].start, s.slots[index].end) for s in request.segments),
        key=lambda part: part.start,
    )
    first = max(day_of(wished[0].start), day_of(request.now))
    search = Stretch(day(first).start, day(first + timedelta(days=DAYS)).end)
    asked = {part.room for part in wished}
    usable = [
        key for key, room in request.premises.rooms.items() if key in asked or room.screen_share >= request.screen_share
    ]
    windows = rx.works(request.premises.code, search.start, search.end)
    busy = {room: _busy(rx, request.premises.code, room, search, windows, request.mine) for room in usable}
    elsewhere = _held(rx, "prisoner", request.prisoner, search, request.mine) if request.prisoner is not None else []
    found = offers(tuple(wished), Diary(request.premises.hours, busy, elsewhere), request.now)
    return Full(refused.skipped, tuple(found))


def availability(rx: Rx, premises: Premises, local: date) -> list[RoomDay]:
    """When each room is free on this day, in the order of the configuration."""
    whole, open_then = day(local), opened(premises.hours, local)
    windows = rx.works(premises.code, whole.start, whole.end)
    found = []
    for room in premises.rooms:
        works = [each for each in windows if each.has(room, whole.start, whole.end)]
        left = free(open_then, _busy(rx, premises.code, room, whole, windows, frozenset()))
        out = tuple(Stretch(max(each.start, whole.start), min(each.end, whole.end)) for each in works)
        found.append(RoomDay(room, left, out))
    return found


def as_far_as_free(rx: Rx, code: str, session: Session, wished: Stretch, prisoner: str) -> Stretch:
    """The time a running meeting may have of what is wished: no later an end than the next booking allows."""
    later = Stretch(session.ends_at, wished.end)
    if later.end <= later.start or not any(
        rx.claim_holder(claim.kind, claim.subject, claim.start, claim.end, but_not=session.id)
        for claim in claims(code, session.room, later, prisoner)
    ):
        return wished
    return Stretch(wished.start, session.ends_at)


def claims(code: str, room: str, stretch: Stretch, prisoner: str) -> list[Claim]:
    """What a session claims: its room, and the prisoner once there is one."""
    found = [Claim("room", room_subject(code, room), stretch.start, stretch.end)]
    subject = prisoner_subject(prisoner)
    return found if subject is None else [*found, Claim("prisoner", subject, stretch.start, stretch.end)]


def room_subject(code: str, room: str) -> str:
    return f"{code}/{room}"


def prisoner_subject(number: str) -> str | None:
    """Claims outlive what is erased, so they know a prisoner by a digest only."""
    return None if number == NOT_YET_RECEIVED else hashlib.sha256(f"prisoner:{number}".encode()).hexdigest()


def equipment_warnings(wanted: Wanted) -> tuple[str, ...]:
    """What the rooms of a booking cannot do although it is wanted."""
    if wanted.screen_share and not all(segment.room.screen_share for segment in wanted.segments):
        return ("screen_share_unsupported: the room cannot show what a guest presents",)
    return ()


def _windows(rx: Rx, request: Request) -> list[Window]:
    slots = [slot for segment in request.segments for slot in segment.slots]
    if not slots:
        return []
    when = request.premises.code, min(s.start for s in slots), max(s.end for s in slots)
    first = [_claimed(request, s, s.slots[0]) for s in request.segments if s.slots and s.kind not in request.running]
    rx.ahead(Ahead(works=when, claims=tuple(claim for claimed in first for claim in claimed.values())))
    return rx.works(*when)


def _obstacles(
    rx: Rx, request: Request, segment: Segment, slot: Stretch, windows: Sequence[Window]
) -> Iterator[Obstacle]:
    """What is in the way of having the room then; what is harder to change comes first."""
    room = segment.room.key
    if segment.kind in request.running:
        return
    if Place(room, slot.start, slot.end) not in request.keeps:
        if slot.end <= request.now:
            yield Obstacle.PAST
        if not is_open(request.premises.hours, slot):
            yield Obstacle.CLOSED
        if any(window.has(room, slot.start, slot.end) for window in windows):
            yield Obstacle.WORKS
    claimed = _claimed(request, segment, slot)
    for obstacle, held in zip(claimed, rx.claims_on(list(claimed.values())), strict=True):
        if held:
            yield obstacle


def _claimed(request: Request, segment: Segment, slot: Stretch) -> dict[Obstacle, Claim]:
    """What must be free for a segment, by what it is when it is not."""
    room = room_subject(request.premises.code, segment.room.key)
    wanted = {Obstacle.TAKEN: Claim("room", room, slot.start, slot.end)}
    if request.prisoner is not None:
        wanted[Obstacle.PRISONER] = Claim("prisoner", request.prisoner, slot.start, slot.end)
    return wanted


def _busy(
    rx: Rx, code: str, room: str, within: Stretch, windows: Sequence[Window], mine: frozenset[str]
) -> list[Stretch]:
    works = [Stretch(each.start, each.end) for each in windows if each.has(room, within.start, within.end)]
    return [*_held(rx, "room", room_subject(code, room), within, mine), *works]


def _held(rx: Rx, kind: str, subject: str, within: Stretch, mine: frozenset[str]) -> list[Stretch]:
    return [
        Stretch(held.start, held.end)
        for held in rx.claims(kind, subject, within.start, within.end)
        if held.session_id not in mine
    ]
