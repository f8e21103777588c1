"""What is free when, and what is offered instead: in the prison's own time, across clock changes, however full."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmrd.lifecycle.capacity import UNDECLARED, Hours, at, clear, common, day, free, is_open, opened
from vmrd.lifecycle.intake_words import Stretch
from vmrd.lifecycle.offers import AT_MOST, DAYS, Diary, Part, offers
from vmrd.lifecycle.rules import HOUR, MINUTE
from vmrd.lifecycle.words import SegmentKind

LONDON = ZoneInfo("Europe/London")
THURSDAY = date(2026, 11, 5)
WEEKDAYS = Hours((*(((540, 720), (810, 1020)),) * 5, (), ()))
"""09:00-12:00 and 13:30-17:00, closed at weekends."""
pure = settings(max_examples=150, derandomize=True, database=None, deadline=None)
stretches = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 15)).map(lambda pair: Stretch(pair[0], sum(pair))), max_size=8
)


def local(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=LONDON).timestamp() * 1_000)


def instants(*given: Stretch) -> set[int]:
    return {instant for stretch in given for instant in range(stretch.start, stretch.end)}


def apart(given: list[Stretch]) -> list[Stretch]:
    """In order, and none touching another."""
    kept: list[Stretch] = []
    for stretch in sorted(given, key=lambda each: each.start):
        if not kept or stretch.start > kept[-1].end:
            kept.append(stretch)
    return kept


@pure
@given(stretches.map(apart), stretches)
def test_what_is_free_is_what_is_open_without_what_is_busy(within: list[Stretch], busy: list[Stretch]) -> None:
    left = free(within, busy)
    assert instants(*left) == instants(*within) - instants(*busy)
    assert all(one.end <= two.start for one, two in pairwise(left))
    assert all(stretch.start < stretch.end for stretch in left)


@pure
@given(stretches.map(apart), stretches.map(apart))
def test_what_is_common_is_in_both_ends_included(ones: list[Stretch], others: list[Stretch]) -> None:
    def closed(given: list[Stretch]) -> set[int]:
        return {instant for stretch in given for instant in range(stretch.start, stretch.end + 1)}

    found = common(ones, others)
    assert closed(list(found)) == closed(ones) & closed(others)


@pytest.mark.parametrize(
    ("on", "hours"), [(date(2026, 11, 5), 24), (date(2027, 3, 28), 23), (date(2026, 10, 25), 25)], ids=str
)
def test_a_day_is_as_long_as_the_prison_has_it(on: date, hours: int) -> None:
    whole = day(on)
    assert whole.end - whole.start == hours * HOUR


@pytest.mark.parametrize("on", [date(2026, 10, 23), date(2026, 10, 26), date(2027, 3, 29)], ids=str)
def test_the_doors_open_at_the_same_time_of_the_clock_on_both_sides_of_a_change(on: date) -> None:
    morning, afternoon = opened(WEEKDAYS, on)
    assert morning == Stretch(local(f"{on}T09:00"), local(f"{on}T12:00"))
    assert afternoon == Stretch(local(f"{on}T13:30"), local(f"{on}T17:00"))


def test_an_hour_that_does_not_exist_is_nobodys_and_one_that_comes_twice_is_open_both_times() -> None:
    night = Hours((((60, 120),),) * 7)
    assert opened(night, date(2027, 3, 28)) == ()
    [twice] = opened(night, date(2026, 10, 25))
    assert twice.end - twice.start == 2 * HOUR


def test_a_time_the_clock_shows_twice_is_not_clear() -> None:
    assert clear(local("2026-11-05T01:30"))
    assert not clear(local("2026-10-25T01:30"))
    assert clear(local("2026-10-25T02:00"))


def test_only_declared_hours_close_a_prison() -> None:
    night = Stretch(at(THURSDAY, 22 * 60), at(THURSDAY, 23 * 60))
    lunch = Stretch(at(THURSDAY, 11 * 60), at(THURSDAY, 14 * 60))
    assert is_open(UNDECLARED, night)
    assert not is_open(WEEKDAYS, night)
    assert not is_open(WEEKDAYS, lunch)
    assert is_open(WEEKDAYS, Stretch(at(THURSDAY, 11 * 60), at(THURSDAY, 12 * 60)))


def part(start: str, end: str, room: str = "A", kind: SegmentKind = SegmentKind.MAIN, on: date = THURSDAY) -> Part:
    return Part(kind, room, local(f"{on}T{start}"), local(f"{on}T{end}"))


def taken(start: str, end: str, on: date = THURSDAY) -> Stretch:
    return Stretch(local(f"{on}T{start}"), local(f"{on}T{end}"))


def told(found: list[tuple[Part, ...]]) -> list[list[str]]:
    def clock(instant: int) -> str:
        return datetime.fromtimestamp(instant / 1_000, LONDON).strftime("%d %H:%M")

    return [[f"{each.room} {clock(each.start)}-{clock(each.end)[3:]}" for each in offer] for offer in found]


def test_other_rooms_at_the_same_time_come_first_then_the_nearest_times() -> None:
    diary = Diary(WEEKDAYS, {"A": [taken("10:00", "10:30")], "B": [], "C": [taken("09:00", "12:00")]}, [])
    found = told(offers((part("10:00", "10:30"),), diary, 0))
    assert found == [["B 05 10:00-10:30"], ["A 05 09:30-10:00"], ["A 05 10:30-11:00"]]


def test_the_parts_of_a_booking_move_together_and_keep_their_pause() -> None:
    wished = (part("09:45", "10:00", kind=SegmentKind.PRE), part("10:15", "10:45"))
    diary = Diary(WEEKDAYS, {"A": [taken("10:20", "10:25")]}, [])
    assert told(offers(wished, diary, 0)) == [
        ["A 05 09:55-10:10", "A 05 10:25-10:55"],
        ["A 05 09:20-09:35", "A 05 09:50-10:20"],
        ["A 05 10:25-10:40", "A 05 10:55-11:25"],
    ]


def test_what_else_the_prisoner_has_to_do_is_respected_in_every_room() -> None:
    diary = Diary(WEEKDAYS, {"A": [], "B": []}, [taken("09:00", "12:00")])
    assert told(offers((part("10:00", "10:30"),), diary, 0))[0] == ["A 05 13:30-14:00"]


def test_a_full_day_is_followed_by_the_next_open_ones_at_the_same_time_of_the_clock() -> None:
    friday = date(2026, 11, 6)
    diary = Diary(WEEKDAYS, {"A": [taken("09:00", "17:00"), taken("09:00", "17:00", friday)]}, [])
    assert told(offers((part("10:00", "10:30"),), diary, 0))[0] == ["A 09 10:00-10:30"]


def test_a_clock_change_between_moves_no_appointment_by_an_hour() -> None:
    friday = date(2026, 10, 23)
    diary = Diary(WEEKDAYS, {"A": [taken("09:00", "17:00", friday)]}, [])
    [first, *_] = offers((part("10:00", "10:30", on=friday),), diary, 0)
    assert told([first]) == [["A 26 10:00-10:30"]]


def test_for_a_time_that_is_long_over_the_same_time_of_the_days_to_come_is_offered() -> None:
    wished = part("10:00", "10:30", on=date(2026, 7, 6))
    found = told(offers((wished,), Diary(WEEKDAYS, {"A": []}, []), local("2026-11-05T11:00")))
    assert found == [["A 05 11:00-11:30"], ["A 05 11:30-12:00"], ["A 05 13:30-14:00"]]


def test_nothing_is_offered_in_the_past_and_nothing_where_nothing_is_free() -> None:
    diary = Diary(WEEKDAYS, {"A": [taken("10:00", "10:30")]}, [])
    soonest = local("2026-11-05T11:00")
    assert all(offer[0].start >= soonest for offer in offers((part("10:00", "10:30"),), diary, soonest))
    closed = Hours(((),) * 7)
    assert offers((part("10:00", "10:30"),), Diary(closed, {"A": []}, []), 0) == []


@pure
@given(
    st.lists(st.tuples(st.integers(0, 110), st.integers(1, 30)), max_size=20),
    st.lists(st.tuples(st.integers(0, 110), st.integers(1, 30)), max_size=3),
    st.integers(0, 100),
    st.integers(1, 12),
    st.integers(0, 12),
)
def test_every_offer_is_open_free_and_of_the_same_lengths(
    busy: list[tuple[int, int]], prisoner: list[tuple[int, int]], begin: int, length: int, pause: int
) -> None:
    def stretch(pair: tuple[int, int]) -> Stretch:
        start = at(THURSDAY, 480) + pair[0] * 5 * MINUTE
        return Stretch(start, start + pair[1] * 5 * MINUTE)

    first = stretch((begin, length))
    second = stretch((begin + length + pause, length))
    wished = (
        Part(SegmentKind.PRE, "A", first.start, first.end),
        Part(SegmentKind.MAIN, "B", second.start, second.end),
    )
    rooms = {"A": [stretch(each) for each in busy[::2]], "B": [stretch(each) for each in busy[1::2]]}
    elsewhere = [stretch(each) for each in prisoner]
    found = offers(wished, Diary(WEEKDAYS, rooms, elsewhere), 0)
    assert len(found) == AT_MOST
    for offer in found:
        assert [each.end - each.start for each in offer] == [each.end - each.start for each in wished]
        assert offer[1].start - offer[0].end == second.start - first.end
        for each in offer:
            assert is_open(WEEKDAYS, Stretch(each.start, each.end))
            others = [*rooms[each.room], *elsewhere]
            assert all(each.end <= other.start or other.end <= each.start for other in others)
            assert each.start < at(THURSDAY, 0) + (DAYS + 1) * 24 * HOUR
    assert len({(each[0].room, each[1].room, each[0].start) for each in found}) == len(found)
