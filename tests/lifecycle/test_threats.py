"""Phones, recorders, Hosts nobody expects, shared screens, a lost room: what is put out and what is shown."""

from __future__ import annotations

import pytest

from tests.lifecycle.story import (
    OFFICER,
    START,
    amended,
    arrived,
    browser,
    codec,
    opened,
    own,
    phone,
    planned,
    preparing,
    private,
    ready,
    recorder,
    secure,
    waiting,
)
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.inputs import Failure, Sighting, Source
from vmrd.lifecycle.rules import HOUR, MINUTE, SECOND, Rules
from vmrd.lifecycle.words import Kind, Phase, Role, Where


@pytest.mark.parametrize("unwanted", [phone(), recorder()])
def test_a_phone_or_recorder_inside_is_put_out_and_its_exposure_written(unwanted: Sighting) -> None:
    story = private().seen(unwanted)
    exposed = story.one(f.Exposed)
    assert (exposed.leg, exposed.prisoner_inside) == (unwanted.leg, True)
    assert story.one(c.DisconnectLeg) == c.DisconnectLeg(unwanted.leg)
    assert f"{exposed.kind}-was-inside:{unwanted.leg}" in story.alerts()
    assert f"remove:{unwanted.leg}" in story.session.asks
    story.gone(unwanted.leg)
    assert f"remove:{unwanted.leg}" not in story.session.asks
    assert f"{exposed.kind}-was-inside:{unwanted.leg}" in story.alerts(), "it must be shown though it is over"
    assert story.light().secure


def test_a_phone_held_outside_is_put_out_and_was_not_exposed() -> None:
    story = secure().seen(phone(where=Where.WAITING))
    assert story.one(c.DisconnectLeg)
    assert not story.has(f.Exposed)
    assert story.one(c.Tell).event == "session.phone_refused"
    assert story.session.knocks == {}
    assert story.light().secure


def test_a_phone_is_put_out_again_until_it_is_gone() -> None:
    story = secure().seen(phone()).when(i.CommandFailed("remove:phone", i.Failure.UNREACHABLE)).nothing()
    story.after(MINUTE)
    assert sum(isinstance(command, c.DisconnectLeg) for command in story.commands) >= 4
    story.when(i.CommandFailed("remove:phone", i.Failure.GONE)).nothing()


def test_a_phone_that_comes_before_opening_waits_for_the_sweep_and_may_never_be_admitted() -> None:
    story = ready().seen(phone(where=Where.WAITING))
    assert not story.has(c.DisconnectLeg)
    opened().seen(phone(where=Where.WAITING)).when(i.Admit("phone", OFFICER)).refuses("cannot-be-checked")


def test_a_hint_is_enough_to_put_a_phone_out() -> None:
    story = secure().when(i.LegSeen(i.Order(0, 0), Source.HINT, phone()))
    assert story.one(c.DisconnectLeg) == c.DisconnectLeg("phone")
    assert "phone:phone" in story.dark()


def test_an_unexpected_host_is_an_alarm_and_the_pin_is_burnt_but_nobody_is_put_out_by_rule() -> None:
    story = private().seen(browser("bo", "Bo", role=Role.HOST))
    assert story.one(f.PinBurnt).leg == "bo"
    assert {"unexpected-host:bo", "breach"} <= story.alerts()
    assert not story.has(c.DisconnectLeg)
    assert story.session.pin_burnt
    assert story.when(i.Remove("bo", OFFICER)).one(c.DisconnectLeg)
    story.when(i.Remove("bo", OFFICER)).nothing()


def test_a_guest_made_host_is_an_alarm_too() -> None:
    assert "unexpected-host:ada" in secure().seen(browser(role=Role.HOST)).alerts()


def test_whoever_is_there_by_a_protocol_that_is_not_allowed_keeps_it_dark_and_is_the_officers_to_decide_on() -> None:
    rules = Rules(protocols_refused=frozenset({i.Protocol.SIP}))
    other = codec("other", address="other@elsewhere.example.org")
    assert secure().seen(other).session.legs["other"].kind is Kind.ROOM_SYSTEM
    story = secure(rules).seen(other)
    assert story.session.legs["other"].kind is Kind.UNSURE
    assert not story.light().secure
    assert not story.has(c.DisconnectLeg)
    assert story.session.endpoint_inside  # our own room calls by it all the same


