"""A booking event as a booking system sends it, and what it is answered.

Only shape is checked here. What the words mean is checked in `lifecycle.intake`, where all faults are found at once.
An absent member is null; unknown members are tolerated.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from vmrd.lifecycle.words import Phase
from vmrd.web.availability_shapes import SkippedView
from vmrd.web.shapes import NO_NULS, Asked, Moment, Shape

Short = Annotated[str, StringConstraints(max_length=200, pattern=NO_NULS)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_NULS)]


class SourceIn(Asked):
    system: Key


class EstablishmentIn(Asked):
    prison_code: Key


class PrisonerIn(Asked):
    """`dateOfBirth` is looked at and dropped: nothing of it is kept."""

    prisoner_number: Short | None = None
    date_of_birth: Short | None = None
    first_name: Short | None = None
    last_name: Short | None = None
    not_yet_received: bool = False


class SlotIn(Asked):
    """Local date and times of day (`HH:MM`) in the booking's time zone."""

    date: Annotated[Short, Field(examples=["2026-11-05"])]
    start: Annotated[Short, Field(examples=["09:45"])]
    end: Annotated[Short, Field(examples=["10:00"])]


class PrisonRoomIn(Asked):
    location_key: Short | None = None
    dps_location_id: Short | None = None


class RoomIn(Asked):
    """`external`: a court's or the Parole Board's own room, which vmrd neither makes nor opens."""

    source: Key = "managed"
    video_link_url: Annotated[str, StringConstraints(max_length=120)] | None = None
    hmcts_number: Annotated[str, StringConstraints(max_length=8)] | None = None
    guest_pin: Annotated[str, StringConstraints(max_length=8)] | None = None


class SegmentIn(Asked):
    """`key` is `pre`, `main` or `post`. `attendeeRefs` null means every attendee. `slots` in order of preference.

    `room`: where this segment meets, if not where the booking does: a court's room between consultations in ours.
    """

    key: Key
    kind: Short | None = None
    external_id: Short | None = None
    slots: Annotated[tuple[SlotIn, ...], Field(min_length=1, max_length=3)]
    prison_room: PrisonRoomIn
    attendee_refs: tuple[Key, ...] | None = None
    room: RoomIn | None = None


class BookedByIn(Asked):
    """Who booked. The address confirms the booking; it is shown to whoever decides on it."""

    name: Short | None = None
    email: Short | None = None
    organisation: Short | None = None


class CaseIn(Asked):
    """What the consultation is for. Shown to whoever decides, and wiped with the session's secrets."""

    reference: Short | None = None
    hearing_date: Short | None = None
    details: Annotated[str, StringConstraints(max_length=1_000, pattern=NO_NULS)] | None = None


class PriorityIn(Asked):
    """`class` is `high` or `normal`. `reason` of a high one: `bail`, `sentencing`, `custody_time_limit`, `parole`,
    `extradition`, `preparation` (a consultation that one of these needs) or `other`. Nobody is moved for it."""

    class_: Short = "normal"
    reason: Short | None = None


class NoticeOverrideIn(Asked):
    """The named person at the prison who allowed less notice than it asks for."""

    by: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NULS)]
    reason: Short | None = None


class AttendeeIn(Asked):
    """`displayName` is what others see; where `protectedIdentity` is set, `name` is kept apart and must be revealed.

    `linkForwardedBy`: who passes the link on to somebody without an address. `vouchedBy`, `presenceConfirmed`: the
    practitioner who confirmed that an interpreter or specialist will be there. `advanceIdReceived`: the documents a
    prison wants before the meeting came to it; the documents themselves are never sent here.
    """

    ref: Key
    role: Key
    lead: bool = False
    name: Short | None = None
    display_name: Short | None = None
    protected_identity: bool = False
    email: Short | None = None
    phone: Short | None = None
    link_forwarded_by: Key | None = None
    vouched_by: Key | None = None
    presence_confirmed: bool = False
    advance_id_received: bool = False


class ForwardedIn(Asked):
    role: Key
    count: Annotated[int, Field(ge=1, le=60)] = 1


class LinkForwardingIn(Asked):
    """Whether whoever booked may pass the link on, and to whom they did or will, by role and number: no names here."""

    allowed: bool = False
    to: Annotated[tuple[ForwardedIn, ...], Field(max_length=10)] = ()


class ScreenShareIn(Asked):
    declared: bool = False


class DeclarationsIn(Asked):
    screen_share: ScreenShareIn | None = None


class BookingIn(Asked):
    """The full state of a booking: every event says all of it."""

    id: Annotated[str, StringConstraints(min_length=3, max_length=100, pattern=NO_NULS)]
    version: Annotated[int, Field(ge=0, le=2**53)]
    purpose: Short | None = None
    priority: PriorityIn | None = None
    observation: Short | None = None
    establishment: EstablishmentIn
    timezone: Short = "Europe/London"
    prisoners: tuple[PrisonerIn, ...] = ()
    segments: Annotated[tuple[SegmentIn, ...], Field(max_length=3)] = ()
    room: RoomIn | None = None
    attendees: Annotated[tuple[AttendeeIn, ...], Field(max_length=60)] = ()
    declarations: DeclarationsIn | None = None
    booked_by: BookedByIn | None = None
    case: CaseIn | None = None
    notice_override: NoticeOverrideIn | None = None
    link_forwarding: LinkForwardingIn | None = None
    answers: Annotated[dict[Key, Short], Field(max_length=20)] = Field(default_factory=dict)


class BookingEventIn(Asked):
    """`eventType` decides what is done; a type vmrd does not know is answered 422."""

    event_type: Literal["booking.created", "booking.amended", "booking.cancelled", "booking.requested"]
    source: SourceIn
    booking: BookingIn


class BookedSessionView(Shape):
    """`link`: where guests join in a browser; they enter as guests, no PIN is in it. Null to a sender that does not
    pass links on."""

    segment_key: str
    session_id: str
    state: Phase
    link: str | None


class ChosenSegmentView(Shape):
    segment_key: str
    starts_at: Moment
    ends_at: Moment


class ChosenSlotView(Shape):
    """`index` counts the slots in the order they were sent, from 0. `skipped`: why the ones before could not be had."""

    index: int
    segments: tuple[ChosenSegmentView, ...]
    skipped: tuple[SkippedView, ...] = ()


class NotAppliedView(Shape):
    """What a running meeting did not take over: `running`, the officer decides; `claimed`, another booking follows."""

    segment: str
    field: str
    reason: Literal["running", "claimed"]


class BookingAnswer(Shape):
    """`result`: `accepted`; `duplicate`, this version and content were sent before; `stale`, a newer version was."""

    booking_id: str
    version: int
    result: Literal["accepted", "duplicate", "stale"]
    session_ids: tuple[BookedSessionView, ...]
    chosen_slot: ChosenSlotView | None
    warnings: tuple[str, ...]
    not_applied: tuple[NotAppliedView, ...]


class BookingView(Shape):
    """A booking with its sessions, as far as the caller may see them."""

    id: str
    version: int
    status: str
    establishment: str
    sessions: tuple[BookedSessionView, ...]
    warnings: tuple[str, ...]
    updated_at: Moment
