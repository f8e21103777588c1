"""What happened, in the past tense: the journal's vocabulary.

Facts carry references, never a name, number, PIN or token. `by` is an officer's account name, or None where vmrd acted
by rule. A fact's fields are everything `evolve` needs, so the journal alone rebuilds the session. Renaming or
re-typing a field needs an upgrader in the store's codec.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.inputs import Failure
from vmrd.lifecycle.session import (
    Attendee,
    Control,
    Document,
    Instant,
    Kind,
    KnockState,
    Observation,
    Outcome,
    Phase,
    Purpose,
    Role,
    SegmentKind,
    Step,
    Where,
)


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
class Approved:
    by: str


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """`reason` says why in one or two words, for failed, cancelled, interrupted and ending."""

    to: Phase
    reason: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class VmrCreated:
    generation: int
    at: Instant


@dataclass(frozen=True, slots=True)
class AliasAnswered:
    answering: int
    nodes: int


@dataclass(frozen=True, slots=True)
class VmrReplaced:
    """A new link and Host PIN: the former were burnt or blocked."""

    generation: int
    alias: str
    by: str


@dataclass(frozen=True, slots=True)
class TagUsed:
    tag: str


@dataclass(frozen=True, slots=True)
class ControlHeld:
    leg: str


@dataclass(frozen=True, slots=True)
class LegObserved:
    """A leg as it now stands; written only when something about it differs from before."""

    leg: str
    name_ref: str
    kind: Kind
    settled: bool
    role: Role
    where: Where
    has_media: bool
    has_video: bool
    encrypted: bool
    presenting: bool
    at: Instant


@dataclass(frozen=True, slots=True)
class LegLeft:
    leg: str
    reason: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class MeetingObserved:
    started: bool
    recording: bool
    instance: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class MeetingLost:
    """The conference ended under us: its lock and its checks are gone with it."""

    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class OrderAdvanced:
    """A new event stream began; what an older one still says can only darken."""

    generation: int
    number: int


@dataclass(frozen=True, slots=True)
class Locked:
    at: Instant


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Pexip shows the conference unlocked. `drift`: though we want it locked."""

    drift: bool
    at: Instant


@dataclass(frozen=True, slots=True)
class LockRequested:
    by: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class UnlockRequested:
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class OpenRequested:
    step: Step
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class OpeningStepped:
    step: Step


@dataclass(frozen=True, slots=True)
class OpeningFellBack:
    """Pexip did not hold people in a room locked before it started: opened the default way instead."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The meeting runs and the prison room is in it. `elsewhere`: somebody typed the Host PIN, not we."""

    elsewhere: bool
    at: Instant


@dataclass(frozen=True, slots=True)
class RoomConnected:
    """Our call to the prison room became this leg, or an officer claimed it."""

    leg: str
    claimed_by: str | None


@dataclass(frozen=True, slots=True)
class RoomLost:
    leg: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Asked:
    """Something was asked of Pexip; `key` is the command's."""

    key: str
    at: Instant


@dataclass(frozen=True, slots=True)
class AskEnded:
    """What was asked has shown, or is no longer wanted."""

    key: str


@dataclass(frozen=True, slots=True)
class AskFailed:
    key: str
    why: Failure


@dataclass(frozen=True, slots=True)
class Knocked:
    knock: str
    leg: str
    at: Instant


@dataclass(frozen=True, slots=True)
class KnockAnswered:
    knock: str
    state: KnockState
    by: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class KnockEscalated:
    knock: str


@dataclass(frozen=True, slots=True)
class AdmitRequested:
    leg: str
    by: str


@dataclass(frozen=True, slots=True)
class RefusalRequested:
    """An officer put somebody out of the waiting room. They may try again; they will be flagged."""

    leg: str
    by: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class RemovalRequested:
    """A leg is to be disconnected. `why`: `phone`, `recorder`, `refused`, `removed`, `ending`."""

    leg: str
    why: str
    by: str | None


@dataclass(frozen=True, slots=True)
class Exposed:
    """A phone or recorder was inside the meeting. `prisoner_inside`: whether the prisoner could see its number."""

    leg: str
    kind: Kind
    prisoner_inside: bool
    at: Instant


