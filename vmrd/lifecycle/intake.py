"""What a booking system asks for, read in our words: every fault found at once, nothing guessed silently.

An event says the full state of a booking, each segment of which becomes one session. Where a sender uses a word we do
not know, the booking is taken with `other` and a warning; where it says something impossible, it is a fault. Nothing
that was sent is repeated in a fault or warning. See `intake_changes` for what follows from a booking once it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo

from vmrd.lifecycle.desk import FLAGS, Desk, confirmable, judge
from vmrd.lifecycle.forwarding import Forwarding
from vmrd.lifecycle.identity import WORD_NEEDED
from vmrd.lifecycle.intake_words import (
    NOT_YET_RECEIVED,
    Asked,
    AttendeeAsked,
    Fault,
    ForwardingAsked,
    Person,
    Room,
    RoomAsked,
    Segment,
    SlotAsked,
    Stretch,
    Wanted,
)
from vmrd.lifecycle.words import (
    AttendeeRole,
    Control,
    Instant,
    Observation,
    PriorityClass,
    PriorityReason,
    Purpose,
    SegmentKind,
)

_ZONES = {"Europe/London": ZoneInfo("Europe/London")}
PRISONER_NUMBER = re.compile(r"[A-Z]\d{4}[A-Z]{2}")
_DATE = re.compile(r"20\d\d-\d\d-\d\d")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_REF = re.compile(r"[A-Za-z0-9_-]{1,40}")
W = TypeVar("W", bound=StrEnum)


@dataclass(slots=True)
class _Reader:
    """Collects faults and warnings while the event is read."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def fault(self, pointer: str, code: str, sentence: str) -> None:
        self.faults.append(Fault(f"/booking{pointer}", code, sentence))

    def word(self, given: str | None, words: type[W], other: W, what: str) -> W:
        """The known word; `other` with a warning for one we do not know (it is not repeated)."""
        if given is None:
            return other
        try:
            return words(given.lower())
        except ValueError:
            self.warnings.append(f"unknown_{what}: taken as {other}")
            return other


def read(asked: Asked, rooms: Mapping[str, Room], desk: Desk, now: Instant) -> Wanted | tuple[Fault, ...]:
    """The booking in our words, or every fault in it. `rooms`: those of the establishment, by key."""
    reader = _Reader()
    purpose = reader.word(asked.purpose, Purpose, Purpose.OTHER, "purpose")
    observation = reader.word(asked.observation, Observation, Observation.CAMERA, "observation")
    priority = tuple(_priority(reader, asked))
    control = _control(reader, "/room", asked.room)
    prisoner, prisoner_name = _prisoner(reader, asked, now)
    people = _people(reader, asked.attendees)
    forwarding = _forwarding(reader, asked.forwarding)
    segments = _segments(reader, asked, rooms, people, control)
    judged = judge(asked, segments, desk, now)
    reader.faults += judged.faults
    if reader.faults:
        return tuple(reader.faults)
    return Wanted(
        purpose=purpose,
        observation=observation,
        prisoner=prisoner,
        prisoner_name=prisoner_name,
        # Other uses are at the discretion of the prison (guidance, "Key Notes"), and so is a prisoner not yet there.
        needs_approval=purpose is Purpose.OTHER or asked.requested or judged.needs_approval,
        screen_share=asked.screen_share,
        segments=segments,
        warnings=(*reader.warnings, *(f"{flag}: {FLAGS[flag]}" for flag in judged.flags)),
        flags=(*judged.flags, *priority),
        notice_waived_by=asked.notice_waived_by,
        background=asked.background,
        forwarding=forwarding,
        booker=_booker(asked, desk),
    )


def _booker(asked: Asked, desk: Desk) -> str | None:
    """The address whoever booked is written to, if any."""
    address = (asked.booker_email or "").strip()
    return address if desk.writes and confirmable(address) else None


