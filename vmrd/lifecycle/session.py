"""The session: one segment of a booking under vmrd's control, and everything it remembers.

A `Session` is a value. It changes only through `evolve(session, fact)`, so the journal of facts is enough to rebuild
it. It holds references to people (`name_ref`), never names: the texts live in the erasable `personal` table, and a
reference is the text's salted digest, so two equal names have equal references and a rename shows as a new one.

Instants are whole milliseconds since 1970 in UTC (`Instant`). Nothing here is monotonic time: how fresh our eyes are
is known to the watcher alone and never stored (see `secure`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vmrd.lifecycle.forwarding import Forwarding
from vmrd.lifecycle.leg import Check as Check
from vmrd.lifecycle.leg import Leg as Leg
from vmrd.lifecycle.override import Override
from vmrd.lifecycle.words import (
    OVER,
    AttendeeRole,
    Control,
    Instant,
    Kind,
    KnockState,
    LockState,
    Observation,
    Phase,
    Purpose,
    Result,
    SegmentKind,
    Step,
    Unlocker,
    Where,
)
from vmrd.lifecycle.works import Works
from vmrd.lifecycle.written import Written


@dataclass(frozen=True, slots=True)
class Attendee:
    """A person the booking expects, or an officer added.

    `needs_word`: the practitioner must say who this is as well as the officer seeing documents (guidance,
    "Interpreters and other specialists"). `waived_by`: the officer who let the meeting go on without them.
    `protected`: known by an alias; their own name is a secret of the session. `link_from`: the attendee who passes the
    link on to them. `evidence_by`, `evidence_at`: who said when that their documents came before the meeting.
    """

    ref: str
    name_ref: str
    role: AttendeeRole
    required: bool = False
    needs_word: bool = False
    waived_by: str | None = None
    added_by: str | None = None
    protected: bool = False
    link_from: str | None = None
    evidence_by: str | None = None
    evidence_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """`wanted`: what an officer last asked for. `state`: what Pexip showed, or that we wait for it to show.

    `drifted`: who likely undid it last, if anybody did.
    """

    state: LockState = LockState.UNKNOWN
    wanted: bool = False
    requested_at: Instant | None = None
    confirmed_at: Instant | None = None
    drifted: Unlocker | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """The live conference as Pexip last showed it. `instance` is its id where the status API told us.

    `share_declared`: whether the booking spoke of a shared screen when it began; None where nobody noted it.
    """

    started: bool = False
    recording: bool = False
    instance: str | None = None
    started_at: Instant | None = None
    share_declared: bool | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """An officer pressed Open and the sequence is under way."""

    step: Step
    asked_at: Instant
    by: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The prison room's own leg: the one our call returned, or one an officer claimed."""

    leg: str | None = None
    claimed_by: str | None = None
    lost_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Prisoner:
    """`inside` is the officer's word: vmrd cannot see a person off camera."""

    inside: bool = False
    since: Instant | None = None
    by: str | None = None
    was_inside: bool = False


