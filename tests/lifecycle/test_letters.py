"""Whoever booked is written to once for each thing they have to know, and reminded once."""

from __future__ import annotations

import pytest

from tests.lifecycle.story import END, LAWYER, OFFICER, PROBATION, START, Story, amended, plan
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import HOUR, MINUTE, Rules
from vmrd.lifecycle.words import Control, Letter, Phase

DAY = 24 * HOUR


def booked(**changes: object) -> Story:
    """Booked two days ahead by somebody who is written to."""
    return Story().when(plan(booker=1, **changes))


def letters(story: Story) -> list[Letter]:
    return [command.letter for command in story.commands if isinstance(command, c.Write)]


def change(story: Story) -> int:
    assert story.session.written is not None
    return story.session.written.change


def reminded(story: Story) -> int:
    return [command.event for command in story.commands if isinstance(command, c.Tell)].count("session.reminder")


def test_a_booking_that_stands_is_confirmed_to_whoever_made_it() -> None:
    story = booked()
    assert letters(story) == [Letter.CONFIRMED]
    assert change(story) == 0


def test_nobody_is_written_to_where_no_address_is_known_or_the_room_is_not_ours() -> None:
    assert letters(Story().when(plan())) == []
    assert letters(booked(control=Control.NONE)) == []
    assert letters(booked(control=Control.NONE).when(i.Cancel(1, "cancelled"))) == []


def test_a_booking_that_needs_approval_is_confirmed_when_a_supervisor_approves_it() -> None:
    story = booked(needs_approval=True)
    assert letters(story) == []
    assert letters(story.when(i.Approve(OFFICER))) == [Letter.CONFIRMED]
    assert letters(story.when(i.Approve(OFFICER))) == []


def test_a_booking_nobody_approved_is_neither_confirmed_nor_called_off() -> None:
    story = booked(needs_approval=True).at(END)
    assert story.session.phase is Phase.FAILED
    assert letters(story) == []


@pytest.mark.parametrize(
    "changed",
    [{"starts_at": START + HOUR, "ends_at": END + HOUR}, {"ends_at": END + MINUTE}, {"room": "MDI-VIDEO-2"}],
    ids=["moved", "longer", "other room"],
)
def test_another_time_or_room_is_written_once(changed: dict[str, object]) -> None:
    story = booked().when(amended(2, booker=1, **changed))
    assert letters(story) == [Letter.CHANGED]
    assert change(story) == 1
    assert letters(story.when(amended(3, booker=1, **changed))) == []


def test_what_whoever_booked_need_not_know_is_not_written() -> None:
    story = booked().when(amended(2, booker=1, attendees=(LAWYER, PROBATION), flags=("short_notice",)))
    assert letters(story) == []
    assert letters(story.when(i.Cancel(3, "cancelled"))) == [Letter.CANCELLED]


def test_a_link_that_was_replaced_is_written() -> None:
    story = booked().at(START - DAY).when(i.VmrEnsured(1))
    assert letters(story.when(i.ReplaceVmr("wvkqjhzrtm", OFFICER))) == [Letter.CHANGED]


def test_somebody_else_who_books_on_is_confirmed_what_stands() -> None:
    story = booked().when(amended(2, booker=2))
    assert letters(story) == [Letter.CONFIRMED]
    assert change(story) == 1


def test_a_cancellation_is_written_once_and_only_to_those_who_were_told_of_the_meeting() -> None:
    story = booked().when(i.Cancel(2, "cancelled"))
    assert letters(story) == [Letter.CANCELLED]
    assert change(story) == 1
    assert letters(story.when(i.Cancel(3, "cancelled"))) == []
    assert letters(booked(needs_approval=True).when(i.Cancel(2, "cancelled"))) == []


def test_a_room_that_cannot_be_made_is_written_as_well() -> None:
    story = booked().at(START + HOUR)
    assert story.session.phase is Phase.FAILED
    assert letters(story)[-1] is Letter.CANCELLED


def test_the_address_is_kept_until_the_cancellation_was_sent_or_given_up_and_then_wiped() -> None:
    story = booked().when(i.Cancel(2, "cancelled"))
    assert not any(isinstance(command, c.WipeSecrets) for command in story.commands)
    (letter,) = (command for command in story.commands if isinstance(command, c.Write))
    story.when(i.CommandDone(c.key(letter)))
    assert [command for command in story.commands if isinstance(command, c.WipeSecrets)] == [c.WipeSecrets()]


def test_an_address_that_is_withdrawn_is_not_written_to_any_more() -> None:
    story = booked().when(amended(2, booker=0, starts_at=START + HOUR, ends_at=END + HOUR))
    assert letters(story) == []
    assert letters(story.when(i.Cancel(3, "cancelled"))) == []


def test_a_running_meeting_is_not_written_about() -> None:
    story = booked().at(START - DAY).when(i.VmrEnsured(1)).when(i.AliasProbed(1, 2, 2)).at(START)
    story.when(i.Open(OFFICER)).when(amended(2, booker=1, ends_at=END + HOUR))
    assert story.session.ends_at == END + HOUR
    assert letters(story) == []


def test_a_day_before_its_start_the_booking_system_and_whoever_booked_are_reminded_once() -> None:
    story = booked().at(START - DAY - 1)
    assert (reminded(story), letters(story)) == (0, [])
    story.at(START - DAY)
    assert (reminded(story), letters(story)) == (1, [Letter.REMINDER])
    assert change(story) == 0
    story.when(i.VmrEnsured(1)).when(i.AliasProbed(1, 2, 2)).at(START)
    assert (reminded(story), letters(story)) == (0, [])


def test_the_booking_system_is_reminded_where_nobody_is_written_to_and_of_rooms_that_are_not_ours() -> None:
    for story in (Story().when(plan()), Story().when(plan(control=Control.NONE))):
        story.at(START - DAY)
        assert (reminded(story), letters(story)) == (1, [])


def test_what_is_booked_approved_or_moved_later_than_that_is_not_reminded_of() -> None:
    late = Story(now=START - DAY).when(plan(booker=1)).at(START)
    approved = booked(needs_approval=True).at(START - HOUR).when(i.Approve(OFFICER)).after(MINUTE)
    moved = booked().at(START - DAY - HOUR)
    moved.when(amended(2, booker=1, starts_at=START - 2 * HOUR, ends_at=END)).at(START - 3 * HOUR)
    assert [reminded(story) for story in (late, approved, moved)] == [0, 0, 0]
    assert Letter.REMINDER not in [*letters(late), *letters(approved), *letters(moved)]


def test_a_meeting_that_moves_after_its_reminder_is_reminded_of_again() -> None:
    story = booked().at(START - DAY).when(amended(2, booker=1, starts_at=START + 2 * DAY, ends_at=END + 2 * DAY))
    assert letters(story) == [Letter.CHANGED]
    story.at(START + DAY)
    assert (reminded(story), letters(story)) == (1, [Letter.REMINDER])


def test_a_prison_chooses_how_long_before_and_whether_at_all() -> None:
    assert reminded(Story(Rules(remind_before=2 * HOUR)).when(plan()).at(START - 2 * HOUR)) == 1
    assert reminded(Story(Rules(remind_before=0)).when(plan()).at(START)) == 0
    assert reminded(booked(needs_approval=True).at(START)) == 0
