"""Opening: the sweep first, then the start that lets everybody in, then the prison room."""

from __future__ import annotations

import pytest

from tests.lifecycle.story import (
    OFFICER,
    START,
    arrived,
    browser,
    codec,
    opened,
    own,
    phone,
    preparing,
    ready,
    recorder,
    starting,
    waiting,
)
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.inputs import Sighting
from vmrd.lifecycle.rules import MINUTE, SECOND, Rules
from vmrd.lifecycle.words import LockState, Phase, Role, Step, Where

LOCKED_FIRST = Rules(opening_locked_first=True)


@pytest.mark.parametrize("unwanted", [phone(where=Where.WAITING), recorder(where=Where.ARRIVING)])
def test_phones_and_recorders_are_out_before_anybody_is_let_in(unwanted: Sighting) -> None:
    story = arrived(None, unwanted).when(i.Open(OFFICER))
    assert story.one(c.DisconnectLeg) == c.DisconnectLeg(unwanted.leg)
    assert not story.has(c.StartConference)
    story.gone(unwanted.leg)
    assert story.one(c.StartConference)


def test_a_phone_that_will_not_go_is_asked_again_and_shown() -> None:
    story = arrived(None, phone(where=Where.WAITING)).when(i.Open(OFFICER)).after(11 * SECOND)
    assert [command for command in story.commands if isinstance(command, c.DisconnectLeg)]
    assert not story.has(c.StartConference)
    assert "sweep-slow" in story.alerts()
    assert "sweep-slow" not in story.gone("phone").alerts()


def test_somebody_refused_before_opening_is_out_before_anybody_is_let_in() -> None:
    story = arrived(None, waiting("stranger", "Bo")).when(i.Refuse("stranger", OFFICER))
    story.after(3 * SECOND)
    assert story.one(c.DisconnectLeg) == c.DisconnectLeg("stranger"), "asked again while people still wait"
    story.when(i.Open(OFFICER))
    assert not story.has(c.StartConference)
    assert story.gone("stranger").one(c.StartConference)


def test_a_stranger_nobody_refused_comes_in_with_the_others_and_keeps_the_light_dark() -> None:
    story = arrived(None, waiting("stranger", "Bo")).when(i.Open(OFFICER))
    assert story.one(c.StartConference)
    story.roster(own(), browser(), browser("stranger", "Bo"), started=True)
    story.when(i.RoomCalled("codec")).seen(codec()).in_phase(Phase.OPEN)
    assert "unchecked:stranger" in story.dark()


def test_the_room_is_called_once_pexip_shows_the_start_and_again_until_it_answers() -> None:
    story = starting()
    assert story.session.opening is not None
    assert story.session.opening.step is Step.STARTING
    story.after(2 * SECOND)
    assert story.one(c.StartConference)
    story.roster(own(), browser(), started=True)
    assert story.one(c.EnsureEndpointInside) == c.EnsureEndpointInside("room1@mdi.example.org")
    story.when(i.RoomCalled("codec")).seen(codec(where=Where.ARRIVING, has_media=False, has_video=False))
    story.in_phase(Phase.OPENING).after(15 * SECOND)
    assert story.one(c.EnsureEndpointInside)
    story.seen(codec()).in_phase(Phase.OPEN)
    assert story.one(f.Opened).elsewhere is False
    assert story.one(c.Tell).event == "session.opened"


def test_a_call_nobody_picked_up_is_made_again() -> None:
    story = starting().roster(own(), browser(), started=True).when(i.RoomCalled("codec"))
    story.seen(codec(where=Where.ARRIVING)).gone("codec")
    assert story.session.endpoint.leg is None
    story.after(5 * SECOND)
    assert story.one(c.EnsureEndpointInside)
    story.when(i.RoomCalled("codec")).nothing()
    story.when(i.RoomCalled("codec2")).seen(codec("codec2")).in_phase(Phase.OPEN)


def test_our_call_may_show_in_the_roster_before_its_answer_comes() -> None:
    story = starting().roster(own(), browser(), started=True).seen(codec())
    assert "unexpected-host:codec" not in story.alerts()
    story.when(i.RoomCalled("codec"), after=SECOND).in_phase(Phase.OPEN)
    assert not story.session.pin_burnt


def test_a_slow_opening_shows_its_clock() -> None:
    story = starting().after(45 * SECOND)
    assert "opening-slow" in story.alerts()
    story.roster(own(), browser(), started=True).when(i.RoomCalled("codec")).seen(codec()).in_phase(Phase.OPEN)
    assert "opening-slow" not in story.alerts()


