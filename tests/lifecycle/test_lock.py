"""The lock: one press, never refused while there is a meeting; asked and confirmed are two things; it is held."""

from __future__ import annotations

import pytest

from tests.lifecycle.story import (
    OFFICER,
    Story,
    arrived,
    browser,
    checked,
    ended,
    opened,
    own,
    private,
    secure,
    starting,
)
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.inputs import Source
from vmrd.lifecycle.rules import SECOND
from vmrd.lifecycle.words import LockState, Phase, Role, Unlocker

LOCK, UNLOCK = c.SetLock(True), c.SetLock(False)


def set_locks(story: Story) -> list[c.Command]:
    return [command for command in story.commands if isinstance(command, c.SetLock)]


@pytest.mark.parametrize("story", [starting(), opened(), checked(), opened().lost()])
def test_lock_is_never_refused_in_a_running_meeting(story: Story) -> None:
    story.when(i.LockRoom(OFFICER)).then(*([f.LockRequested, f.Asked] if story.session.meeting else [f.LockRequested]))
    assert story.session.lock.wanted
    story.when(i.LockRoom(OFFICER)).nothing()


def test_there_is_nothing_to_lock_before_and_after() -> None:
    arrived().when(i.LockRoom(OFFICER)).refuses("not-running")
    ended().when(i.LockRoom(OFFICER)).refuses("over")


def test_asked_is_not_locked_until_pexip_shows_it() -> None:
    story = checked().when(i.LockRoom(OFFICER))
    assert story.session.lock.state is LockState.LOCKING
    assert story.dark() == {"not-locked"}
    story.when(i.CommandDone("lock")).nothing()
    story.flags(locked=True).then(f.Locked, f.OrderAdvanced, f.AskEnded)
    assert story.session.lock.confirmed_at == story.now
    assert story.light().secure


def test_a_lock_not_confirmed_in_three_seconds_is_shown_and_asked_again() -> None:
    story = checked().when(i.LockRoom(OFFICER)).after(3 * SECOND)
    assert "lock-unconfirmed" in story.alerts()
    assert set_locks(story) == [LOCK]
    story.shown(Source.READ, locked=True)
    assert "lock-unconfirmed" not in story.alerts()


def test_a_room_unlocked_behind_our_back_is_locked_again_at_once() -> None:
    story = private().flags(locked=False)
    assert story.one(f.Unlocked).drift
    assert set_locks(story) == [LOCK]
    assert {"lock-drift", "breach"} <= story.alerts()
    assert "not-locked" in story.dark()
    story.flags(locked=True)
    assert story.light().secure
    assert "lock-drift" in story.alerts(), "the officer must hear of it though it is mended"
    story.when(i.Acknowledge("lock-drift", OFFICER))
    assert "lock-drift" not in story.alerts()


def test_only_an_officer_unlocks_and_not_while_the_prisoner_is_in() -> None:
    story = private().when(i.UnlockRoom(OFFICER)).refuses("prisoner-in")
    story.when(i.PrisonerOut(OFFICER)).when(i.UnlockRoom(OFFICER))
    assert set_locks(story) == [UNLOCK]
    assert story.dark() == {"unlock-pending"}
    story.when(i.UnlockRoom(OFFICER)).nothing()
    story.after(2 * SECOND)
    assert set_locks(story) == [UNLOCK]
    story.flags(locked=False).then(f.Unlocked, f.OrderAdvanced, f.AskEnded)
    assert story.dark() == {"not-locked"}
    assert "lock-drift" not in story.alerts()
    story.when(i.UnlockRoom(OFFICER)).nothing()


def test_unlock_is_for_a_running_meeting() -> None:
    arrived().when(i.UnlockRoom(OFFICER)).refuses("not-running")
    secure().lost().when(i.UnlockRoom(OFFICER)).refuses("interrupted")


