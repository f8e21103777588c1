"""The door: who is turned away before they ring, and what an officer hears of it."""

from __future__ import annotations

import pytest

from tests.lifecycle.story import END, OFFICER, START, Story, ended, opened, plan, planned, preparing, ready, secure
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.door import OPEN_TO, Caller, Doorway, Question, Why, doorway, is_phone, judge
from vmrd.lifecycle.inputs import Protocol
from vmrd.lifecycle.rules import HOUR, MINUTE
from vmrd.lifecycle.words import Control

ALLOWED = OPEN_TO | {Protocol.SIP, Protocol.H323, Protocol.SKYPE}
BROWSER = Caller(Protocol.WEB, "Ada Byron")
CODEC = Caller(Protocol.SIP, "sip:chambers@rooms.example.org", video=True)
PHONE = Caller(Protocol.SIP, "sip:+441632960123@sbc.example.org")


def at_the_door(story: Story) -> Doorway:
    door = doorway(story.session, story.rules)
    assert door is not None
    return door


def judged(story: Story, caller: Caller, now: int = START, question: Question = Question.PARTICIPANT) -> Why | None:
    return judge(doorway(story.session, story.rules), caller, question, now, ALLOWED)


@pytest.mark.parametrize("story", [preparing(), ready(), opened(), secure()])
@pytest.mark.parametrize("question", Question)
def test_who_may_come_passes_and_a_phone_never_does(story: Story, question: Question) -> None:
    assert judged(story, BROWSER, question=question) is None
    assert judged(story, CODEC, question=question) is None
    assert judged(story, PHONE, question=question) is Why.PHONE


@pytest.mark.parametrize(
    "phone",
    [
        Caller(Protocol.SIP, "tel:+441632960123"),
        Caller(Protocol.SIP, "TEL:+441632960123", video=True),
        Caller(Protocol.SIP, "sip:01632960123@10.0.0.1;user=phone"),
        Caller(Protocol.SIP, "00441632960123@gateway.example.org"),
        Caller(Protocol.SIP, "+44 (1632) 960-123"),
        Caller(Protocol.H323, "h323:441632960123"),
        Caller(Protocol.UNKNOWN, "02079460123@sbc.example.org"),
        Caller(Protocol.GATEWAY, "+442079460123"),
        Caller(Protocol.SIP, "sip:anonymous@anonymous.invalid", ("sip:+441632960123@carrier.example.org",)),
        Caller(Protocol.SIP, "sip:ada@chambers.example.org", ("tel:+441632960123",), video=True),
    ],
)
def test_a_telephone_is_known_by_its_number_in_any_shape(phone: Caller) -> None:
    assert is_phone(phone)


@pytest.mark.parametrize(
    "person",
    [
        BROWSER,
        Caller(Protocol.WEB, "07700 900123"),
        Caller(Protocol.CONTROL, "+441632960123"),
        Caller(Protocol.SKYPE, "+441632960123"),
        CODEC,
        Caller(Protocol.SIP, "sip:ada@chambers.example.org"),
        Caller(Protocol.SIP, "sip:2001@rooms.example.org"),
        Caller(Protocol.H323, "441632960123", video=True),
        Caller(Protocol.H323, "203.0.113.40"),
    ],
)
def test_a_person_is_no_telephone_whatever_their_name(person: Caller) -> None:
    assert not is_phone(person)


def test_our_own_room_is_never_taken_for_a_telephone() -> None:
    story = ready(room_address="441632960199@mdi.example.org")
    assert judged(story, Caller(Protocol.SIP, "sip:441632960199@mdi.example.org")) is None
    assert judged(story, Caller(Protocol.SIP, "sip:441632960198@mdi.example.org")) is Why.PHONE


def test_a_stream_and_a_foreign_meeting_are_turned_away_and_an_unknown_word_is_the_officers() -> None:
    for protocol in (Protocol.STREAMING, Protocol.GATEWAY):
        assert judged(opened(), Caller(protocol, "somebody")) is Why.PROTOCOL
    assert judged(opened(), Caller(Protocol.UNKNOWN, "somebody")) is None


def test_a_door_opens_when_the_link_begins_to_work() -> None:
    story = planned()
    assert judged(story, BROWSER, START - 25 * HOUR) is Why.EARLY
    assert judged(story, BROWSER, START - 24 * HOUR) is None


def test_a_booking_that_waits_for_its_approval_has_no_open_door() -> None:
    story = planned(needs_approval=True)
    assert judged(story, BROWSER) is Why.EARLY
    assert judged(story.when(i.Approve(OFFICER)), BROWSER) is None


def test_nobody_comes_while_a_meeting_ends_or_after_it() -> None:
    story = secure().when(i.End(OFFICER))
    assert judged(story, BROWSER) is Why.OVER
    assert judged(ended(), BROWSER) is Why.OVER
    assert judged(ended(), CODEC, question=Question.SERVICE) is Why.OVER


def test_what_the_nodes_answer_to_the_web_is_left_to_them_until_it_is_proved() -> None:
    """By the PIN challenge vmrd learns that a link works, and later that it is dead."""
    assert judged(planned(), BROWSER, START - 25 * HOUR, Question.SERVICE) is None
    assert judged(ended(), BROWSER, question=Question.SERVICE) is None


def test_a_link_proved_dead_and_a_room_that_is_not_ours_have_no_door() -> None:
    story = ended().when(i.VmrDeleted(1)).after(3 * MINUTE).when(i.AliasProbed(1, 0, 2))
    assert story.session.link_dead_at is not None
    for question in Question:
        assert judged(story, BROWSER, question=question) is Why.SPENT
    assert doorway(planned(control=Control.OBSERVE).session, story.rules) is None


def test_an_extended_meeting_keeps_its_door() -> None:
    story = secure().when(i.Extend(END + 30 * MINUTE, OFFICER)).at(END + 10 * MINUTE)
    assert judged(story, BROWSER, story.now) is None


def test_a_phone_turned_away_is_written_down_and_an_officer_hears_of_it() -> None:
    story = ready().when(i.PhoneAtDoor("call-1", "ref-number ending 123", START))
    story.then(f.PhoneTurnedAway, f.AlertRaised)
    assert story.one(f.PhoneTurnedAway).name_ref == "ref-number ending 123"
    assert "phone-at-door" in story.alerts()
    assert story.one(c.Tell).event == "session.phone_refused"
    story.when(i.PhoneAtDoor("call-1", "ref-number ending 123", START)).nothing()
    story.when(i.PhoneAtDoor("call-2", "ref-number ending 123", START)).then(f.PhoneTurnedAway)
    story.when(i.Acknowledge("phone-at-door", OFFICER))
    assert "phone-at-door" not in story.alerts()


def test_a_phone_at_the_door_darkens_nothing_and_rings_no_knock() -> None:
    story = secure().when(i.PhoneAtDoor("call-1", "ref-number ending 123", START))
    assert story.light().secure
    assert story.session.knocks == {}


def test_after_the_end_a_phone_is_turned_away_and_no_longer_written_down() -> None:
    ended().when(i.PhoneAtDoor("call-1", "ref-number ending 123", START)).nothing()


def test_a_plan_makes_a_door_of_its_own() -> None:
    door = at_the_door(planned(session="other"))
    assert (door.session, door.opens_at) == (plan(session="other").session, START - 24 * HOUR)
