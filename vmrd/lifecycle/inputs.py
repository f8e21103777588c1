"""What can happen to a session: a booking speaks, Pexip shows something, a command came back, an officer presses.

Every input may be repeated, late or out of order; `decide` writes nothing for one that changes nothing. Observations
carry an `Order`: the generation of the event stream and a number within it. A read carries the order that was current
when it *began*, so that `decide` can tell a read that is older than what the stream has shown since.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from vmrd.lifecycle.session import (
    Attendee,
    Control,
    Document,
    Instant,
    Observation,
    Purpose,
    Result,
    Role,
    SegmentKind,
    Where,
)

# --- booking ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """A booked segment to run. Alias and ids were minted by the caller; `replaces` is None for a new session."""

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


@dataclass(frozen=True, slots=True)
class Amend:
    """The booking system's newest state of this segment."""

    booking_version: int
    starts_at: Instant
    ends_at: Instant
    room: str
    room_address: str | None
    attendees: tuple[Attendee, ...]
    observation: Observation
    screen_share_declared: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """The booking system withdrew the segment."""

    booking_version: int
    reason: str


# --- time ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WakeUp:
    """Look at the clock."""


# --- Pexip, as the watcher saw it ------------------------------------------------------------------------------------


class Source(StrEnum):
    """Who says so. A `hint` (event sink, status list) may add a threat or darken; only the others may light."""

    STREAM = "stream"
    READ = "read"
    HINT = "hint"


class Protocol(StrEnum):
    WEB = "web"
    SIP = "sip"
    H323 = "h323"
    SKYPE = "skype"
    STREAMING = "streaming"
    GATEWAY = "gateway"
    CONTROL = "control"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One leg, as Pexip described it, in our words.

    `name` and `address` are personal: they are read by `callers` and never stored by the core; `name_ref` is the
    salted digest the engine put in. `leg` is Pexip's participant uuid.
    """

    leg: str
    name: str
    address: str
    protocol: Protocol
    dialled_out: bool
    role: Role
    where: Where
    has_media: bool
    has_video: bool
    audio_only: bool
    streaming: bool
    encrypted: bool
    presenting: bool
    call_tag: str
    vendor: str
    name_ref: str = ""

    def named(self, ref: str) -> Sighting:
        """The same sighting with the reference its name is stored under."""
        return replace(self, name_ref=ref)


@dataclass(frozen=True, slots=True)
class Order:
    """Which event stream, and how far along it; compared as a pair."""

    generation: int
    number: int


@dataclass(frozen=True, slots=True)
class RosterSeen:
    """Everybody in the conference, complete: legs not listed are gone."""

    order: Order
    source: Source
    sightings: tuple[Sighting, ...]
    locked: bool
    started: bool
    recording: bool
    instance: str | None = None


@dataclass(frozen=True, slots=True)
class LegSeen:
    order: Order
    source: Source
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class LegGone:
    order: Order
    source: Source
    leg: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ConferenceSeen:
    """The conference's own state: lock, started, recording or streaming or transcribing."""

    order: Order
    source: Source
    locked: bool
    started: bool
    recording: bool


@dataclass(frozen=True, slots=True)
class ConferenceGone:
    """The conference ended: our stream said so, or our token died and no such conference runs."""

    order: Order
    reason: str


@dataclass(frozen=True, slots=True)
class EmptySeen:
    """Pexip's status shows no conference by this session's name."""


@dataclass(frozen=True, slots=True)
class InstanceSeen:
    """Pexip's status shows a conference by this session's name after the session ended."""

    instance: str


@dataclass(frozen=True, slots=True)
class EyesLost:
    """We cannot read the running conference."""


@dataclass(frozen=True, slots=True)
class EyesBack:
    """We read the running conference again."""


@dataclass(frozen=True, slots=True)
class ControlTagged:
    """We are about to ask for a control token with this tag; a leg that carries it without media is ours."""

    tag: str


@dataclass(frozen=True, slots=True)
class ControlTaken:
    """Pexip gave us a control token; `leg` is our own entry in the roster."""

    leg: str


# --- what became of a command ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VmrEnsured:
    """The vmr of this generation stands in Pexip with our alias, PINs and settings."""

    generation: int


@dataclass(frozen=True, slots=True)
class AliasProbed:
    """How many of the conferencing nodes answer for the alias."""

    generation: int
    answering: int
    nodes: int