def _priority(reader: _Reader, asked: Asked) -> Iterator[str]:
    """The flag of a booking of high priority. It is shown to the prison and never moves another booking."""
    if reader.word(asked.priority_class, PriorityClass, PriorityClass.NORMAL, "priority_class") is PriorityClass.HIGH:
        reason = reader.word(asked.priority_reason, PriorityReason, PriorityReason.OTHER, "priority_reason")
        yield f"priority_{reason}"


def _forwarding(reader: _Reader, asked: ForwardingAsked | None) -> Forwarding | None:
    if asked is None:
        return None
    to = tuple((reader.word(role, AttendeeRole, AttendeeRole.OTHER, "role"), count) for role, count in asked.to)
    return Forwarding(asked.allowed, to)


def _control(reader: _Reader, here: str, room: RoomAsked) -> Control:
    told = [value for value in (room.link, room.number) if value]
    if room.source == "external":
        if len(told) == 2:
            reader.fault(here, "link_twice", "Give a link or a number for an outside room, not both.")
        if not told:
            reader.warnings.append("link_missing: the outside room has neither link nor number yet")
        return Control.NONE
    if room.source != "managed":
        reader.warnings.append("unknown_room_source: taken as managed")
    if told or room.pin:
        reader.fault(here, "link_not_ours", "A managed room gets its link and PINs from vmrd; leave them out.")
    return Control.FULL


def _prisoner(reader: _Reader, asked: Asked, now: Instant) -> tuple[str, str | None]:
    if len(asked.prisoners) != 1:
        reader.fault("/prisoners", "one_prisoner", "A booking is for exactly one prisoner.")
        return NOT_YET_RECEIVED, None
    prisoner = asked.prisoners[0]
    if prisoner.date_of_birth is not None and not _is_birthday(prisoner.date_of_birth, now):
        reader.fault("/prisoners/0/dateOfBirth", "date", "The date of birth is not a date in the past (YYYY-MM-DD).")
    if asked.requested or prisoner.not_yet_received:
        if prisoner.name is None or prisoner.date_of_birth is None:
            reader.fault("/prisoners/0", "who", "A prisoner not yet received needs a name and a date of birth.")
        return NOT_YET_RECEIVED, prisoner.name
    number = (prisoner.number or "").strip().upper()
    if not PRISONER_NUMBER.fullmatch(number):
        reader.fault(
            "/prisoners/0/prisonerNumber",
            "prisoner_number",
            "A prisoner number looks like a letter, 4 digits, 2 letters.",
        )
    return number, prisoner.name


def _is_birthday(text: str, now: Instant) -> bool:
    try:
        return date.fromisoformat(text) < datetime.fromtimestamp(now / 1_000, UTC).date()
    except ValueError:
        return False


def _people(reader: _Reader, attendees: Sequence[AttendeeAsked]) -> dict[str, Person]:
    people: dict[str, Person] = {}
    refs = {attendee.ref for attendee in attendees}
    for index, attendee in enumerate(attendees):
        here = f"/attendees/{index}"
        role = reader.word(attendee.role, AttendeeRole, AttendeeRole.OTHER, "role")
        if not _REF.fullmatch(attendee.ref):
            reader.fault(f"{here}/ref", "ref", "A reference has up to 40 letters, digits, hyphens or underscores.")
        if attendee.ref in people:
            reader.fault(f"{here}/ref", "ref_twice", "Two attendees have this reference.")
        shown = (attendee.display_name or "").strip()
        own = (attendee.name or "").strip()
        if attendee.protected and not shown:
            reader.fault(f"{here}/displayName", "missing", "A protected attendee needs a name to be shown instead.")
        elif not shown and not own:
            reader.fault(f"{here}/name", "missing", "An attendee needs a name.")
        people[attendee.ref] = Person(
            ref=attendee.ref,
            shown=shown or own,
            hidden=own if attendee.protected and own else None,
            role=role,
            required=attendee.lead or role is AttendeeRole.INTERPRETER,
            needs_word=role in WORD_NEEDED,
            protected=attendee.protected,
            link_from=attendee.link_from if attendee.link_from in refs - {attendee.ref} else None,
            id_came=attendee.id_came,
        )
    return people


