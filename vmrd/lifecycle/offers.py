"""What to offer instead of a time that cannot be had: the nearest free times of the same lengths.

In this order: other rooms at the time that was wished for; the nearest times of that day, in any room; the following
days, nearest to the wished-for time of day. The parts of a booking keep their lengths and the pauses between them.

Every part in a room can begin within some stretches of time; shifted back to when the first part begins, what all parts
and the prisoner have in common are the instants at which the whole booking can begin. The nearest of those is looked
up, not searched for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain

from vmrd.lifecycle.capacity import MINUTE, Hours, at, clear, common, day, day_of, free, minute_of, opened
from vmrd.lifecycle.intake_words import Stretch
from vmrd.lifecycle.words import Instant, SegmentKind

AT_MOST = 3
DAYS = 14
"""How many days after the one wished for, or today if that is over, are looked at."""
_GRID = 5 * MINUTE
_AROUND = (0, 1, -1, 2, -2)


@dataclass(frozen=True, slots=True)
class Part:
    """A segment of a booking with its room and time; `[start, end)`."""

    kind: SegmentKind
    room: str
    start: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class Diary:
    """`busy`: what is taken of each room that could be had, works included. `prisoner`: when they are elsewhere."""

    hours: Hours
    busy: Mapping[str, Sequence[Stretch]]
    prisoner: Sequence[Stretch]


Offer = tuple[Part, ...]


def offers(wished: Offer, diary: Diary, earliest: Instant) -> list[Offer]:
    """Up to three, the best first, none of which begins before `earliest`. `wished` is in order of time. `diary` knows
    `DAYS` days after the one wished for, or after that of `earliest` if it is later."""
    first = wished[0].start
    wished_day, minute = day_of(first), minute_of(first)
    begin_day = max(wished_day, day_of(earliest))
    choices = list(_rooms(wished, diary))
    found: list[Offer] = []
    for later in range(DAYS + 1):
        local = begin_day + timedelta(days=later)
        target = first if local == wished_day else at(local, minute)
        to_come = (Stretch(earliest, max(earliest, day(local).end)),)
        begins = sorted(
            (abs(begin - target), index, begin)
            for index, rooms in enumerate(choices)
            for begin in _near(common(_begins(wished, rooms, diary, local), to_come), target, wished[-1].end - first)
        )
        for _, index, begin in begins:
            offer = _moved(wished, choices[index], begin - first)
            if all(clear(part.start) and clear(part.end) for part in offer):
                found.append(offer)
            if len(found) == AT_MOST:
                return found
    return found


def _rooms(wished: Offer, diary: Diary) -> Iterator[tuple[str, ...]]:
    """The rooms as wished for, then all parts in one other room."""
    asked = tuple(part.room for part in wished)
    yield asked
    yield from (other for room in diary.busy if (other := (room,) * len(wished)) != asked)


def _begins(wished: Offer, rooms: Sequence[str], diary: Diary, local: date) -> tuple[Stretch, ...]:
    """When the booking can begin on this day in these rooms, ends included."""
    open_then = opened(diary.hours, local)
    found: tuple[Stretch, ...] | None = None
    for part, room in zip(wished, rooms, strict=True):
        ahead, length = part.start - wished[0].start, part.end - part.start
        left = free(open_then, chain(diary.busy[room], diary.prisoner))
        begins = tuple(Stretch(s.start - ahead, s.end - length - ahead) for s in left if s.end - s.start >= length)
        found = begins if found is None else common(found, begins)
    return found or ()


def _near(begins: Sequence[Stretch], target: Instant, span: int) -> Iterator[Instant]:
    """The nearest instant of each stretch, and some before and after it that do not overlap each other."""
    for stretch in begins:
        if stretch.start <= target <= stretch.end:
            nearest = target
        elif target < stretch.start:
            nearest = -(-stretch.start // _GRID) * _GRID
        else:
            nearest = stretch.end // _GRID * _GRID
        yield from (begin for steps in _AROUND if stretch.start <= (begin := nearest + steps * span) <= stretch.end)


def _moved(wished: Offer, rooms: Sequence[str], by: int) -> Offer:
    return tuple(
        Part(part.kind, room, part.start + by, part.end + by) for part, room in zip(wished, rooms, strict=True)
    )