def test_a_screen_shared_without_notice_is_shown_while_it_lasts() -> None:
    story = secure().seen(browser(presenting=True))
    assert "presenting:ada" in story.alerts()
    assert "presenting:ada" not in story.seen(browser()).alerts()
    assert "presenting:ada" not in secure(screen_share_declared=True).seen(browser(presenting=True)).alerts()
    free = Rules(presenting_needs_declaration=False)
    assert "presenting:ada" not in secure(free).seen(browser(presenting=True)).alerts()


def test_where_it_is_stopped_nobody_can_show_a_screen_that_the_booking_did_not_declare() -> None:
    rules = Rules(presenting_stopped=True)
    late = planned(rules, now=START - HOUR)
    assert late.one(c.EnsureVmr).guests_present is False
    assert planned(rules, now=START - HOUR, screen_share_declared=True).one(c.EnsureVmr).guests_present is True
    secure(rules).when(i.ShareAnnounced(OFFICER)).refuses("not-declared")
    secure(rules, screen_share_declared=True).when(i.ShareAnnounced(OFFICER)).nothing()
    assert "presenting:ada" in secure(rules).seen(browser(presenting=True)).alerts()  # a Host still can: it alarms


def test_a_screen_declared_or_taken_back_later_has_the_room_set_so_until_it_is() -> None:
    rules = Rules(presenting_stopped=True)
    for room in (preparing(rules), ready(rules), secure(rules)):
        declared = room.when(amended(screen_share_declared=True))
        assert declared.one(c.EnsureVmr).guests_present is True
        lost = declared.when(i.CommandFailed("ensure:1", Failure.UNREACHABLE)).after(Rules().retry_after)
        assert lost.one(c.EnsureVmr).guests_present is True
        right = lost.when(i.VmrEnsured(1))
        assert "ensure:1" not in right.session.asks
        assert right.when(amended(3)).one(c.EnsureVmr).guests_present is False
    being_made = planned(rules, now=START - HOUR).when(amended(screen_share_declared=True))
    assert being_made.one(c.EnsureVmr).guests_present is True
    assert not ready().when(amended(screen_share_declared=True)).has(c.EnsureVmr)  # where anybody may, nothing is set


def test_a_meeting_that_runs_keeps_what_it_began_with_and_whoever_looks_is_told() -> None:
    rules = Rules(presenting_stopped=True)
    story = secure(rules)
    assert not story.session.share_unlike_its_beginning
    assert story.when(amended(screen_share_declared=True)).session.share_unlike_its_beginning
    assert not story.when(amended(3)).session.share_unlike_its_beginning  # taken back: as it began
    story.when(amended(4, screen_share_declared=True)).lost()
    assert not story.session.share_unlike_its_beginning
    assert not story.roster(own(), waiting()).session.share_unlike_its_beginning  # the next one begins with it


def test_who_told_the_officer_may_share_a_screen_and_an_amendment_does_not_unsay_it() -> None:
    story = secure().seen(browser(presenting=True)).when(i.ShareAnnounced(OFFICER))
    assert "presenting:ada" not in story.alerts()
    story.when(i.ShareAnnounced(OFFICER)).nothing()
    story.when(amended()).then(f.Amended)
    assert "presenting:ada" not in story.alerts()
    secure(screen_share_declared=True).when(i.ShareAnnounced(OFFICER)).nothing()


def test_who_shows_a_name_that_is_kept_secret_is_asked_to_come_in_again_while_others_can_read_it() -> None:
    alert = "own-name-shown:ada"
    assert alert not in arrived().seen(waiting(own_name=True)).alerts()  # nobody reads the name of somebody who waits
    story = secure().seen(browser(own_name=True))
    assert alert in story.alerts()
    assert alert in story.seen(browser(own_name=True, presenting=True)).alerts()
    assert alert not in story.seen(browser()).alerts()
    assert alert not in story.seen(browser(own_name=True)).gone("ada").alerts()
    assert alert not in secure().seen(browser(own_name=True)).lost().alerts()
    assert alert not in secure().seen(browser(own_name=True)).when(i.End(OFFICER)).alerts()