@dataclass(frozen=True, slots=True)
class RoomCalled:
    """Our call to the prison room's endpoint is the leg `leg`."""

    leg: str


@dataclass(frozen=True, slots=True)
class VmrDeleted:
    generation: int


@dataclass(frozen=True, slots=True)
class CommandDone:
    """Pexip took the command. What it did is known only when Pexip shows it."""

    key: str


class Failure(StrEnum):
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    EXPIRED = "expired"
    GONE = "gone"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class CommandFailed:
    key: str
    why: Failure


# --- officers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """`room_busy_with`: a live session whose endpoint leg still holds this room, found in the same transaction."""

    by: str
    room_busy_with: str | None = None


@dataclass(frozen=True, slots=True)
class LockRoom:
    by: str


@dataclass(frozen=True, slots=True)
class UnlockRoom:
    by: str


@dataclass(frozen=True, slots=True)
class Admit:
    leg: str
    by: str


@dataclass(frozen=True, slots=True)
class Refuse:
    leg: str
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    leg: str
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CheckId:
    """An officer matched the leg to the attendee and saw these documents."""

    leg: str
    attendee: str
    documents: tuple[Document, ...]
    by: str
    practitioner_word: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawCheck:
    leg: str
    by: str


@dataclass(frozen=True, slots=True)
class Expect:
    """An officer adds a person to those expected."""

    attendee: Attendee
    by: str


@dataclass(frozen=True, slots=True)
class Waive:
    """The meeting may be SECURE without this required attendee."""

    attendee: str
    by: str


@dataclass(frozen=True, slots=True)
class ClaimRoom:
    """This leg is the prison room's own screen."""

    leg: str
    by: str


@dataclass(frozen=True, slots=True)
class CallRoom:
    """Call the prison room's endpoint (again)."""

    by: str


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Seen: a knock (its id) or an alert (its key)."""

    what: str
    by: str


@dataclass(frozen=True, slots=True)
class PrisonerIn:
    """`eyes_fresh`: a live read made for this very press succeeded."""

    by: str
    eyes_fresh: bool
    reason_ref: str | None = None


@dataclass(frozen=True, slots=True)
class PrisonerOut:
    by: str


@dataclass(frozen=True, slots=True)
class Pause:
    by: str


@dataclass(frozen=True, slots=True)
class Resume:
    by: str


@dataclass(frozen=True, slots=True)
class ReminderGiven:
    by: str


@dataclass(frozen=True, slots=True)
class OfficerLeft:
    by: str


@dataclass(frozen=True, slots=True)
class Signalled:
    """The prisoner signalled to staff (guidance, note to step 7)."""

    by: str


@dataclass(frozen=True, slots=True)
class TroubleReported:
    """A guest rang the prison: they cannot connect."""

    by: str


@dataclass(frozen=True, slots=True)
class Extend:
    until: Instant
    by: str


@dataclass(frozen=True, slots=True)
class End:
    by: str
    reason_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Approve:
    by: str


@dataclass(frozen=True, slots=True)
class ConfirmOutcome:
    by: str
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class ReplaceVmr:
    """A supervisor orders a new link and PIN. `alias` was minted by the caller."""

    alias: str
    by: str


@dataclass(frozen=True, slots=True)
class Note:
    """A remark; `text_ref` is the reference its text is stored under."""

    text_ref: str
    by: str


Booking = Plan | Amend | Cancel
Observed = (
    RosterSeen
    | LegSeen
    | LegGone
    | ConferenceSeen
    | ConferenceGone
    | EmptySeen
    | InstanceSeen
    | EyesLost
    | EyesBack
    | ControlTagged
    | ControlTaken
)
CommandOutcome = VmrEnsured | AliasProbed | RoomCalled | VmrDeleted | CommandDone | CommandFailed
Press = (
    Open
    | LockRoom
    | UnlockRoom
    | Admit
    | Refuse
    | Remove
    | CheckId
    | WithdrawCheck
    | Expect
    | Waive
    | ClaimRoom
    | CallRoom
    | Acknowledge
    | PrisonerIn
    | PrisonerOut
    | Pause
    | Resume
    | ReminderGiven
    | OfficerLeft
    | Signalled
    | TroubleReported
    | Extend
    | End
    | Approve
    | ConfirmOutcome
    | ReplaceVmr
    | Note
)
Input = Booking | WakeUp | Observed | CommandOutcome | Press
