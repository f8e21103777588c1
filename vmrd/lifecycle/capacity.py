"""When rooms are open and free, in the prison's own time. Pure: day, hours and what is in the way are arguments.

A day is local: 23, 24 or 25 hours long. Opening hours are ranges of its clock, turned into instants for each day, so a
room that opens at eight does so on both sides of a clock change. What is taken is subtracted in one sweep over sorted
stretches, so a day costs n log n however full it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from vmrd.lifecycle.intake_words import Stretch
from vmrd.lifecycle.words import Instant

LONDON = ZoneInfo("Europe/London")
MINUTE = 60_000
_WRITTEN = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d")


class Obstacle(StrEnum):
    """Why a time cannot be had: it is over, the establishment is closed, works have the room, it or the prisoner is
    booked."""

    PAST = "past"
    CLOSED = "closed"
    WORKS = "works"
    TAKEN = "taken"
    PRISONER = "prisoner"


class AmbiguousTime(ValueError):
    """A local time that the clock change makes no time, or two."""


Range = tuple[int, int]
"""Minutes since local midnight, from and to."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours by weekday, Monday first. Where nobody `declared` any, times are only proposed within them: a
    booking at another time is not refused for a guess of ours."""

    week: tuple[tuple[Range, ...], ...]
    declared: bool = True


UNDECLARED = Hours((((8 * 60, 18 * 60),),) * 7, declared=False)
"""08:00 to 18:00 on every day, Saturday courts included."""


def day_of(instant: Instant) -> date:
    """The local day."""
    return _local(instant).date()


def day(local: date) -> Stretch:
    """From midnight to midnight."""
    return Stretch(at(local, 0), at(local + timedelta(days=1), 0))


def at(local: date, minute: int, *, fold: int = 0) -> Instant:
    """The instant of a minute of the local day. `fold` 1 takes the later of two, and the earlier side of a gap."""
    moment = datetime.combine(local, time(minute // 60, minute % 60), LONDON).replace(fold=fold)
    return int(moment.timestamp() * 1_000)


def minute_of(instant: Instant) -> int:
    """The minute of the local day that the clock shows."""
    local = _local(instant)
    return local.hour * 60 + local.minute


def read_local(written: str) -> Instant:
    """The instant of a local time, `YYYY-MM-DDTHH:MM`. Raises `AmbiguousTime`, and `ValueError` for anything else."""
    try:
        moment = datetime.fromisoformat(written) if _WRITTEN.fullmatch(written) else None
    except ValueError:
        moment = None
    if moment is None:
        raise ValueError("A local time is written YYYY-MM-DDTHH:MM and is of this century.")
    earlier, later = (moment.replace(tzinfo=LONDON, fold=fold) for fold in (0, 1))
    if earlier.utcoffset() != later.utcoffset():
        raise AmbiguousTime("The clocks change then: this time does not exist, or exists twice.")
    return int(earlier.timestamp() * 1_000)


def clear(instant: Instant) -> bool:
    """Whether the local time of this instant is no other's, so that it can be written without its offset."""
    local = _local(instant).replace(fold=0)
    return local.utcoffset() == local.replace(fold=1).utcoffset()


def opened(hours: Hours, local: date) -> tuple[Stretch, ...]:
    """When the establishment is open on this day, in order."""
    ranges = (Stretch(at(local, begins), at(local, ends, fold=1)) for begins, ends in hours.week[local.weekday()])
    return tuple(stretch for stretch in ranges if stretch.start < stretch.end)


def is_open(hours: Hours, stretch: Stretch) -> bool:
    """Whether the establishment is open all the while, as far as anybody declared when it is."""
    if not hours.declared:
        return True
    return any(each.start <= stretch.start and stretch.end <= each.end for each in opened(hours, day_of(stretch.start)))


def free(within: Sequence[Stretch], busy: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """What is left of `within`, which is in order and apart, once everything busy is taken away."""
    taken = sorted(busy, key=lambda stretch: stretch.start)
    left: list[Stretch] = []
    next_taken = 0
    for each in within:
        begins = each.start
        while next_taken < len(taken) and taken[next_taken].start < each.end:
            hole = taken[next_taken]
            if hole.start > begins:
                left.append(Stretch(begins, hole.start))
            begins = max(begins, hole.end)
            if hole.end > each.end:  # it may reach into the next opening, too
                break
            next_taken += 1
        if begins < each.end:
            left.append(Stretch(begins, each.end))
    return tuple(left)


def common(ones: Sequence[Stretch], others: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Where both hold, ends included; each in order and apart."""
    found: list[Stretch] = []
    one = other = 0
    while one < len(ones) and other < len(others):
        start = max(ones[one].start, others[other].start)
        end = min(ones[one].end, others[other].end)
        if start <= end:
            found.append(Stretch(start, end))
        if ones[one].end < others[other].end:
            one += 1
        else:
            other += 1
    return tuple(found)


def _local(instant: Instant) -> datetime:
    return datetime.fromtimestamp(instant / 1_000, UTC).astimezone(LONDON)
