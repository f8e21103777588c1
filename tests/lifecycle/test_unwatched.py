"""A meeting that nobody looks at, because there are more than can be: it is blind, it rings, and it says why."""

from __future__ import annotations

import pytest

from tests.lifecycle.story import OFFICER, Story, arrived, ended, opened, plan, planned, preparing, private
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import MINUTE, SECOND, Rules
from vmrd.lifecycle.secure import Because
from vmrd.lifecycle.words import Control, Phase

SOON = Rules().blind_alarm_after


@pytest.mark.parametrize("stage", [arrived, opened, private])
def test_a_meeting_nobody_ever_looked_at_rings_as_soon_as_lost_sight_does(stage: object) -> None:
    story: Story = stage()  # type: ignore[operator]
    assert story.when(i.Unwatched()).one(f.WentBlind).unwatched
    assert not {"blind", "unwatched"} & set(story.after(SOON - SECOND).alerts())
    assert "unwatched" in story.after(SECOND).alerts()
    assert "blind" not in story.alerts(), "one alarm, not two"


def test_told_again_by_every_replica_it_is_one_alarm() -> None:
    story = private().when(i.Unwatched()).after(SOON)
    assert "unwatched" in story.alerts()
    story.when(i.Unwatched()).nothing()
    story.when(i.EyesLost()).nothing()


def test_where_sight_was_lost_before_the_alarm_says_what_is_so_now() -> None:
    story = private().when(i.EyesLost()).after(SOON)
    since = story.session.blind_since
    story.when(i.Unwatched()).then(f.WentBlind, f.AlertEnded, f.AlertRaised)
    assert ("unwatched" in story.alerts(), "blind" in story.alerts()) == (True, False)
    assert story.session.blind_since == since


def test_the_first_sight_of_it_ends_the_alarm() -> None:
    story = private().when(i.Unwatched()).after(SOON)
    story.when(i.EyesBack()).then(f.SightReturned, f.AlertEnded)
    assert not {"blind", "unwatched"} & set(story.alerts())
    assert not story.session.unwatched


def test_with_the_prisoner_in_the_light_is_dark_as_blind() -> None:
    assert private().when(i.Unwatched()).light(fresh=False).because is Because.BLIND


def test_an_alarm_from_before_the_opening_goes_on_after_it() -> None:
    story = arrived().when(i.Unwatched()).after(SOON).when(i.Open(OFFICER)).in_phase(Phase.OPENING)
    assert "unwatched" in story.alerts()
    assert len([fact for fact in story.journal if isinstance(fact, f.AlertRaised) and fact.code == "unwatched"]) == 1


def test_it_ends_with_the_meeting() -> None:
    story = private().when(i.Unwatched()).after(SOON).when(i.End(OFFICER))
    assert "unwatched" not in story.alerts()
    assert not story.session.unwatched
    story.when(i.Unwatched()).nothing()


@pytest.mark.parametrize("stage", [planned, preparing, ended])
def test_what_nobody_need_look_at_does_not_ring(stage: object) -> None:
    story: Story = stage()  # type: ignore[operator]
    story.when(i.Unwatched()).nothing()


def test_a_courts_own_room_is_not_ours_to_look_at() -> None:
    story = Story().when(plan(control=Control.OBSERVE)).at(plan().starts_at - MINUTE).when(i.WakeUp())
    story.in_phase(Phase.READY).when(i.Unwatched()).nothing()
