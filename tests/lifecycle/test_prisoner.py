"""The prisoner in the room: what is asked before, what is written when the world happened anyway, pause, and ticks."""

from __future__ import annotations

from tests.lifecycle.story import (
    CARD,
    LAWYER,
    OFFICER,
    Story,
    arrived,
    browser,
    checked,
    codec,
    own,
    private,
    secure,
    waiting,
)
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import MINUTE, SECOND
from vmrd.lifecycle.secure import Dark, Reason
from vmrd.lifecycle.words import Phase


def prisoner_in(story: Story, *, fresh: bool = True, reason: str | None = None) -> Story:
    return story.when(i.PrisonerIn(OFFICER, fresh, reason))


def test_with_the_light_on_the_prisoner_comes_in() -> None:
    story = prisoner_in(secure()).in_phase(Phase.PRIVATE)
    assert story.one(f.PrisonerCameIn).blocked_by == ()
    assert story.one(c.Tell).event == "session.private"
    prisoner_in(story).nothing()


def test_with_the_light_off_an_officer_must_say_why() -> None:
    story = prisoner_in(checked()).refuses("not-secure")
    assert story.refused is not None
    assert "not locked" in story.refused.sentence
    prisoner_in(story, reason="note-1").in_phase(Phase.PRIVATE)
    assert story.one(f.PrisonerCameIn).blocked_by == ("not-locked",)
    assert {"secure-overridden", "breach"} <= story.alerts()


def test_the_live_read_made_for_this_press_must_succeed() -> None:
    story = prisoner_in(secure(), fresh=False).refuses("not-secure")
    assert story.refused is not None
    assert "cannot see" in story.refused.sentence
    prisoner_in(story, fresh=False, reason="note-1")
    assert story.one(f.PrisonerCameIn).blocked_by == ("blind",)


def test_the_prisoner_comes_in_to_a_running_meeting_only() -> None:
    prisoner_in(arrived(), reason="note-1").refuses("not-running")
    prisoner_in(private().when(i.End(OFFICER)).when(i.PrisonerOut(OFFICER)), reason="note-1").refuses("over")


def test_a_prisoner_brought_in_as_the_conference_was_lost_is_written_down() -> None:
    story = prisoner_in(secure().lost()).refuses("not-secure")
    prisoner_in(story, reason="note-1").in_phase(Phase.INTERRUPTED)
    assert story.session.prisoner.inside
    assert "breach" in story.alerts()


def test_out_again_and_the_room_is_open() -> None:
    story = private().when(i.PrisonerOut(OFFICER), after=MINUTE).in_phase(Phase.OPEN)
    assert story.session.prisoner.was_inside
    assert story.light().secure
    story.when(i.PrisonerOut(OFFICER)).nothing()


def test_pause_means_an_officer_is_there_dark_but_no_alarm() -> None:
    story = private().when(i.Pause(OFFICER)).then(f.Paused)
    assert story.light().reasons == (Reason(Dark.PAUSED),)
    assert story.light().because is None
    story.when(i.Pause(OFFICER)).nothing()
    story.flags(locked=False)
    assert "breach" not in story.alerts()
    story.when(i.Resume(OFFICER))
    assert "breach" in story.alerts()
    story.when(i.Resume(OFFICER)).nothing()


def test_pause_is_for_when_the_prisoner_is_in() -> None:
    secure().when(i.Pause(OFFICER)).refuses("not-private")


def test_nobody_is_let_in_to_a_prisoner() -> None:
    story = private().seen(waiting("late", "Bo"))
    story.when(i.Admit("late", OFFICER)).refuses("prisoner-in")
    assert story.when(i.Refuse("late", OFFICER)).one(c.DisconnectLeg)


def test_somebody_being_let_in_is_not_let_in_again_once_the_prisoner_is_there() -> None:
    story = secure().seen(waiting("late", "Bo")).when(i.Admit("late", OFFICER))
    prisoner_in(story).refuses("not-secure")
    prisoner_in(story, reason="note-1").after(MINUTE)
    assert not story.has(c.AdmitLeg)
    assert "admitting:late" in story.dark()


def test_a_prisoner_who_comes_in_while_the_room_is_being_unlocked_takes_the_unlock_back() -> None:
    story = prisoner_in(secure().when(i.UnlockRoom(OFFICER)), reason="note-1")
    assert story.one(c.SetLock) == c.SetLock(True)
    story.flags(locked=False)
    assert story.after(MINUTE).has(c.SetLock)
    assert c.SetLock(False) not in story.commands


def test_the_prison_room_itself_is_not_removed_while_the_prisoner_is_in() -> None:
    private().when(i.Remove("codec", OFFICER)).refuses("prisoner-in")
    assert secure().when(i.Remove("codec", OFFICER)).one(c.DisconnectLeg)


def test_ticks_not_made_are_reminded_of_and_the_officer_who_goes_in_again_leaves_again() -> None:
    story = private().after(2 * MINUTE)
    assert {"tick-reminder", "tick-officer-left"} <= story.alerts()
    story.when(i.ReminderGiven(OFFICER)).when(i.OfficerLeft(OFFICER))
    assert not {"tick-reminder", "tick-officer-left"} & story.alerts()
    story.when(i.ReminderGiven(OFFICER)).nothing()
    story.when(i.OfficerLeft(OFFICER)).nothing()
    story.when(i.Pause(OFFICER)).when(i.Resume(OFFICER))
    assert story.session.ticks.reminder_given
    assert not story.session.ticks.officer_left


def test_the_prisoner_signals_and_it_stays_up_until_seen() -> None:
    story = private().when(i.Signalled(OFFICER)).then(f.AlertRaised)
    story.when(i.Signalled(OFFICER)).nothing()
    story.when(i.Acknowledge("prisoner-signalled", OFFICER)).then(f.AlertAcknowledged, f.AlertEnded)
    story.when(i.Acknowledge("prisoner-signalled", OFFICER)).nothing()


def test_a_guest_in_trouble_is_shown() -> None:
    assert "guest-trouble" in arrived().when(i.TroubleReported(OFFICER)).alerts()


def test_an_interrupted_meeting_with_the_prisoner_in_is_an_alarm_and_goes_back_to_private() -> None:
    story = private().lost().in_phase(Phase.INTERRUPTED)
    assert {"interrupted", "breach"} <= story.alerts()
    story.when(i.Open(OFFICER)).roster(own(), browser("ada2"), started=True)
    story.when(i.RoomCalled("codec2")).seen(codec("codec2")).in_phase(Phase.PRIVATE)
    assert {"unchecked:ada2", "nobody-checked", "not-locked"} <= story.dark()
    assert "interrupted" not in story.alerts()
    story.when(i.CheckId("ada2", LAWYER.ref, CARD, OFFICER)).when(i.LockRoom(OFFICER))
    story.flags(locked=True)
    assert story.light().secure
    assert "breach" not in story.alerts()


def test_a_prisoner_still_in_at_the_end_is_an_alarm() -> None:
    story = private().when(i.End(OFFICER))
    assert "prisoner-still-in" in story.alerts()
    story.when(i.PrisonerOut(OFFICER))
    assert "prisoner-still-in" not in story.alerts()


def test_the_breach_of_an_ending_meeting_is_over() -> None:
    story = private().flags(locked=False).when(i.End(OFFICER), after=SECOND)
    assert story.one(f.BreachEnded)
