"""Minutes of booked time that were lost, and to what."""

from __future__ import annotations

from tests.lifecycle.story import CARD, LAWYER, OFFICER, START, Story, browser, codec, own, private, ready, waiting
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.minutes import Lost, minutes_lost
from vmrd.lifecycle.rules import MINUTE, SECOND
from vmrd.lifecycle.words import Phase


def lost(story: Story) -> Lost:
    return minutes_lost(zip(story.written_at, story.journal, strict=True))


def over(story: Story) -> Story:
    """End pressed, and everybody gone."""
    story.when(i.End(OFFICER))
    story.gone("ada").gone("codec")
    return story.when(i.EmptySeen(), after=SECOND).when(i.EmptySeen(), after=5 * SECOND).in_phase(Phase.ENDED)


def started(story: Story) -> Story:
    """Open was pressed, and the prison room answers at once; nobody else is there."""
    return story.when(i.Open(OFFICER)).roster(own(), started=True).when(i.RoomCalled("codec")).seen(codec())


def test_a_meeting_that_is_not_over_has_lost_nothing_yet() -> None:
    assert lost(private()) == Lost()


def test_each_minute_before_the_prisoner_is_in_belongs_to_one_cause() -> None:
    story = started(ready().at(START + 4 * MINUTE))
    story.after(3 * MINUTE).seen(browser())
    story.when(i.CheckId("ada", LAWYER.ref, CARD, OFFICER), after=5 * MINUTE)
    story.when(i.LockRoom(OFFICER), after=MINUTE).flags(locked=True)
    story.when(i.PrisonerIn(OFFICER, eyes_fresh=True), after=2 * MINUTE).in_phase(Phase.PRIVATE)
    story.when(i.PrisonerOut(OFFICER), after=10 * MINUTE)
    assert lost(over(story)) == Lost(late_open=4, late_guest=3, id_check=6, fetching=2)


def test_a_guest_who_waits_is_not_late_because_the_prison_is() -> None:
    story = ready().at(START).seen(waiting()).at(START + 5 * MINUTE).when(i.Open(OFFICER))
    story.roster(own(), browser(), started=True).when(i.RoomCalled("codec")).seen(codec())
    assert lost(over(story)) == Lost(late_open=5)


def test_what_happens_before_the_booked_start_costs_nothing() -> None:
    story = started(ready())
    assert lost(over(story.at(START - MINUTE))) == Lost()


def test_a_cut_off_in_the_middle_is_a_drop_out() -> None:
    story = private().at(START + 10 * MINUTE).lost()
    story.after(3 * MINUTE)
    again = story.when(i.Open(OFFICER)).roster(own(), browser(), started=True, locked=False)
    again.when(i.RoomCalled("codec")).seen(codec())
    assert lost(over(again)).drop_outs == 3


def test_what_goes_on_beyond_the_booked_end_is_overrun_and_no_loss() -> None:
    story = private()
    story.when(i.Extend(story.session.ends_at + 30 * MINUTE, OFFICER))
    story.at(story.session.booked_end + 7 * MINUTE).when(i.PrisonerOut(OFFICER))
    assert lost(over(story)).overrun == 7
