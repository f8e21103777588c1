"""The session view: everything a panel needs to draw one session. JSON names are the camelCase of these."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from vmrd.lifecycle.words import (
    AttendeeRole,
    Control,
    Document,
    Kind,
    KnockState,
    LockState,
    Observation,
    Phase,
    Purpose,
    Result,
    Role,
    SegmentKind,
    Step,
    Where,
)
from vmrd.web.shapes import Moment, Shape


class LockView(Shape):
    """`requestedAt`: when an officer asked; `confirmedAt`: when Pexip showed it locked, or unlocked as asked."""

    state: LockState
    requested_at: Moment | None
    confirmed_at: Moment | None


class ReasonView(Shape):
    """Why SECURE is dark: a stable code, a sentence with the name in it, and the leg or attendee it is about."""

    code: str
    text: str
    about: str | None


class VmrView(Shape):
    """`dialable`: every conferencing node answers for the alias, as far as we last heard."""

    alias: str
    uri: str
    browser_link: str
    dialable: bool
    generation: int
    nodes_ready: int
    nodes: int


class EndpointView(Shape):
    """The prison room's own screen. `address` is whether Pexip can call it; if not, it joins and is claimed."""

    state: Literal["none", "calling", "inside", "lost"]
    participant: str | None
    claimed_by: str | None
    lost_at: Moment | None
    can_be_called: bool


class PrisonerView(Shape):
    """`inside` (`in` in JSON) is the officer's word: vmrd cannot see a person off camera."""

    number: str | None
    name_available: bool
    inside: Annotated[bool, Field(alias="in")]
    since: Moment | None
    by: str | None


class TicksView(Shape):
    end_reminder_given: bool
    officer_left: bool


class ExpectedView(Shape):
    """`checked`: inside on a leg that was checked. `waivedBy`: the officer who lets it go on without them.
    `linkFrom`: the attendee who passes the link on to them. `evidenceBy`: who said that their documents came before."""

    ref: str
    name: str | None
    role: AttendeeRole
    required: bool
    checked: bool
    needs_word: bool
    waived_by: str | None
    added_by: str | None
    name_available: bool
    link_from: str | None
    evidence_by: str | None
    evidence_at: Moment | None


class CheckView(Shape):
    by: str
    at: Moment
    documents: tuple[Document, ...]
    practitioner_word: bool


class OverrideView(Shape):
    """That this participant is `attendee` without documents, asked by one officer; it counts once another confirms it,
    and is not asked any more at `until`."""

    attendee: str
    by: str
    reason: str | None
    at: Moment
    until: Moment


class NameNote(Shape):
    """What an officer should notice about a name; `about`: whose name it looks like."""

    code: Literal["same-name", "looks-like", "odd-letters", "checked-before", "checked-before-elsewhere"]
    about: str | None


class ParticipantView(Shape):
    """A leg. `attendee`: whom an officer matched it to; `suggested`: whose name it looks like, which proves nothing."""

    id: str
    name: str | None
    kind: Kind
    settled: bool
    role: Role
    has_video: bool
    presenting: bool
    encrypted: bool
    where: Where
    attendee: str | None
    suggested: str | None
    name_notes: tuple[NameNote, ...]
    checked: bool
    check: CheckView | None
    override: OverrideView | None
    since: Moment
    first_seen: Moment
    left_because: str | None
    removal_asked: bool
    allowed: tuple[str, ...]


class DealingView(Shape):
    """The officer who is seeing to it, shown to all. It lapses at `until`, and keeps nobody else from acting."""

    by: str
    since: Moment
    until: Moment


class KnockView(Shape):
    """`escalated`: nobody answered in time."""

    id: str
    participant: str
    name: str | None
    kind: Kind | None
    at: Moment
    state: KnockState
    by: str | None
    escalated: bool
    suggested: str | None
    dealing: DealingView | None


class AlertView(Shape):
    """`key` is what `acknowledge` takes; `about` a leg, an attendee or a number, by `code`."""

    key: str
    code: str
    about: str | None
    text: str
    since: Moment
    acknowledged_by: str | None
    dealing: DealingView | None