def _segments(
    reader: _Reader, asked: Asked, rooms: Mapping[str, Room], people: Mapping[str, Person], control: Control
) -> tuple[Segment, ...]:
    if not asked.segments:
        reader.fault("/segments", "missing", "A booking has one to three segments.")
    zone = _ZONES.get(asked.timezone)
    if zone is None:
        reader.fault("/timezone", "timezone", "Times are local to Europe/London.")
    found: dict[SegmentKind, Segment] = {}
    for index, segment in enumerate(asked.segments):
        here = f"/segments/{index}"
        kind = _kind(reader, here, segment.key, found)
        room = rooms.get(segment.room or "")
        if room is None:
            reader.fault(f"{here}/prisonRoom", "unknown_room", "The establishment has no such room.")
        slots = tuple(_slots(reader, here, segment.slots, zone)) if zone is not None else ()
        refs = tuple(people) if segment.attendees is None else segment.attendees
        for number, ref in enumerate(refs):
            if ref not in people:
                reader.fault(f"{here}/attendeeRefs/{number}", "unknown_attendee", "No attendee has this reference.")
        if not refs:
            reader.warnings.append("roster_incomplete: nobody is named for a segment; the officer completes it")
        if kind is not None and room is not None:
            listed = tuple(people[ref] for ref in refs if ref in people)
            own = _control(reader, f"{here}/room", segment.meets) if segment.meets is not None else control
            found[kind] = Segment(kind, room, slots, listed, own)
    if len({len(segment.slots) for segment in asked.segments}) > 1:
        reader.fault("/segments", "slots", "Every segment offers the same number of slots, in the same order.")
    _apart(reader, list(found.values()))
    return tuple(found.values())


def _kind(reader: _Reader, here: str, key: str, found: Mapping[SegmentKind, Segment]) -> SegmentKind | None:
    if key not in set(SegmentKind):
        reader.fault(f"{here}/key", "segment_key", "A segment is pre, main or post.")
        return None
    if key in found:
        reader.fault(f"{here}/key", "segment_twice", "Two segments have this key.")
    return SegmentKind(key)


def _slots(reader: _Reader, here: str, slots: Sequence[SlotAsked], zone: ZoneInfo) -> Iterator[Stretch]:
    for index, slot in enumerate(slots):
        place = f"{here}/slots/{index}"
        start = _instant(reader, place, "start", slot.date, slot.start, zone)
        end = _instant(reader, place, "end", slot.date, slot.end, zone)
        if start is not None and end is not None:
            if end <= start:
                reader.fault(f"{place}/end", "order", "A slot ends after it starts, on the same day.")
            yield Stretch(start, end)


def _instant(reader: _Reader, place: str, member: str, day: str, time: str, zone: ZoneInfo) -> Instant | None:
    try:
        midnight = datetime.combine(date.fromisoformat(day), datetime.min.time()) if _DATE.fullmatch(day) else None
    except ValueError:
        midnight = None
    if midnight is None:
        if member == "start":
            reader.fault(f"{place}/date", "date", "A date is written YYYY-MM-DD and is of this century.")
        return None
    if not _TIME.fullmatch(time):
        reader.fault(f"{place}/{member}", "time", "A time of day is written HH:MM.")
        return None
    local = midnight.replace(hour=int(time[:2]), minute=int(time[3:]))
    earlier, later = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if earlier.utcoffset() != later.utcoffset():
        reader.fault(
            f"{place}/{member}", "ambiguous_time", "The clocks change then: this time does not exist, or exists twice."
        )
        return None
    return int(earlier.timestamp() * 1_000)


def _apart(reader: _Reader, segments: Sequence[Segment]) -> None:
    for index in range(min((len(segment.slots) for segment in segments), default=0)):
        stretches = sorted((segment.slots[index] for segment in segments), key=lambda stretch: stretch.start)
        if any(one.end > two.start for one, two in pairwise(stretches)):
            reader.fault("/segments", "overlap", "Segments of one booking must not overlap.")
            return