@dataclass(frozen=True, slots=True)
class Dealing:
    """An officer said that they see to a knock or an alert. It lapses, and it keeps nobody else from doing so."""

    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody held after the meeting had started or was locked: one knock per leg, never swallowed by another's."""

    id: str
    leg: str
    at: Instant
    state: KnockState = KnockState.RINGING
    by: str | None = None
    escalated: bool = False
    dealing: Dealing | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """Something an officer must know. `key` is `code` or `code:about`; an alert ends when its cause does."""

    key: str
    code: str
    about: str | None
    since: Instant
    acknowledged_by: str | None = None
    dealing: Dealing | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Something asked of Pexip and not yet seen to have happened. `at`: last asked; `first_at`: first asked."""

    at: Instant
    attempts: int
    first_at: Instant | None = None

    @property
    def since(self) -> Instant:
        """When it was first asked, as far as that was written down."""
        return self.at if self.first_at is None else self.first_at


@dataclass(frozen=True, slots=True)
class Ticks:
    """What the officer said they did (guidance, step 7)."""

    reminder_given: bool = False
    officer_left: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it came out: proposed by vmrd, confirmed by an officer; a record, not telemetry."""

    result: Result
    prisoner_attended: bool
    attended: tuple[str, ...]
    confirmed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """The aggregate. See the module's docstring; `vmrd diagram` draws its phases.

    `seen` orders observations: (generation of the event stream, number within it). `version` counts facts;
    `roster_version` counts only those that change who is there or the lock, and is what an officer's press is held
    against, so that a press meant for another roster is refused. `arranged_at`: when it was last given a time.
    `unwatched`: it is blind because nobody looks at it.
    `booker`: the number of the address of whoever booked, 0 where nobody is written to.
    """

    id: str
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
    generation: int
    needs_approval: bool
    planned_at: Instant
    attendees: Mapping[str, Attendee]
    phase: Phase = Phase.PLANNED
    booked_end: Instant = 0
    version: int = 0
    roster_version: int = 0
    seen: tuple[int, int] = (0, 0)
    own_tags: tuple[str, ...] = ()
    own_leg: str | None = None
    legs: Mapping[str, Leg] = field(default_factory=dict)
    lock: Lock = Lock()
    meeting: Meeting | None = None
    opening: Opening | None = None
    endpoint: Endpoint = Endpoint()
    prisoner: Prisoner = Prisoner()
    paused_by: str | None = None
    breach: tuple[str, ...] = ()
    breach_since: Instant | None = None
    blind_since: Instant | None = None
    unwatched: bool = False
    knocks: Mapping[str, Knock] = field(default_factory=dict)
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    asks: Mapping[str, Ask] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    refused_places: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    turned_away: tuple[str, ...] = ()
    control_wanted: bool = False
    ticks: Ticks = Ticks()
    screen_share_declared: bool = False
    share_announced_by: str | None = None
    flags: tuple[str, ...] = ()
    strange_hosts: tuple[str, ...] = ()
    warned: tuple[int, ...] = ()
    preparing_since: Instant | None = None
    vmr_created_at: Instant | None = None
    nodes_ready: tuple[int, int] = (0, 0)
    opened_at: Instant | None = None
    first_locked_at: Instant | None = None
    everyone_left_at: Instant | None = None
    ending_at: Instant | None = None
    ending_why: str | None = None
    empty_at: Instant | None = None
    ended_at: Instant | None = None
    vmr_deleted_at: Instant | None = None
    link_dead_at: Instant | None = None
    secrets_wiped: bool = False
    outcome: Outcome | None = None
    reason: str | None = None
    noted: tuple[str, ...] = ()
    held_amendments: tuple[int, ...] = ()
    works: tuple[Works, ...] = ()
    forwarding: Forwarding | None = None
    arranged_at: Instant = 0
    reminded_for: Instant | None = None
    booker: int = 0
    written: Written | None = None
    overrides: Mapping[str, Override] = field(default_factory=dict)

    @property
    def vmr_name(self) -> str:
        """The vmr's name in Pexip, one per generation. It holds nothing about the booking or the people."""
        return self.vmr_name_of(self.generation)

    def vmr_name_of(self, generation: int) -> str:
        """The name of this generation's vmr."""
        return f"vmrd-{self.id}-{generation}"

    @property
    def share_unlike_its_beginning(self) -> bool:
        """Whether the booking says otherwise of a shared screen than when the running meeting began."""
        began = self.meeting.share_declared if self.meeting is not None else None
        return began is not None and began is not self.screen_share_declared

    @property
    def share_expected(self) -> bool:
        """Whether the booking, or somebody to the officer, said that a screen will be shared."""
        return self.screen_share_declared or self.share_announced_by is not None

    @property
    def pin_burnt(self) -> bool:
        """Whether somebody unexpected came in with the Host PIN of this generation."""
        return bool(self.strange_hosts)

    @property
    def vmr_may_stand(self) -> bool:
        """Whether a vmr was made, or was asked for and the answer lost."""
        return self.vmr_created_at is not None or f"ensure:{self.generation}" in self.asks

    @property
    def watched(self) -> bool:
        """Whether somebody must keep an eye on Pexip for it: from the first arrival until the link is proved dead."""
        if self.control is not Control.FULL:
            return False
        if self.phase in OVER:
            return self.vmr_may_stand and self.link_dead_at is None
        return self.control_wanted or self.phase is Phase.ENDING

    @property
    def endpoint_inside(self) -> bool:
        """Whether the room's own endpoint is in the meeting."""
        leg = self.legs.get(self.endpoint.leg) if self.endpoint.leg else None
        return leg is not None and leg.where is Where.INSIDE

    def inside(self) -> list[Leg]:
        """Every leg in the meeting, ours and the endpoint included."""
        return [leg for leg in self.legs.values() if leg.where is Where.INSIDE]

    def held(self) -> list[Leg]:
        """Every leg kept waiting by Pexip."""
        return [leg for leg in self.legs.values() if leg.where is Where.WAITING]

    def people_inside(self) -> list[Leg]:
        """Legs in the meeting that are neither ours nor the prison room's own."""
        return [leg for leg in self.inside() if leg.kind is not Kind.OWN and leg.id != self.endpoint.leg]

    def checked_attendees(self) -> frozenset[str]:
        """Attendees who are inside on a leg that was checked."""
        return frozenset(leg.check.attendee for leg in self.inside() if leg.check is not None)
