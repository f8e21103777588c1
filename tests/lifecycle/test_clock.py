"""The clock: warnings before the end, the end by purpose, extensions, reminders."""

from __future__ import annotations

import pytest

from tests.lifecycle.story import (
    END,
    OFFICER,
    checked,
    ended,
    ending,
    opened,
    planned,
    private,
    ready,
    secure,
)
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.decide import wake_at
from vmrd.lifecycle.rules import HOUR, MINUTE, SECOND, Rules
from vmrd.lifecycle.words import Phase, Purpose


def time_left(alerts: set[str]) -> set[str]:
    return {alert for alert in alerts if alert.startswith("time-left")}


def test_the_end_is_announced_ten_five_and_one_minutes_ahead_one_at_a_time() -> None:
    story = private()
    for minutes in (10, 5, 1):
        story.at(END - minutes * MINUTE)
        assert story.one(f.TimeWarned).minutes == minutes
        assert time_left(story.alerts()) == {f"time-left:{minutes}"}
    story.at(END)
    assert time_left(story.alerts()) == set()
    assert "overrun" in story.alerts()


def test_warnings_slept_through_are_given_at_once_as_the_nearest() -> None:
    story = private()
    story.now = END - 4 * MINUTE
    story.when(i.WakeUp())
    assert [fact.minutes for fact in story.facts if isinstance(fact, f.TimeWarned)] == [10, 5]
    assert time_left(story.alerts()) == {"time-left:5"}


@pytest.mark.parametrize("purpose", [Purpose.LEGAL_CONSULTATION, Purpose.PROBATION, Purpose.PSYCHOLOGY, Purpose.OTHER])
def test_a_consultation_ends_by_the_clock_after_its_grace(purpose: Purpose) -> None:
    story = private(purpose=purpose).at(END + 5 * MINUTE - SECOND).in_phase(Phase.PRIVATE)
    story.at(END + 5 * MINUTE).in_phase(Phase.ENDING)
    assert story.session.ending_why == "time"
    assert "prisoner-still-in" in story.alerts()
    assert "overrun" not in story.alerts()


@pytest.mark.parametrize("purpose", [Purpose.COURT_HEARING, Purpose.PAROLE_HEARING, Purpose.EXTRADITION])
def test_a_hearing_is_ended_by_a_person_only(purpose: Purpose) -> None:
    story = private(purpose=purpose).at(END + 3 * HOUR).in_phase(Phase.PRIVATE)
    assert "overrun" in story.alerts()
    story.when(i.End(OFFICER)).in_phase(Phase.ENDING)


def test_an_extension_moves_the_end_and_warns_anew() -> None:
    story = private().at(END - MINUTE).when(i.Extend(END + 30 * MINUTE, OFFICER))
    assert story.one(c.Tell).event == "session.extended"
    assert time_left(story.alerts()) == {"time-left:1"} or time_left(story.alerts()) == set()
    story.at(END + 20 * MINUTE)
    assert time_left(story.alerts()) == {"time-left:10"}
    story.at(END + 34 * MINUTE).in_phase(Phase.PRIVATE).at(END + 35 * MINUTE).in_phase(Phase.ENDING)


def test_an_extension_backwards_or_after_the_end_is_none() -> None:
    private().when(i.Extend(END, OFFICER)).nothing()
    ending().when(i.Extend(END + HOUR, OFFICER)).refuses("over")


def test_an_unlocked_meeting_is_reminded_of() -> None:
    story = checked().after(5 * MINUTE)
    assert "lock-reminder" in story.alerts()
    assert "lock-reminder" not in story.when(i.LockRoom(OFFICER)).alerts()


def test_nobody_is_reminded_of_a_lock_that_holds() -> None:
    assert "lock-reminder" not in secure().after(10 * MINUTE).alerts()


def test_an_establishment_sets_its_own_times() -> None:
    rules = Rules(warn_minutes=(15,), end_grace=MINUTE, ends_by_clock=frozenset({Purpose.COURT_HEARING}))
    story = private(rules, purpose=Purpose.COURT_HEARING).at(END - 15 * MINUTE)
    assert time_left(story.alerts()) == {"time-left:15"}
    story.at(END + MINUTE).in_phase(Phase.ENDING)


def test_an_interrupted_consultation_ends_by_the_clock_too() -> None:
    opened().lost().at(END + 5 * MINUTE).in_phase(Phase.ENDING)


def test_looking_at_the_clock_too_early_does_nothing() -> None:
    for story in (planned(), ready(), private()):
        story.when(i.WakeUp()).nothing()


def test_what_is_over_no_longer_watches_the_clock() -> None:
    story = ended().when(i.VmrDeleted(1)).after(150 * SECOND).when(i.AliasProbed(1, 0, 2))
    story.when(i.ConfirmOutcome(OFFICER)).when(i.CommandDone("wipe"))
    assert story.wake is None


def test_a_session_that_slept_through_its_time_is_due_at_once() -> None:
    story = private()
    assert wake_at(story.session, story.rules, END - 3 * MINUTE) == END - 3 * MINUTE
