"""Works in the room of a session: told once, up while they meet the booked time, gone when they do not."""

from __future__ import annotations

import pytest

from tests.lifecycle.story import END, START, Story, amended, ended, planned, private, ready
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import HOUR, MINUTE
from vmrd.lifecycle.words import Phase
from vmrd.lifecycle.works import Works
from vmrd.web.sentences import alert_text

WHOLE = Works("works-1", START - HOUR, END + HOUR)
LATE = Works("works-2", START + 30 * MINUTE, END + HOUR)


def flags(story: Story) -> set[str]:
    return {alert for alert in story.alerts() if alert.startswith("room-out-of-use")}


@pytest.mark.parametrize("stage", [planned, ready, private])
def test_works_that_have_the_room_are_an_alert_and_hang_nobody_up(stage: object) -> None:
    story: Story = stage()  # type: ignore[operator]
    phase = story.session.phase
    story.when(i.RoomWorks((WHOLE,))).then(f.RoomWorksChanged, f.AlertRaised).in_phase(phase)
    assert flags(story) == {f"room-out-of-use:{START}"}
    story.when(i.RoomWorks((WHOLE,))).nothing()


def test_the_officer_reads_from_when_the_room_is_gone() -> None:
    story = planned().when(i.RoomWorks((LATE,)))
    [alert] = [each for each in story.session.alerts.values() if each.code == "room-out-of-use"]
    # half an hour after 15:13, when the meeting of these stories begins in London
    assert alert_text(alert, "nobody") == "Room out of use from 15:43: works"


def test_two_windows_are_two_alerts_and_each_ends_with_its_own() -> None:
    story = planned().when(i.RoomWorks((WHOLE, LATE)))
    assert flags(story) == {f"room-out-of-use:{START}", f"room-out-of-use:{LATE.start}"}
    story.when(i.RoomWorks((LATE,)))
    assert flags(story) == {f"room-out-of-use:{LATE.start}"}


def test_a_withdrawn_window_clears_the_alert_and_says_so_once() -> None:
    story = planned().when(i.RoomWorks((WHOLE,))).when(i.RoomWorks(()))
    story.then(f.RoomWorksChanged, f.AlertEnded)
    assert flags(story) == set()
    story.when(i.RoomWorks(())).nothing()


def test_a_meeting_booked_out_of_the_way_is_no_longer_flagged() -> None:
    story = planned().when(i.RoomWorks((WHOLE,))).when(amended(starts_at=END + HOUR, ends_at=END + 2 * HOUR))
    assert flags(story) == set()


def test_a_cancelled_session_flags_nothing_and_hears_of_no_works() -> None:
    story = ready().when(i.RoomWorks((WHOLE,))).when(i.Cancel(2, "withdrawn")).in_phase(Phase.CANCELLED)
    assert flags(story) == set()
    story.when(i.RoomWorks(())).nothing()
    ended().when(i.RoomWorks((WHOLE,))).nothing()