def test_a_screen_shared_when_the_meeting_ends_is_shared_no_longer() -> None:
    assert "presenting:ada" not in secure().seen(browser(presenting=True)).when(i.End(OFFICER)).alerts()
    assert "presenting:ada" not in secure().seen(browser(presenting=True)).lost().alerts()


def test_the_recording_of_the_conference_is_an_alarm() -> None:
    story = private().flags(recording=True)
    assert {"recording", "breach"} <= story.alerts()
    assert "recording" not in story.flags(recording=False).alerts()


def test_a_lost_room_is_an_alarm_and_called_again_until_it_is_back() -> None:
    story = private().gone("codec")
    assert story.one(f.RoomLost)
    assert {"room-lost", "breach"} <= story.alerts()
    assert story.one(c.EnsureEndpointInside)
    assert story.after(5 * SECOND).one(c.EnsureEndpointInside)
    story.when(i.RoomCalled("codec2")).seen(codec("codec2"))
    assert not {"room-lost", "breach"} & story.alerts()
    assert "room" not in story.session.asks


def test_a_second_call_that_never_showed_is_made_again() -> None:
    story = private().gone("codec").when(i.RoomCalled("codec2")).after(5 * SECOND)
    assert story.one(c.EnsureEndpointInside)


def test_a_room_without_an_address_is_claimed_again() -> None:
    story = arrived(None, room_address=None).when(i.Open(OFFICER), after=SECOND)
    story.roster(own(), browser(), codec(dialled_out=False), started=True).when(i.ClaimRoom("codec", OFFICER))
    story.gone("codec")
    assert "room-lost" in story.alerts()
    assert not story.has(c.EnsureEndpointInside)
    story.seen(codec("codec2", dialled_out=False)).when(i.ClaimRoom("codec2", OFFICER))
    assert "room-lost" not in story.alerts()


def test_calling_the_room_by_hand() -> None:
    opened().when(i.CallRoom(OFFICER)).nothing()
    arrived().when(i.CallRoom(OFFICER)).refuses("not-running")


@pytest.mark.parametrize(
    ("press", "code"),
    [
        (i.Remove("own", OFFICER), "own"),
        (i.Remove("nobody", OFFICER), "unknown-participant"),
        (i.Refuse("nobody", OFFICER), "unknown-participant"),
        (i.Refuse("ada", OFFICER), "inside"),
    ],
)
def test_what_cannot_be_removed_or_refused(press: i.Remove | i.Refuse, code: str) -> None:
    opened().when(press).refuses(code)


def test_somebody_already_gone_needs_no_removing() -> None:
    story = opened().seen(browser("bo", "Bo")).gone("bo")
    story.when(i.Remove("bo", OFFICER)).nothing()
    story.when(i.Refuse("bo", OFFICER)).nothing()


def test_whoever_was_refused_is_flagged_when_they_wait_again_and_not_only_once() -> None:
    story = secure().seen(waiting("bo", "Bo")).when(i.Refuse("bo", OFFICER)).gone("bo")
    story.seen(waiting("bo2", "Bo"))
    assert "refused-returned:bo2" in story.alerts()
    story.when(i.Acknowledge("refused-returned:bo2", OFFICER)).then(f.AlertAcknowledged)
    assert "refused-returned:bo2" not in story.gone("bo2").alerts()
    assert "refused-returned:bo3" in story.seen(waiting("bo3", "Bo")).alerts()
    assert "refused-returned:bo3" not in story.when(i.End(OFFICER)).alerts()


HOME, FIRM = "place-home", "place-firm"


