"""A booking event as its sender words it (`Asked`) and as we read it (`Wanted`); see `intake` for the way between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vmrd.lifecycle.forwarding import Forwarding
from vmrd.lifecycle.session import Attendee
from vmrd.lifecycle.words import AttendeeRole, Control, Instant, Observation, Purpose, SegmentKind

NOT_YET_RECEIVED = "not yet received"


@dataclass(frozen=True, slots=True)
class SlotAsked:
    date: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class SegmentAsked:
    """`attendees` None means everybody. `meets`: where this segment meets, None where the whole booking does."""

    key: str
    slots: tuple[SlotAsked, ...]
    room: str | None
    attendees: tuple[str, ...] | None
    meets: RoomAsked | None = None


@dataclass(frozen=True, slots=True)
class PrisonerAsked:
    number: str | None
    date_of_birth: str | None
    name: str | None
    not_yet_received: bool


@dataclass(frozen=True, slots=True)
class AttendeeAsked:
    """`has_contact`: an email or telephone was given. `present`: confirmed to be there, by `vouched_by`. `link_from`:
    who passes the link on to somebody without an address of their own. Both name other attendees. `id_came`: whoever
    booked says that the prison has their documents already."""

    ref: str
    role: str
    lead: bool
    name: str | None
    display_name: str | None
    protected: bool
    has_contact: bool = False
    vouched_by: str | None = None
    present: bool = False
    link_from: str | None = None
    id_came: bool = False


@dataclass(frozen=True, slots=True)
class RoomAsked:
    source: str
    link: str | None
    number: str | None
    pin: str | None


@dataclass(frozen=True, slots=True)
class ForwardingAsked:
    """`to`: roles, each with how many."""

    allowed: bool
    to: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A booking event that is no cancellation, in the sender's words. `requested`: the prisoner is not here yet.

    `notice_waived_by`: the person at the prison who allowed less notice. `answered`: keys of the prison's own questions
    that have an answer. `background`: who booked and for which case, as a text for whoever decides. `priority_reason`
    counts only where `priority_class` is high.
    """

    requested: bool
    purpose: str | None
    observation: str | None
    timezone: str
    prisoners: tuple[PrisonerAsked, ...]
    segments: tuple[SegmentAsked, ...]
    room: RoomAsked
    attendees: tuple[AttendeeAsked, ...]
    screen_share: bool
    booker_email: str | None = None
    case_given: bool = False
    hearing_date: str | None = None
    notice_waived_by: str | None = None
    answered: frozenset[str] = frozenset()
    background: str | None = None
    priority_class: str | None = None
    priority_reason: str | None = None
    forwarding: ForwardingAsked | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """A room of the establishment; `address` is what Pexip calls, None for a PC that joins by itself.

    `screen_share`: whether it can show what a guest presents.
    """

    key: str
    address: str | None
    screen_share: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """Where in the event (JSON pointer), a stable code, and a sentence that repeats nothing that was sent."""

    pointer: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Person:
    """`shown`: the name everybody sees. `hidden`: the own name of somebody whose identity is protected."""

    ref: str
    shown: str
    hidden: str | None
    role: AttendeeRole
    required: bool
    needs_word: bool
    protected: bool = False
    link_from: str | None = None
    id_came: bool = False

    def attendee(self, ref: Callable[[str], str], sender: str, now: Instant) -> Attendee:
        """As a session knows them; `ref` makes the reference that stands for the name. `sender`: who says all this."""
        return Attendee(
            self.ref,
            ref(self.shown),
            self.role,
            self.required,
            self.needs_word,
            protected=self.protected,
            link_from=self.link_from,
            evidence_by=sender if self.id_came else None,
            evidence_at=now if self.id_came else None,
        )


@dataclass(frozen=True, slots=True)
class Stretch:
    start: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class Segment:
    """`slots` in order of preference."""

    kind: SegmentKind
    room: Room
    slots: tuple[Stretch, ...]
    people: tuple[Person, ...]
    control: Control


@dataclass(frozen=True, slots=True)
class Wanted:
    """The booking in our words. `prisoner` is a number, or that there is none yet; `prisoner_name` only if given.

    `flags`: what the prison should know of it, by code (see `desk`). `booker`: the address to write to.
    """

    purpose: Purpose
    observation: Observation
    prisoner: str
    prisoner_name: str | None
    needs_approval: bool
    screen_share: bool
    segments: tuple[Segment, ...]
    warnings: tuple[str, ...]
    flags: tuple[str, ...] = ()
    notice_waived_by: str | None = None
    background: str | None = None
    forwarding: Forwarding | None = None
    booker: str | None = None
