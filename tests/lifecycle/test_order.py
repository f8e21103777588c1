"""Order: late and second-hand sightings may darken and add a threat; they never light, confirm or bring back."""

from __future__ import annotations

import pytest

from tests.lifecycle.story import (
    OFFICER,
    Story,
    browser,
    checked,
    codec,
    opened,
    own,
    phone,
    secure,
    starting,
    waiting,
)
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.inputs import Order, Sighting, Source
from vmrd.lifecycle.rules import SECOND, Rules
from vmrd.lifecycle.words import Kind, LockState, Phase, Role, Where

LATE = Order(1, 0)
"""Before anything the stages took down."""


def late_leg(story: Story, sighting: Sighting) -> Story:
    return story.when(i.LegSeen(LATE, Source.READ, sighting))


def roster(story: Story, *sightings: Sighting, order: Order = LATE, **flags: bool) -> Story:
    usual = {"locked": True, "started": True, "recording": False}
    return story.when(i.RosterSeen(order, Source.READ, sightings, **usual | flags))


def test_a_late_roster_brings_nobody_back_and_takes_nobody_away() -> None:
    story = roster(checked().gone("ada"), own(), browser(), codec()).nothing()
    assert story.session.legs["ada"].where is Where.LEFT
    roster(secure(), own()).nothing()


def test_a_late_roster_does_not_confirm_a_lock() -> None:
    story = roster(checked().when(i.LockRoom(OFFICER)), own(), browser(), codec())
    assert story.session.lock.state is LockState.LOCKING


def test_a_late_unlocked_darkens_until_a_fresh_look_says_locked() -> None:
    story = roster(secure(), own(), browser(), codec(), locked=False)
    assert "not-locked" in story.dark()
    assert story.shown(Source.READ).light().secure


@pytest.mark.parametrize("source", [Source.HINT, Source.READ])
def test_late_recording_darkens_and_late_not_recording_does_not_light(source: Source) -> None:
    story = secure().when(i.ConferenceSeen(LATE, source, True, True, True))
    assert "recording" in story.dark()
    story.when(i.ConferenceSeen(LATE, source, True, True, False)).nothing()
    assert story.flags(recording=False).light().secure


@pytest.mark.parametrize(
    ("sighting", "reason"),
    [
        (browser("bo", "Bo"), "unchecked:bo"),
        (phone(), "phone:phone"),
        (browser(role=Role.HOST), "unexpected-host:ada"),
        (browser(streaming=True), "recorder:ada"),
        (browser(role=Role.HOST, where=Where.WAITING), "unexpected-host:ada"),
    ],
)
def test_a_late_threat_is_taken_down(sighting: Sighting, reason: str) -> None:
    story = late_leg(secure(), sighting)
    assert reason in story.dark()
    assert story.shown(Source.READ).light().secure or sighting.streaming


def test_a_late_entry_darkens() -> None:
    story = late_leg(secure().seen(waiting("bo", "Bo")), browser("bo", "Bo"))
    assert story.dark() == {"unchecked:bo"}


def test_a_late_threat_does_not_take_somebody_out_of_the_room() -> None:
    story = late_leg(secure().seen(browser("bo", "Bo")), waiting("bo", "Bo", role=Role.HOST))
    assert story.session.legs["bo"].where is Where.INSIDE


@pytest.mark.parametrize(
    "sighting",
    [browser(encrypted=True, name="Ada Byron"), browser(where=Where.WAITING), browser(where=Where.ARRIVING)],
)
def test_a_late_improvement_lights_nothing(sighting: Sighting) -> None:
    story = late_leg(secure(Rules(encryption_required=True)).seen(browser(encrypted=False)), sighting).nothing()
    assert story.dark() == {"unencrypted:ada"}


def test_a_hint_cannot_make_the_prison_room_connected() -> None:
    story = starting().roster(own(), browser(), started=True).when(i.RoomCalled("codec"))
    story.when(i.LegSeen(LATE, Source.HINT, codec())).nothing()
    story.seen(codec(where=Where.ARRIVING)).when(i.LegSeen(LATE, Source.HINT, codec()))
    story.in_phase(Phase.OPENING)
    assert not story.session.endpoint_inside


