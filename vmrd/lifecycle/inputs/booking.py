"""What a booking system says, and the clock."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.forwarding import Forwarding
from vmrd.lifecycle.session import Attendee, Works
from vmrd.lifecycle.words import Control, Instant, Observation, Purpose, SegmentKind


@dataclass(frozen=True, slots=True)
class Plan:
    """A booked segment to run. Alias and ids were minted by the caller.

    `flags`: codes of what the prison should know (`desk.FLAGS`). `notice_waived_by`: reference of who allowed less
    notice than the prison asks for. `booker`: number of the address that is written to, 0 for none.
    """

    session: str
    booking_id: str
    booking_version: int
    segment: SegmentKind
    purpose: Purpose
    establishment: str
    room: str
    room_address: str | None
    control: Control
    starts_at: Instant
    ends_at: Instant
    prisoner_ref: str
    observation: Observation
    alias: str
    needs_approval: bool
    attendees: tuple[Attendee, ...]
    screen_share_declared: bool = False
    flags: tuple[str, ...] = ()
    notice_waived_by: str | None = None
    forwarding: Forwarding | None = None
    booker: int = 0


@dataclass(frozen=True, slots=True)
class Amend:
    """The booking system's newest state of this segment. `flags`, `booker`: as at planning."""

    booking_version: int
    starts_at: Instant
    ends_at: Instant
    room: str
    room_address: str | None
    attendees: tuple[Attendee, ...]
    observation: Observation
    screen_share_declared: bool = False
    flags: tuple[str, ...] = ()
    forwarding: Forwarding | None = None
    booker: int = 0


@dataclass(frozen=True, slots=True)
class Cancel:
    """The booking system withdrew the segment."""

    booking_version: int
    reason: str


@dataclass(frozen=True, slots=True)
class RoomWorks:
    """All agreed works that have the session's room while it is booked; none when it can be used."""

    works: tuple[Works, ...]


@dataclass(frozen=True, slots=True)
class WakeUp:
    """Look at the clock."""


@dataclass(frozen=True, slots=True)
class PrisonerMerged:
    """Two records of the prisoner became one: the reference under which this one is known from now on."""

    prisoner_ref: str


Booking = Plan | Amend | Cancel | RoomWorks | PrisonerMerged