def test_whoever_comes_under_another_name_from_where_somebody_was_refused_is_flagged_and_stays_held() -> None:
    story = secure().seen(waiting("bo", "Bo", place_ref=HOME)).when(i.Refuse("bo", OFFICER)).gone("bo")
    story.seen(waiting("cy", "Cy", place_ref=HOME))
    assert {"refused-place:cy"} == {each for each in story.alerts() if each.startswith("refused")}
    assert not story.has(c.DisconnectLeg)
    assert not story.has(c.AdmitLeg)
    assert story.session.legs["cy"].where is Where.WAITING
    assert "refused-place:cy" not in story.gone("cy").alerts()
    assert not any(each.startswith("refused") for each in story.seen(waiting("dee", "Dee", place_ref=FIRM)).alerts())


def test_a_place_that_somebody_checked_shares_tells_nobody_apart() -> None:
    story = secure().seen(browser(place_ref=FIRM)).seen(waiting("bo", "Bo", place_ref=FIRM))
    story.when(i.Refuse("bo", OFFICER)).gone("bo").seen(waiting("cy", "Cy", place_ref=FIRM))
    assert not any(each.startswith("refused") for each in story.alerts())


def test_a_place_may_come_to_be_known_later_and_from_anybody_and_makes_no_press_stale() -> None:
    story = secure().seen(waiting("bo", "Bo")).when(i.Refuse("bo", OFFICER))
    version = story.session.roster_version
    story.when(i.LegSeen(i.Order(0, 0), Source.HINT, waiting("bo", "Bo", place_ref=HOME))).then(f.PlaceKnown)
    assert story.session.roster_version == version
    story.gone("bo").seen(waiting("cy", "Cy"))
    assert not any(each.startswith("refused") for each in story.alerts())
    story.when(i.LegSeen(i.Order(0, 0), Source.HINT, waiting("cy", "Cy", place_ref=HOME)))
    assert "refused-place:cy" in story.alerts()


def test_where_the_rule_says_so_a_host_nobody_expects_is_put_out() -> None:
    story = private(Rules(unexpected_hosts_removed=True)).seen(browser("bo", "Bo", role=Role.HOST))
    assert story.one(c.DisconnectLeg) == c.DisconnectLeg("bo")
    assert story.one(f.RemovalRequested).why == "unexpected-host"
    assert "unexpected-host:bo" in story.alerts()


def test_a_host_at_our_own_rooms_address_is_never_put_out_by_a_rule() -> None:
    story = secure(Rules(unexpected_hosts_removed=True)).seen(codec("codec2"))
    assert "unexpected-host:codec2" in story.alerts()
    assert not story.has(c.DisconnectLeg)


def test_somebody_who_dials_all_day_does_not_grow_the_session() -> None:
    story = secure()
    for number in range(60):
        story.seen(waiting(f"bo{number}", "Bo")).gone(f"bo{number}")
    assert len(story.session.legs) < 50
    assert len(story.session.knocks) < 50
    assert story.session.legs["ada"].kind is Kind.BROWSER


def test_everyone_but_the_room_has_gone_offers_the_end_and_takes_it_back() -> None:
    story = secure().gone("ada")
    assert story.has(f.EveryoneLeft)
    assert "everyone-left" in story.alerts()
    story.in_phase(Phase.OPEN).seen(browser("ada2"))
    assert story.has(f.SomeoneReturned)
    assert "everyone-left" not in story.alerts()
    assert "everyone-left" not in story.gone("ada2").lost().alerts()


def test_nobody_has_left_where_nobody_came() -> None:
    story = ready().when(i.Open(OFFICER)).roster(own(), started=True).when(i.RoomCalled("codec")).seen(codec())
    assert story.in_phase(Phase.OPEN).session.everyone_left_at is None


def test_a_ghost_of_our_own_connection_is_put_out_and_alarms_nobody() -> None:
    story = secure().seen(own("ghost"))
    assert story.one(c.DisconnectLeg) == c.DisconnectLeg("ghost")
    assert story.one(f.RemovalRequested).why == "ghost"
    assert story.light().secure
    assert not story.gone("ghost").alerts() - {"time-left:10"}