class ClocksView(Shape):
    """Seconds from `asOf`; negative `endsIn`: overrun. None where the clock does not run."""

    ends_in: int | None
    waiting_drops_in: int | None
    guests_only_drops_in: int | None


class EyesView(Shape):
    """`source`: `read` while reads of the running meeting succeed, else `none`. `freshAt`: the last one."""

    source: Literal["read", "none"]
    fresh_at: Moment | None


class WouldEnterView(Shape):
    """Somebody waiting who would come in on Open or Unlock. `attendee`: whose name it looks like, or nobody's."""

    participant: str
    name: str | None
    kind: Kind
    attendee: str | None


class RemovalView(Shape):
    """Somebody we asked Pexip to put out and who is still there."""

    participant: str
    name: str | None
    since: Moment


AskedWhat = Literal["lock", "unlock", "admit", "refuse", "remove", "end"]


class AskedView(Shape):
    """What was asked of Pexip and Pexip has not shown yet. `at`: when it was first asked. `late`: for longer than it
    takes, so it is to be done by hand."""

    what: AskedWhat
    participant: str | None
    name: str | None
    at: Moment
    late: bool


class OpeningView(Shape):
    """`since`: when the meeting started, once it has: from then guests wait for the prison room."""

    step: Step
    asked_at: Moment
    by: str
    since: Moment | None


class LostView(Shape):
    """Minutes lost: to opening late, and from opening to the first confirmed lock."""

    late_open: int
    id_check: int


class OutcomeView(Shape):
    """Proposed by vmrd; a record once `confirmedBy` is set."""

    result: Result
    prisoner_attended: bool
    attended: tuple[str, ...]
    confirmed_by: str | None


class ForwardedView(Shape):
    role: AttendeeRole
    count: int


class ForwardingView(Shape):
    """Whether whoever booked may pass the link on, and to whom they did or will, in kind."""

    allowed: bool
    to: tuple[ForwardedView, ...]


class FlagView(Shape):
    """Something the prison should know of the booking; it lights and rings nothing."""

    code: str
    text: str


class SessionView(Shape):
    """One session as it stands at `asOf`.

    `secure` is true only while every condition of the light holds, proved by a live read; a client must show it dark
    once `secureUntil` has passed. `evidenceOutstanding`: attendees whose documents this prison wants before the meeting
    and nobody has said it got. `etag` is what `If-Match` takes; of it only the roster part is compared. `shadow`: vmrd
    only watches; there is no light, and nothing can be pressed.
    """

    id: str
    booking_id: str
    segment: SegmentKind
    purpose: Purpose
    establishment: str
    establishment_name: str
    room: str
    room_name: str
    phase: Phase
    reason: str | None
    control: Control
    starts_at: Moment
    ends_at: Moment
    booked_end: Moment
    opened_at: Moment | None
    ended_at: Moment | None
    link_dead_at: Moment | None
    version: int
    roster_version: int
    etag: str
    as_of: Moment
    lock: LockView
    secure: bool
    secure_until: Moment | None
    secure_blocked_by: tuple[str, ...]
    secure_reasons: tuple[ReasonView, ...]
    dark_because: Literal["breach", "blind"] | None
    evidence: str
    vmr: VmrView
    endpoint: EndpointView
    prisoner: PrisonerView
    paused_by: str | None
    observation: Observation
    screen_share_declared: bool
    screen_share_from_next: bool
    share_announced_by: str | None
    needs_approval: bool
    flags: tuple[FlagView, ...]
    background_available: bool
    link_forwarding: ForwardingView | None
    evidence_outstanding: tuple[str, ...]
    ticks: TicksView
    opening: OpeningView | None
    expected: tuple[ExpectedView, ...]
    participants: tuple[ParticipantView, ...]
    would_enter: tuple[WouldEnterView, ...]
    removals_outstanding: tuple[RemovalView, ...]
    asked: tuple[AskedView, ...]
    knocks: tuple[KnockView, ...]
    alerts: tuple[AlertView, ...]
    clocks: ClocksView
    eyes: EyesView
    allowed: tuple[str, ...]
    lost_to: LostView
    outcome: OutcomeView | None
    shadow: bool = False


class SessionsView(Shape):
    """Sessions in order of their start."""

    sessions: tuple[SessionView, ...]