def test_a_hint_cannot_bring_a_checked_person_back_inside() -> None:
    story = secure().seen(waiting("ada", "Ada Byron")).when(i.LegSeen(LATE, Source.HINT, browser()))
    assert story.dark() == {"nobody-checked", "required-missing:att-lawyer"}


def test_a_hint_that_somebody_left_is_waited_for_to_be_seen() -> None:
    secure().when(i.LegGone(Order(1, 99), Source.HINT, "codec")).nothing()


def test_a_late_word_that_the_conference_ended_is_not_believed() -> None:
    secure().when(i.ConferenceGone(LATE, "host-ended")).nothing()


def test_what_the_stream_said_before_the_conference_ended_is_late() -> None:
    story = secure()
    before = story.order()
    story.lost().in_phase(Phase.INTERRUPTED)
    story.when(i.ConferenceSeen(before, Source.STREAM, True, True, False)).nothing()
    story.when(i.LegGone(before, Source.STREAM, "ada")).nothing()
    assert story.session.meeting is None


def test_a_new_stream_makes_everything_of_the_former_late() -> None:
    story = opened()
    former = Order(story.generation, story.number + 50)
    story.generation, story.number = 2, 0
    story.shown()
    assert story.session.seen == (2, 1)
    story.when(i.LegGone(former, Source.STREAM, "ada")).nothing()
    story.shown(Source.READ).nothing()


def test_an_observation_that_changes_nothing_makes_nothing_late() -> None:
    story = secure()
    began = Order(story.generation, story.number)
    story.shown().nothing()
    story.when(i.RosterSeen(began, Source.READ, (own(), codec()), True, True, False))
    assert story.session.legs["ada"].where is Where.LEFT


def test_another_conference_under_our_name_means_ours_ended() -> None:
    story = secure().shown(instance="conf-1")
    story.roster(own("own2", "tag-1"), browser("bo", "Bo"))
    assert story.in_phase(Phase.OPEN).session.meeting is not None
    story.shown(instance="conf-2").in_phase(Phase.INTERRUPTED)
    assert story.one(f.MeetingLost).reason == "replaced"


def test_a_late_look_at_the_former_conference_does_not_interrupt_the_new_one() -> None:
    story = secure().shown(instance="conf-2")
    roster(story, own(), browser(), codec(), order=LATE)
    story.when(i.RosterSeen(LATE, Source.READ, (own(), browser(), codec()), True, True, False, "conf-1"))
    story.shown(instance="conf-2").in_phase(Phase.OPEN)
    assert story.light().secure


def test_a_late_first_word_of_a_conference_is_not_the_conference() -> None:
    story = starting()
    lost = story.lost()
    lost.when(i.ConferenceSeen(LATE, Source.HINT, True, True, False)).nothing()


def test_somebody_hinted_at_who_is_not_there_is_cleared_by_the_next_look() -> None:
    story = secure().when(i.LegSeen(LATE, Source.HINT, browser("ghost", "Bo")))
    assert story.dark() == {"unchecked:ghost"}
    assert story.shown(Source.READ).light().secure
    late_leg(story, browser("ghost", "Bo")).nothing()


def test_a_late_name_voids_no_check() -> None:
    late_leg(secure(), browser(name="Former Name")).nothing()


def test_our_own_leg_stays_ours_whatever_is_heard_late() -> None:
    story = late_leg(secure(), own(tag=""))
    assert story.session.legs["own"].kind is Kind.OWN
    assert story.light().secure


def test_facts_of_a_read_taken_down_make_older_events_late() -> None:
    story = secure()
    event = i.LegGone(Order(story.generation, story.number), Source.STREAM, "ada")
    story.roster(own(), browser(), codec(), browser("bo", "Bo"), source=Source.READ)
    story.when(event).nothing()
    assert story.after(SECOND).session.legs["ada"].where is Where.INSIDE
