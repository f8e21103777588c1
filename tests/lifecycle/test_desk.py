"""What a booking must say, and who judges it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vmrd.lifecycle.desk import FLAGS, Authority, Desk, confirmable, judge
from vmrd.lifecycle.intake_words import (
    Asked,
    AttendeeAsked,
    PrisonerAsked,
    Room,
    RoomAsked,
    Segment,
    Stretch,
)
from vmrd.lifecycle.rules import HOUR
from vmrd.lifecycle.words import Control, SegmentKind

NOW = 1_793_869_200_000
LAWYER = AttendeeAsked("p1", "defence", True, "Priya Nair", None, False, has_contact=True)
INTERPRETER = AttendeeAsked(
    "p2", "interpreter", False, "Lin Wu", None, False, vouched_by="p1", present=True, link_from="p1"
)
WITNESS = AttendeeAsked("p3", "other", False, "Rowan Hale", "Witness A", True, has_contact=True)
WHOLE = Asked(
    requested=False,
    purpose="legal_consultation",
    observation=None,
    timezone="Europe/London",
    prisoners=(PrisonerAsked("A1234AA", "1990-01-31", None, False),),
    segments=(),
    room=RoomAsked("managed", None, None, None),
    attendees=(LAWYER, INTERPRETER),
    screen_share=False,
    booker_email="clerk@chambers.cjsm.net",
    case_given=True,
    hearing_date="2026-11-20",
    answered=frozenset({"gate"}),
)
DESK = Desk(questions={"gate": "Who brings papers to the gate?"})
UPSTREAM = replace(DESK, authority=Authority.UPSTREAM)


def in_hours(hours: float) -> tuple[Segment, ...]:
    start = NOW + int(hours * HOUR)
    return (Segment(SegmentKind.MAIN, Room("R1", None), (Stretch(start, start + HOUR),), (), Control.FULL),)


@pytest.mark.parametrize(
    "address",
    [
        "a.clerk@justice.gov.uk",
        "A.Clerk@Justice.GOV.UK",
        "someone@gov.uk",
        "b@example.cjsm.net",
        "b@chambers.co.uk.cjsm.net",
        "o'neill+court@hmcts.gov.uk",
        " padded@justice.gov.uk ",
    ],
)
def test_a_gov_uk_or_cjsm_address_confirms_a_booking(address: str) -> None:
    assert confirmable(address)


@pytest.mark.parametrize(
    "address",
    [
        "a@gov.uk.example.com",
        "a@notgov.uk",
        "a@justice-gov.uk",
        "a@justice.gov.uk.",
        "a@justice.gov.ukk",
        "a@justice.gov.uk@example.com",
        "a@example.com@justice.gov.uk",
        "a@example.com#@justice.gov.uk x",
        "a@.gov.uk",
        "a@-.gov.uk",
        "a@justice..gov.uk",
        "@justice.gov.uk",
        "justice.gov.uk",
        "",
        "a@cjsm.net.example.org",
        "a@cjsm.com",
        "a@cjism.net",
        "a@mycjsm.net",
        "a@cjsm.net\u200b",
        "a@justice.g\u03bfv.uk",  # a Greek omicron
        "a@\uff47ov.uk",  # a full-width g
        "a@justice\uff0egov.uk",  # a full-width dot
        "a@justice\u3002gov.uk",  # an ideographic full stop, which browsers turn into a dot
        "a@xn--gv-fka.uk",
        "a@justice.gov.uk\nbcc: b@example.org",
        "a b@justice.gov.uk",
        '"a@b"@justice.gov.uk',
        "a@[192.0.2.1]",
        "a@gov.uk/justice",
        "a@gov.uk:25",
    ],
)
def test_a_look_alike_address_does_not(address: str) -> None:
    assert not confirmable(address)


def test_a_whole_booking_with_two_days_notice_is_taken_without_a_word() -> None:
    judged = judge(WHOLE, in_hours(48), DESK, NOW)
    assert (judged.faults, judged.flags, judged.needs_approval) == ((), (), False)


def test_with_less_notice_a_supervisor_decides() -> None:
    judged = judge(WHOLE, in_hours(47.9), DESK, NOW)
    assert (judged.faults, judged.flags, judged.needs_approval) == ((), ("short_notice",), True)


def test_the_earliest_slot_counts_for_notice() -> None:
    later, sooner = in_hours(72)[0], in_hours(24)[0]
    assert judge(WHOLE, (replace(later, slots=(*later.slots, *sooner.slots)),), DESK, NOW).needs_approval


def test_a_named_person_may_allow_less_notice_and_the_prison_sees_it() -> None:
    judged = judge(replace(WHOLE, notice_waived_by="Sgt Marsh"), in_hours(2), DESK, NOW)
    assert (judged.flags, judged.needs_approval) == (("notice_waived",), False)


LACKING = {
    "booker_email": {"booker_email": "clerk@example.com"},
    "date_of_birth": {"prisoners": (PrisonerAsked("A1234AA", None, None, False),)},
    "nobody_named": {"attendees": ()},
    "contact_missing": {"attendees": (replace(LAWYER, has_contact=False),)},
    "alias_twice": {"attendees": (LAWYER, WITNESS, replace(LAWYER, ref="p4", name="witness  a"))},
    "presence_unconfirmed": {"attendees": (LAWYER, replace(INTERPRETER, present=False))},
    "case_missing": {"case_given": False},
    "question_unanswered": {"answered": frozenset()},
}


@pytest.mark.parametrize(("code", "change"), LACKING.items())
def test_what_the_guidance_asks_for_and_is_not_there_refuses_a_booking_at_our_own_desk(
    code: str, change: dict[str, object]
) -> None:
    judged = judge(replace(WHOLE, **change), in_hours(72), DESK, NOW)  # type: ignore[arg-type]
    assert [fault.code for fault in judged.faults] == [code]
    assert all(fault.pointer.startswith("/booking/") for fault in judged.faults)


@pytest.mark.parametrize(("code", "change"), LACKING.items())
def test_a_system_that_has_decided_already_is_never_refused_but_the_prison_sees_it(
    code: str, change: dict[str, object]
) -> None:
    judged = judge(replace(WHOLE, **change), in_hours(1), UPSTREAM, NOW)  # type: ignore[arg-type]
    assert (judged.faults, judged.needs_approval) == ((), False)
    assert set(judged.flags) == {code, "short_notice"}
    assert set(judged.flags) <= FLAGS.keys()


def test_a_hearing_date_that_is_none_counts_as_missing() -> None:
    judged = judge(replace(WHOLE, hearing_date="2026-02-30"), in_hours(72), DESK, NOW)
    assert [fault.code for fault in judged.faults] == ["case_missing"]


@pytest.mark.parametrize("forwarder", ["p2", "nobody"])
def test_nobody_passes_a_link_on_to_themselves_or_from_somebody_unknown(forwarder: str) -> None:
    alone = replace(INTERPRETER, link_from=forwarder)
    judged = judge(replace(WHOLE, attendees=(LAWYER, alone)), in_hours(72), DESK, NOW)
    assert [fault.code for fault in judged.faults] == ["contact_missing"]


def test_an_alias_of_ones_own_and_two_people_of_one_name_are_nobodys_fault() -> None:
    other = replace(WITNESS, ref="p4", display_name="Witness B")
    namesake = replace(LAWYER, ref="p5")
    judged = judge(replace(WHOLE, attendees=(LAWYER, WITNESS, other, namesake)), in_hours(72), DESK, NOW)
    assert (judged.faults, judged.flags) == ((), ())


def test_a_voucher_must_be_one_of_the_visitors_and_not_the_interpreter() -> None:
    for voucher in ("p2", "somebody", None):
        unvouched = replace(INTERPRETER, vouched_by=voucher)
        judged = judge(replace(WHOLE, attendees=(LAWYER, unvouched)), in_hours(72), DESK, NOW)
        assert [fault.code for fault in judged.faults] == ["presence_unconfirmed"]
