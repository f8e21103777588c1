"""What a booking must say before it is taken, and who judges that.

Some systems have decided before they tell us: the court's and the prison's own booking systems hold the room and the
time already, and a refusal by vmrd would only strand people. Their bookings are never refused for what this module
looks at; the prison is shown what is missing. Where vmrd is the booking desk, the guidance's rules hold:

| finding                  | guidance                                                     | where vmrd decides        |
|--------------------------|--------------------------------------------------------------|---------------------------|
| booker_email             | "you must supply a Gov.uk or a CJSM email address"           | refused                   |
| date_of_birth            | "prisoner number and date of birth"                          | refused                   |
| nobody_named             | "names and contact details of all visitors"                  | refused                   |
| contact_missing          | the same                                                     | refused                   |
| alias_twice              | an alias is given to one person ("Witness A")                | refused                   |
| case_missing             | "case/hearing date and details"                              | refused                   |
| presence_unconfirmed     | the practitioner confirms that an interpreter will be there  | refused                   |
| question_unanswered      | "some prisons may ask for more information"                  | refused                   |
| short_notice             | "usually require at least 48 hours' notice"                  | for a person to approve   |

"Usually" is why short notice is a person's decision: one named in the booking, or a supervisor's approval.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from vmrd.lifecycle.identity import WORD_NEEDED
from vmrd.lifecycle.intake_words import Asked, AttendeeAsked, Fault, Segment
from vmrd.lifecycle.rules import HOUR
from vmrd.lifecycle.words import AttendeeRole, Instant

CONFIRMABLE = ("gov.uk", "cjsm.net")
"""Domains whose addresses, and those of their true sub-domains, can confirm a booking."""
FLAGS = {
    "booker_email": "whoever booked has no gov.uk or CJSM address",
    "date_of_birth": "no date of birth was given",
    "nobody_named": "nobody is named; complete the list before opening",
    "contact_missing": "there is no way to reach one of the visitors",
    "alias_twice": "two people are shown under one name, so a name does not tell whom an alias was given to",
    "case_missing": "no case or hearing date was given",
    "presence_unconfirmed": "nobody confirmed that the interpreter or specialist will be there",
    "question_unanswered": "a question of this prison was not answered",
    "short_notice": "less notice than this prison asks for",
    "room_taken": "another booking has this room at the same time",
    "prisoner_taken": "another booking has this prisoner at the same time",
    "notice_waived": "less notice than this prison asks for, allowed by a named person",
    "priority_bail": "high priority, for a bail hearing",
    "priority_sentencing": "high priority, for a sentencing hearing",
    "priority_custody_time_limit": "high priority, because a custody time limit runs",
    "priority_parole": "high priority, for a parole hearing",
    "priority_extradition": "high priority, for an extradition hearing",
    "priority_preparation": "high priority, to prepare for a hearing that has it",
    "priority_other": "high priority",
}
"""What each code means, to whoever reads it at the prison."""
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")


class Authority(StrEnum):
    """Who decides whether a booking stands."""

    UPSTREAM = "upstream"
    VMRD = "vmrd"


@dataclass(frozen=True, slots=True)
class Desk:
    """The rules of one sender at one establishment. `notice` in milliseconds. `questions`: key to what is asked.
    `writes`: whoever booked is written to, if their address can confirm a booking."""

    authority: Authority = Authority.VMRD
    notice: int = 48 * HOUR
    questions: Mapping[str, str] = field(default_factory=dict)
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """`flags`: codes of what the prison should know. `needs_approval`: a supervisor decides before anything is made."""

    faults: tuple[Fault, ...] = ()
    flags: tuple[str, ...] = ()
    needs_approval: bool = False


def confirmable(address: str) -> bool:
    """Whether an address can confirm a booking: gov.uk or CJSM, exactly or below it.

    Compared label by label in plain ASCII, so neither `gov.uk.example.com`, `notgov.uk` nor a look-alike letter passes.
    A domain that ends in a dot is no address and does not pass either.
    """
    local, at, domain = address.strip().rpartition("@")
    labels = domain.lower().split(".")
    if not at or not _LOCAL.fullmatch(local) or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    return any(labels[-len(tail) :] == tail for tail in (each.split(".") for each in CONFIRMABLE))


def judge(asked: Asked, segments: tuple[Segment, ...], desk: Desk, now: Instant) -> Judgement:
    """What the guidance says of this booking. `segments`: as read, for the time of the earliest slot."""
    found = [*_of_the_booker(asked), *_of_people(asked), *_of_the_case(asked), *_of_questions(asked, desk)]
    soonest = min((slot.start for segment in segments for slot in segment.slots), default=None)
    short = soonest is not None and soonest - now < desk.notice
    if desk.authority is Authority.UPSTREAM:
        codes = [fault.code for fault in found] + ["short_notice"] * short
        return Judgement(flags=tuple(dict.fromkeys(codes)))
    if short and asked.notice_waived_by is not None:
        return Judgement(tuple(found), ("notice_waived",))
    return Judgement(tuple(found), ("short_notice",) if short else (), needs_approval=short)


def _of_the_booker(asked: Asked) -> Iterator[Fault]:
    if asked.booker_email is None or not confirmable(asked.booker_email):
        yield _fault(
            "/bookedBy/email", "booker_email", "A booking is confirmed by a gov.uk or CJSM email address of the booker."
        )


def _of_people(asked: Asked) -> Iterator[Fault]:
    for index, prisoner in enumerate(asked.prisoners):
        if prisoner.date_of_birth is None:
            yield _fault(f"/prisoners/{index}/dateOfBirth", "date_of_birth", "Give the prisoner's date of birth.")
    if not asked.attendees:
        yield _fault("/attendees", "nobody_named", "Name every visitor, with a way to reach them.")
    refs = {attendee.ref for attendee in asked.attendees}
    shown = Counter(_shown(attendee) for attendee in asked.attendees)
    for index, attendee in enumerate(asked.attendees):
        here = f"/attendees/{index}"
        if not attendee.has_contact and attendee.link_from not in refs - {attendee.ref}:
            yield _fault(
                here, "contact_missing", "Give an email or telephone of this visitor, or say who passes the link on."
            )
        if attendee.protected and shown[_shown(attendee)] > 1:
            yield _fault(
                f"{here}/displayName", "alias_twice", "Give this person an alias that nobody else is shown as."
            )
        if _needs_word(attendee.role) and not (attendee.present and attendee.vouched_by in refs - {attendee.ref}):
            sentence = "The practitioner confirms that this person will be there: set presenceConfirmed and vouchedBy."
            yield _fault(here, "presence_unconfirmed", sentence)


def _shown(attendee: AttendeeAsked) -> str:
    """The name others see, as two of them are compared."""
    return " ".join((attendee.display_name or attendee.name or "").casefold().split())


def _needs_word(role: str) -> bool:
    return role.lower() in set(AttendeeRole) and AttendeeRole(role.lower()) in WORD_NEEDED


def _of_the_case(asked: Asked) -> Iterator[Fault]:
    if not asked.case_given or not _is_date(asked.hearing_date):
        yield _fault("/case", "case_missing", "Give the case's reference and the date of its hearing (YYYY-MM-DD).")


def _is_date(text: str | None) -> bool:
    try:
        return text is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _of_questions(asked: Asked, desk: Desk) -> Iterator[Fault]:
    for key, question in desk.questions.items():
        if key not in asked.answered:
            yield _fault(f"/answers/{key}", "question_unanswered", f"This prison asks: {question}")


def _fault(pointer: str, code: str, sentence: str) -> Fault:
    return Fault(f"/booking{pointer}", code, sentence)