@dataclass(frozen=True, slots=True)
class Checked:
    leg: str
    attendee: str
    documents: tuple[Document, ...]
    practitioner_word: bool
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class CheckVoided:
    """`why`: `withdrawn`, `renamed`, `second-connection`, `left`."""

    leg: str
    why: str
    by: str | None


@dataclass(frozen=True, slots=True)
class Expected:
    attendee: Attendee
    by: str


@dataclass(frozen=True, slots=True)
class Waived:
    attendee: str
    by: str


@dataclass(frozen=True, slots=True)
class PrisonerCameIn:
    """`blocked_by`: the reasons SECURE was dark, empty when it was lit."""

    by: str
    blocked_by: tuple[str, ...]
    reason_ref: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class PrisonerWentOut:
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Paused:
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Resumed:
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class BreachBegan:
    """The prisoner is in the room and a condition of SECURE does not hold."""

    reasons: tuple[str, ...]
    at: Instant


@dataclass(frozen=True, slots=True)
class BreachEnded:
    at: Instant


@dataclass(frozen=True, slots=True)
class WentBlind:
    at: Instant


@dataclass(frozen=True, slots=True)
class SightReturned:
    at: Instant


@dataclass(frozen=True, slots=True)
class ReminderTicked:
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class OfficerLeftTicked:
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Extended:
    until: Instant
    by: str


@dataclass(frozen=True, slots=True)
class TimeWarned:
    minutes: int
    at: Instant


@dataclass(frozen=True, slots=True)
class PinBurnt:
    """A Host nobody expected came in: the Host PIN is known to somebody else."""

    leg: str


@dataclass(frozen=True, slots=True)
class AlertRaised:
    key: str
    code: str
    about: str | None
    by: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class AlertAcknowledged:
    key: str
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class AlertEnded:
    key: str


@dataclass(frozen=True, slots=True)
class EveryoneLeft:
    at: Instant


@dataclass(frozen=True, slots=True)
class SomeoneReturned:
    pass


@dataclass(frozen=True, slots=True)
class EndRequested:
    """`why`: `officer`, `time`, `no-show`, `never-opened`. `reason_ref`: what the officer wrote, if anything."""

    by: str | None
    why: str
    reason_ref: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class SeenEmpty:
    at: Instant


@dataclass(frozen=True, slots=True)
class EmptinessBroken:
    """Somebody was seen again after the conference had looked empty."""


@dataclass(frozen=True, slots=True)
class VmrGone:
    """The vmr is deleted; nodes may answer for its alias until replication is through."""

    at: Instant


@dataclass(frozen=True, slots=True)
class StrayInstanceSeen:
    """A conference came up under a dead session's name; it is disconnected."""

    instance: str


@dataclass(frozen=True, slots=True)
class LinkDead:
    """No node answers for the alias any more: the link cannot be used again."""

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


Fact = (
    Planned
    | Amended
    | AmendmentHeld
    | CancellationHeld
    | Approved
    | PhaseChanged
    | VmrCreated
    | AliasAnswered
    | VmrReplaced
    | TagUsed
    | ControlHeld
    | LegObserved
    | LegLeft
    | MeetingObserved
    | MeetingLost
    | OrderAdvanced
    | Locked
    | Unlocked
    | LockRequested
    | UnlockRequested
    | OpenRequested
    | OpeningStepped
    | OpeningFellBack
    | Opened
    | RoomConnected
    | RoomLost
    | Asked
    | AskEnded
    | AskFailed
    | Knocked
    | KnockAnswered
    | KnockEscalated
    | AdmitRequested
    | RefusalRequested
    | RemovalRequested
    | Exposed
    | Checked
    | CheckVoided
    | Expected
    | Waived
    | PrisonerCameIn
    | PrisonerWentOut
    | Paused
    | Resumed
    | BreachBegan
    | BreachEnded
    | WentBlind
    | SightReturned
    | ReminderTicked
    | OfficerLeftTicked
    | Extended
    | TimeWarned
    | PinBurnt
    | AlertRaised
    | AlertAcknowledged
    | AlertEnded
    | EveryoneLeft
    | SomeoneReturned
    | EndRequested
    | SeenEmpty
    | EmptinessBroken
    | VmrGone
    | StrayInstanceSeen
    | LinkDead
    | OutcomeProposed
    | OutcomeConfirmed
    | Noted
)
