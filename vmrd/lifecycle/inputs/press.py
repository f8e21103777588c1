"""What officers press. `by` is the officer's account name."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.session import Attendee
from vmrd.lifecycle.words import Document, Instant, Result


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
class RefuseAll:
    """Everybody the officer saw named and did not expect; whoever came since is not among them."""

    legs: tuple[str, ...]
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
class EvidenceReceived:
    """This attendee's documents came before the meeting; `received` False takes that back."""

    attendee: str
    received: bool
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
class DealWith:
    """The officer is seeing to a knock (its id) or an alert (its key)."""

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
class ShareAnnounced:
    """Somebody told the officer that they are going to share a screen."""

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


@dataclass(frozen=True, slots=True)
class Reveal:
    """An officer asks to see a secret: `host-pin`, `prisoner-name` or `attendee-name` (`about`: whose)."""

    what: str
    about: str | None
    by: str


Press = (
    Open
    | LockRoom
    | UnlockRoom
    | Admit
    | Refuse
    | RefuseAll
    | Remove
    | CheckId
    | WithdrawCheck
    | Expect
    | Waive
    | EvidenceReceived
    | ClaimRoom
    | CallRoom
    | Acknowledge
    | DealWith
    | PrisonerIn
    | PrisonerOut
    | Pause
    | Resume
    | ReminderGiven
    | OfficerLeft
    | Signalled
    | ShareAnnounced
    | TroubleReported
    | Extend
    | End
    | Approve
    | ConfirmOutcome
    | ReplaceVmr
    | Note
    | Reveal
)
