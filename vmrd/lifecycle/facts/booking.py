"""Facts about the booking and the session's way from plan to outcome."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.forwarding import Forwarding
from vmrd.lifecycle.session import Attendee, Outcome
from vmrd.lifecycle.words import Control, Instant, Letter, Observation, Phase, Purpose, SegmentKind
from vmrd.lifecycle.works import Works


@dataclass(frozen=True, slots=True)
class Planned:
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
    screen_share_declared: bool
    at: Instant
    flags: tuple[str, ...] = ()  # from here on: what the first journals do not tell
    notice_waived_by: str | None = None
    forwarding: Forwarding | None = None
    booker: int = 0


@dataclass(frozen=True, slots=True)
class Amended:
    booking_version: int
    starts_at: Instant
    ends_at: Instant
    room: str
    room_address: str | None
    attendees: tuple[Attendee, ...]
    observation: Observation
    screen_share_declared: bool
    flags: tuple[str, ...]
    forwarding: Forwarding | None = None
    at: Instant = 0
    booker: int = 0


@dataclass(frozen=True, slots=True)
class AmendmentHeld:
    """The booking changed while the meeting ran; what could not be applied waits for the officer."""

    booking_version: int


@dataclass(frozen=True, slots=True)
class CancellationHeld:
    """The booking was cancelled while the meeting ran. A live session is never hung up by a booking system."""

    booking_version: int
    reason: str


@dataclass(frozen=True, slots=True)
class PrisonerRenumbered:
    """Two records of the prisoner became one; the session is for the number that was kept."""

    prisoner_ref: str


@dataclass(frozen=True, slots=True)
class RoomWorksChanged:
    """From now on these works, and no others, have the session's room while it is booked."""

    works: tuple[Works, ...]


@dataclass(frozen=True, slots=True)
class Approved:
    by: str
    at: Instant = 0


@dataclass(frozen=True, slots=True)
class Declined:
    """The prison will not have this meeting. `reason_ref`: what the supervisor wrote."""

    by: str
    reason_ref: str


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """`reason` says why in one or two words, for failed, cancelled, interrupted and ending."""

    to: Phase
    reason: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class Expected:
    attendee: Attendee
    by: str


@dataclass(frozen=True, slots=True)
class Waived:
    attendee: str
    by: str


@dataclass(frozen=True, slots=True)
class EvidenceReceived:
    """Somebody at the prison said that this attendee's documents came before the meeting; which, nobody keeps."""

    attendee: str
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class EvidenceWithdrawn:
    """That was said by mistake."""

    attendee: str
    by: str


@dataclass(frozen=True, slots=True)
class Extended:
    until: Instant
    by: str


@dataclass(frozen=True, slots=True)
class Reminded:
    """The start is near; whoever wants to be reminded is told."""

    at: Instant


@dataclass(frozen=True, slots=True)
class LetterDue:
    """Whoever booked is to be written to. `change`: how often what they were told has changed by now."""

    letter: Letter
    change: int
    at: Instant


@dataclass(frozen=True, slots=True)
class EndRequested:
    """`why`: `officer`, `time`, `no-show`, `never-opened`. `reason_ref`: what the officer wrote, if anything."""

    by: str | None
    why: str
    reason_ref: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class OutcomeProposed:
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class OutcomeConfirmed:
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Noted:
    text_ref: str
    by: str
    at: Instant
