"""What a booking system may change: everything before the meeting, and nothing that hangs one up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.lifecycle.story import (
    END,
    INTERPRETER,
    LAWYER,
    OFFICER,
    PROBATION,
    START,
    Story,
    amended,
    ended,
    ending,
    planned,
    private,
    ready,
    secure,
)
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import HOUR, MINUTE
from vmrd.lifecycle.words import Observation, Phase


def test_an_amendment_before_the_meeting_is_applied_whole() -> None:
    story = planned().when(
        amended(
            starts_at=START + HOUR,
            ends_at=END + HOUR,
            room="MDI-VIDEO-2",
            room_address="room2@mdi.example.org",
            attendees=(PROBATION,),
            observation=Observation.PATROL,
        )
    )
    session = story.session
    assert (session.starts_at, session.ends_at, session.room) == (START + HOUR, END + HOUR, "MDI-VIDEO-2")
    assert set(session.attendees) == {PROBATION.ref}
    assert session.observation is Observation.PATROL
    assert story.wake == START + HOUR - 24 * HOUR


def test_an_old_or_repeated_amendment_changes_nothing() -> None:
    story = planned().when(amended(3, ends_at=END + HOUR))
    story.when(amended(2, ends_at=END)).nothing()
    story.when(amended(3, ends_at=END)).nothing()


def test_a_live_meeting_takes_over_people_and_a_later_end() -> None:
    story = secure().when(amended(attendees=(LAWYER, PROBATION), ends_at=END + HOUR))
    assert set(story.session.attendees) == {LAWYER.ref, PROBATION.ref}
    assert story.session.ends_at == END + HOUR
    assert story.light().secure
    assert not [alert for alert in story.alerts() if alert.startswith("booking-changed")]


@pytest.mark.parametrize(
    "change",
    [{"starts_at": START + HOUR}, {"room": "MDI-VIDEO-2"}, {"room_address": None}, {"ends_at": START + MINUTE}],
)
def test_what_a_live_meeting_cannot_take_over_waits_for_the_officer(change: dict[str, object]) -> None:
    story = secure().when(amended(**change)).then(f.Amended, f.AmendmentHeld, f.AlertRaised)
    assert "booking-changed:2" in story.alerts()
    booked = (START, END, "MDI-VIDEO-1", "room1@mdi.example.org")
    session = story.session
    assert (session.starts_at, session.ends_at, session.room, session.room_address) == booked
    story.when(i.Acknowledge("booking-changed:2", OFFICER))
    assert "booking-changed:2" not in story.alerts()


def test_a_meeting_the_officer_extended_is_not_hung_up_by_an_amendment() -> None:
    story = private().at(END).when(i.Extend(END + HOUR, OFFICER)).at(END + 30 * MINUTE)
    story.when(amended(attendees=(LAWYER, PROBATION))).in_phase(Phase.PRIVATE)
    assert story.session.ends_at == END + HOUR


def test_somebody_checked_who_is_no_longer_booked_stays_on_the_list_of_a_live_meeting() -> None:
    story = private().when(amended(attendees=(PROBATION,)))
    assert set(story.session.attendees) == {LAWYER.ref, PROBATION.ref}
    assert story.light().secure


def test_somebody_newly_required_darkens_the_light_until_there_or_waived() -> None:
    story = private().when(amended(attendees=(LAWYER, replace(PROBATION, required=True))))
    assert story.dark() == {f"required-missing:{PROBATION.ref}"}
    assert story.when(i.Waive(PROBATION.ref, OFFICER)).light().secure


def test_what_officers_added_and_waived_outlives_an_amendment() -> None:
    story = ready().when(i.Expect(INTERPRETER, OFFICER)).when(i.Waive(LAWYER.ref, OFFICER)).when(amended())
    assert set(story.session.attendees) == {LAWYER.ref, INTERPRETER.ref}
    assert story.session.attendees[LAWYER.ref].waived_by == OFFICER


def test_a_cancellation_before_the_meeting_destroys_the_link() -> None:
    story = ready().when(i.Cancel(1, "withdrawn")).in_phase(Phase.CANCELLED)
    assert story.session.reason == "withdrawn"
    assert {"session.cancelled"} == {tell.event for tell in story.commands if isinstance(tell, c.Tell)}
    assert story.has(c.DeleteVmr)
    story.when(i.Cancel(1, "withdrawn")).nothing()
    story.when(amended(9)).nothing()


def test_an_old_cancellation_is_no_cancellation() -> None:
    planned().when(amended(3, ends_at=END + HOUR)).when(i.Cancel(2, "withdrawn")).nothing()


@pytest.mark.parametrize("stage", [secure, private, ending])
def test_a_live_meeting_is_never_hung_up_by_a_cancellation(stage: object) -> None:
    story: Story = stage()  # type: ignore[operator]
    phase = story.session.phase
    story.when(i.Cancel(2, "withdrawn")).then(f.CancellationHeld, f.AlertRaised).in_phase(phase)
    assert "booking-cancelled" in story.alerts()
    story.when(i.Cancel(2, "withdrawn")).nothing()
    story.when(i.Acknowledge("booking-cancelled", OFFICER)).when(i.Cancel(2, "withdrawn")).nothing()


def test_an_ended_session_hears_no_booking() -> None:
    ended().when(i.Cancel(2, "withdrawn")).nothing()
    ended().when(amended(2, ends_at=END + HOUR)).nothing()