def test_a_meeting_started_at_the_codec_is_open_and_says_so() -> None:
    story = ready().at(START).roster(own(), browser(), codec(dialled_out=False), started=True)
    story.in_phase(Phase.OPEN)
    assert story.one(f.Opened).elsewhere
    assert {"opened-elsewhere", "unexpected-host:codec", "room-lost"} <= story.alerts()
    assert not story.has(c.EnsureEndpointInside), "the room is there already"
    story.when(i.ClaimRoom("codec", OFFICER))
    assert not {"unexpected-host:codec", "room-lost"} & story.alerts()
    assert not story.session.pin_burnt, "the officer says the Host is the room's own"
    story.when(i.Acknowledge("opened-elsewhere", OFFICER))
    assert "opened-elsewhere" not in story.alerts()


def test_a_lost_call_to_a_room_opened_elsewhere_is_made_again() -> None:
    story = ready().at(START).roster(own(), browser(), started=True)
    story.when(i.CallRoom(OFFICER))
    assert story.one(c.EnsureEndpointInside)
    story.when(i.CallRoom(OFFICER)).nothing()
    story.after(5 * SECOND)
    assert story.one(c.EnsureEndpointInside)


def test_locked_first_locks_sweeps_starts_and_admits_one_by_one() -> None:
    story = arrived(LOCKED_FIRST).when(i.Open(OFFICER), after=SECOND)
    assert story.one(c.SetLock) == c.SetLock(True)
    assert not story.has(c.StartConference)
    assert story.flags(locked=True).one(c.StartConference)
    story.flags(started=True).when(i.RoomCalled("codec")).seen(codec()).in_phase(Phase.OPEN)
    assert not any(isinstance(fact, f.OpeningFellBack) for fact in story.journal)
    assert [leg.id for leg in story.session.held()] == ["ada"]
    assert story.session.knocks == {}, "those who were early are not late"
    assert story.when(i.Admit("ada", OFFICER)).one(c.AdmitLeg) == c.AdmitLeg("ada")


def test_where_pexip_lets_people_into_a_room_locked_before_its_start_the_journal_says_so() -> None:
    story = arrived(LOCKED_FIRST).when(i.Open(OFFICER), after=SECOND).flags(locked=True)
    story.roster(own(), browser(), started=True).when(i.RoomCalled("codec")).seen(codec()).in_phase(Phase.OPEN)
    assert any(isinstance(fact, f.OpeningFellBack) for fact in story.journal)


def test_a_lock_that_never_shows_does_not_hold_up_the_opening_and_is_never_taken_back_by_rule() -> None:
    story = arrived(LOCKED_FIRST).when(i.Open(OFFICER), after=SECOND).after(10 * SECOND)
    assert story.one(f.OpeningFellBack)
    assert story.has(c.StartConference)
    assert c.SetLock(False) not in story.commands
    assert story.session.lock.state is LockState.LOCKING
    story.roster(own(), browser(), started=True).when(i.RoomCalled("codec")).seen(codec()).in_phase(Phase.OPEN)
    story.flags(locked=True)
    assert story.session.lock.state is LockState.LOCKED


def test_the_conference_ending_while_we_open_interrupts() -> None:
    story = starting().lost().in_phase(Phase.INTERRUPTED)
    assert "interrupted" in story.alerts()


def test_a_host_who_is_no_endpoint_of_ours_does_not_open_the_meeting() -> None:
    story = starting().roster(own(), browser(), browser("host", "Bo", role=Role.HOST), started=True)
    story.after(6 * SECOND).in_phase(Phase.OPENING)
    assert "unexpected-host:host" in story.alerts()


def test_opening_again_after_it_opened_changes_nothing() -> None:
    opened().when(i.Open(OFFICER)).nothing()


def test_a_session_left_in_opening_ends_by_its_clock() -> None:
    story = starting().at(START + 2 * 60 * MINUTE).in_phase(Phase.ENDING)
    assert story.session.ending_why == "time"


def test_open_pressed_in_the_very_moment_it_becomes_possible_is_not_left_unwatched_for_ever() -> None:
    """The clock jumped and the officer's press came before anybody had looked at it: nobody took the control token."""
    story = preparing().when(i.VmrEnsured(1), after=SECOND).after(MINUTE).when(i.AliasProbed(1, 2, 2))
    story.now = START - story.rules.open_before
    story.when(i.Open(OFFICER)).in_phase(Phase.OPENING)
    assert story.session.watched