def test_lock_pressed_right_after_unlock_goes_out_at_once() -> None:
    story = secure().when(i.UnlockRoom(OFFICER)).after(20 * SECOND).when(i.LockRoom(OFFICER))
    assert set_locks(story) == [LOCK]


def test_unlock_pressed_right_after_lock_goes_out_at_once() -> None:
    story = checked().when(i.LockRoom(OFFICER)).when(i.UnlockRoom(OFFICER))
    assert set_locks(story) == [UNLOCK]


def test_still_shown_locked_while_we_unlock_is_not_lit() -> None:
    story = secure().when(i.UnlockRoom(OFFICER)).shown(Source.READ)
    assert story.dark() == {"unlock-pending"}


def test_a_lock_by_somebody_else_counts_and_is_not_held() -> None:
    story = checked().flags(locked=True)
    assert story.light().secure
    story.flags(locked=False)
    assert story.dark() == {"not-locked"}
    assert set_locks(story) == []


def test_a_lock_that_pexip_refuses_is_shown_and_tried_on() -> None:
    story = checked().when(i.LockRoom(OFFICER)).when(i.CommandFailed("lock", i.Failure.REFUSED))
    story.then(f.AskFailed, f.AlertRaised)
    assert "command-refused:lock" in story.alerts()
    story.when(i.CommandFailed("lock", i.Failure.UNREACHABLE)).nothing()
    story.after(2 * SECOND)
    assert set_locks(story) == [LOCK]


def test_the_lock_is_gone_with_its_conference() -> None:
    story = secure().lost()
    assert story.session.lock.state is LockState.UNKNOWN
    story.when(i.Open(OFFICER)).roster(own(), browser("ada2"), started=True)
    assert story.session.lock.state is LockState.UNLOCKED
    story.in_phase(Phase.OPENING)


def test_a_lock_that_could_not_be_sent_for_long_is_asked_again_within_seconds_of_pexip_being_back() -> None:
    story = checked().when(i.LockRoom(OFFICER)).when(i.EyesLost()).after(120 * SECOND)
    story.when(i.EyesBack()).after(5 * SECOND)
    assert set_locks(story) == [LOCK]


def told_unlocked(at: int | None) -> i.ConferenceSeen:
    return i.ConferenceSeen(i.Order(0, 0), Source.HINT, locked=False, started=True, recording=False, at=at)


def test_what_was_so_before_the_lock_was_asked_for_undoes_nothing() -> None:
    """An event sink delivers in bulk, late, and from every node: it may tell of the time before the lock."""
    story = secure()
    assert story.session.lock.requested_at is not None
    story.when(told_unlocked(story.session.lock.requested_at - 1)).nothing()
    assert story.light().secure


@pytest.mark.parametrize("later", [None, 0, SECOND])
def test_what_may_be_newer_than_the_lock_darkens_from_any_source(later: int | None) -> None:
    story = secure()
    assert story.session.lock.requested_at is not None
    story.when(told_unlocked(None if later is None else story.session.lock.requested_at + later))
    assert story.dark() == {"not-locked"}
    assert "lock-drift" in story.alerts()


def test_a_lock_that_is_not_confirmed_yet_is_not_proved_by_an_old_event() -> None:
    story = checked().when(i.LockRoom(OFFICER)).when(told_unlocked(0)).nothing()
    assert story.session.lock.state is LockState.LOCKING


@pytest.mark.parametrize(
    ("story", "likely"),
    [
        (private(), Unlocker.ROOM),
        (private().seen(browser("bo", "Bo", role=Role.HOST)), Unlocker.HOST),
        (private().gone("codec"), Unlocker.ELSEWHERE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_undone_lock_names_the_likely_hand(story: Story, likely: Unlocker) -> None:
    story.flags(locked=False)
    assert story.one(f.Unlocked).likely is likely
    assert story.session.lock.drifted is likely


def test_an_unlock_by_an_officer_names_nobody() -> None:
    story = secure().when(i.UnlockRoom(OFFICER)).flags(locked=False)
    assert story.one(f.Unlocked).likely is None
