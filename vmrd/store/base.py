"""The store's port: what every store promises, and the records it keeps beside sessions.

Promises, held by one conformance suite for every store (`tests/store`):

* **All or nothing.** A `write` step runs whole or leaves no trace; its exception reaches its own caller only. Steps
  waiting together may share one commit (group commit); one bad step never fails its neighbours.
* **Durable before told.** `write` returns after the commit is on disk.
* **Told in any case.** What a step wanted told is told after its commit, even when nobody waits for it any more.
* **Serial per session.** Two steps that name the same session never interleave.
* **The journal cannot be forgotten.** Facts are appended in the same transaction as the session row, hash-chained per
  session; the chain heads are sealed with a key the database does not hold.
* **Secrets are encrypted**, personal texts erasable; neither is ever in a session row, a fact or a command.

A step is synchronous, may run in another thread, and again where another replica was in its way: it must touch nothing
but its `Tx` and values it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from vmrd.lifecycle.commands import Command, Lane
from vmrd.lifecycle.facts import Fact
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant, Phase
from vmrd.lifecycle.works import Consent, Window
from vmrd.store.account import AuditEntry as AuditEntry
from vmrd.store.account import Officer as Officer
from vmrd.store.account import SignIn as SignIn
from vmrd.store.account import Voucher as Voucher
from vmrd.store.ahead import Ahead as Ahead
from vmrd.store.booking import BookingRecord as BookingRecord
from vmrd.store.booking import Segment as Segment
from vmrd.store.chain import SealHead
from vmrd.store.claim import Claim as Claim
from vmrd.store.claim import Held as Held
from vmrd.store.delivery import Delivery, DeliveryState, Share
from vmrd.store.ear import Ear as Ear
from vmrd.store.errors import Busy as Busy
from vmrd.store.errors import ClaimTaken as ClaimTaken
from vmrd.store.errors import Fenced as Fenced
from vmrd.store.errors import StoreError as StoreError
from vmrd.store.errors import Unreadable as Unreadable
from vmrd.store.leases import Lease as Lease
from vmrd.store.refusal import Refusal, RefusalRow
from vmrd.store.retention import Counts, Cutoffs, Hold, HoldReason
from vmrd.store.subjects import Mention

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WorksEntry:
    """Who changed a window of works. `did`: `added`, `changed` or `withdrawn`; `confirmed`: the sessions it hit."""

    at: Instant
    did: str
    by: str
    consent: Consent
    confirmed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A command to carry out. `attempts` counts claims so far; `not_after` is None for a lasting command."""

    id: int
    session_id: str
    establishment: str
    lane: Lane
    key: str
    command: Command
    created_at: Instant
    not_after: Instant | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Taker:
    """Who can be handed a command in the very transaction that writes it: for how long (ms), and in which lanes."""

    owner: str
    lease: int
    lanes: frozenset[Lane]


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One fact as written. `hash` covers `prev` and every other column, byte for byte."""

    session_id: str
    seq: int
    at: Instant
    type: str
    body: str
    prev: bytes
    hash: bytes


def message_scope(sender: str) -> str:
    """The scope of a booking system's receipts: within it, a message id is answered once."""
    return f"webhook:{sender}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer first given to a message or press with this key; a repeat gets it again."""

    scope: str
    key: str
    digest: str
    status: int
    answer: bytes
    at: Instant


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """All given conditions hold. `start`/`end` select sessions whose `starts_at` lies in `[start, end)`."""

    establishments: tuple[str, ...] = ()
    start: Instant | None = None
    end: Instant | None = None
    phases: tuple[Phase, ...] = ()
    booking_id: str | None = None
    watched: bool | None = None


class Rx(Protocol):
    """Reads, consistent within one call of `Store.read` (or within a `Tx`)."""

    def ahead(self, look: Ahead) -> None:
        """Say what will be looked at, so that a database far away is asked for all of it at once."""

    def session(self, session_id: str) -> Session | None:
        """Rebuilt from its journal where its row is damaged; raises `Unreadable` where that fails too."""

    def sessions(self, where: SessionFilter) -> list[Session]:
        """In order of their start. One that cannot be read is left out, and said so in the log."""

    def session_by_name(self, vmr_name: str) -> str | None:
        """The session whose vmr has, or once had, this name in Pexip."""

    def session_by_alias(self, alias: str) -> str | None:
        """The session to whose vmr this alias, without its domain, leads or once led."""

    def running(self) -> list[tuple[str, str]]:
        """Each meeting that runs and its establishment, and no more of it."""

    def watched(self) -> list[str]:
        """Sessions that need a watcher."""

    def watched_elsewhere(self, owner: str, now: Instant) -> frozenset[str]:
        """Sessions of which another owner has the watcher's lease."""

    def due(self, now: Instant, limit: int) -> list[str]: ...
    def next_wake(self) -> Instant | None: ...
    def personal(self, session_id: str) -> Mapping[str, str]:
        """Reference -> text, for the people of one session; empty once erased."""

    def secret(self, session_id: str, name: str) -> bytes | None: ...
    def secret_names(self, session_id: str) -> frozenset[str]: ...
    def journal(self, session_id: str) -> list[JournalRow]: ...
    def facts(self, session_id: str) -> list[Fact]: ...
    def room_holder(self, establishment: str, room: str, but_not: str) -> str | None:
        """A live session, other than `but_not`, whose endpoint leg is still inside."""

    def claim_holder(self, kind: str, subject: str, start: Instant, end: Instant, but_not: str) -> str | None: ...
    def claims(self, kind: str, subject: str, start: Instant, end: Instant) -> list[Held]: ...
    def claims_on(self, wanted: Sequence[Claim]) -> list[list[Held]]:
        """For each of these, every claim that meets its `[start, end)`, in order of its start; in one look."""

    def works(self, establishment: str, start: Instant, end: Instant) -> list[Window]:
        """Windows of works that meet `[start, end)`, agreed or not, without those withdrawn."""

    def works_window(self, window_id: str) -> Window | None:
        """One window, withdrawn or not."""

    def works_entries(self, window_id: str) -> list[WorksEntry]:
        """Who changed it, in order."""

    def booking(self, booking_id: str) -> BookingRecord | None: ...
    def receipt(self, scope: str, key: str) -> Receipt | None: ...
    def officer(self, name: str) -> Officer | None: ...
    def officers(self) -> list[Officer]: ...
    def officer_by_token(self, token_hash: str) -> Officer | None: ...
    def sign_in(self, cookie_hash: str) -> SignIn | None: ...
    def sign_ins(self, by: Voucher | None = None) -> list[SignIn]:
        """Signed-in browsers, ended by time or not; `by`: only those this one vouched for."""

    def revocations(self) -> int:
        """A number that grows with every change that may end a sign-in."""

    def audit(self, limit: int) -> list[AuditEntry]:
        """What happened to accounts and sign-ins, the newest first."""

    def outbox_depth(self) -> Mapping[Lane, int]: ...
    def outbox_oldest(self) -> Mapping[Lane, Instant]:
        """When each lane's oldest unfinished command was written; lanes without one are left out."""

    def outbox(self, session_id: str) -> list[OutboxItem]: ...
    def delivery(self, delivery_id: str) -> Delivery | None: ...
    def deliveries(self, states: Sequence[DeliveryState], limit: int) -> list[Delivery]:
        """The newest first."""

    def dead_deliveries(self) -> int: ...
    def refusals(self, since: Instant, limit: int, establishments: Sequence[str] = ()) -> list[RefusalRow]: ...
    def restored_at(self) -> Instant | None:
        """When this database was last put back from a backup."""

    def seal_head(self) -> SealHead: ...
    def purgeable(self, before: Cutoffs) -> Counts: ...
    def holds(self) -> list[Hold]: ...
    def mentions(self, person: str) -> list[Mention]:
        """Personal texts that name somebody. Raises `ValueError` for an empty name."""


class Tx(Rx, Protocol):
    """One atomic step. Reads see its own writes."""

    def minted(self, session_id: str) -> None:
        """This id was made just now: no such session is looked for."""

    def record(
        self,
        session: Session,
        facts: Sequence[Fact],
        commands: Sequence[Command],
        *,
        wake_at: Instant | None,
        watched: bool,
        now: Instant,
        command_ttl: int,
        taker: Taker | None = None,
    ) -> list[OutboxItem]:
        """Write the session row, append its facts, put its commands in the outbox (replacing unsent same keys).

        Returns the commands that are the taker's from birth: those nothing of their session and lane waits before.
        """

    def wake(self, session_id: str, wake_at: Instant | None) -> None:
        """Move the alarm of a session that did not change."""

    def ref(self, session_id: str, text: str) -> str:
        """The salted reference of a personal text; the text is stored so that `personal` finds it."""

    def commitment(self, session_id: str, text: str) -> str:
        """What `ref` gives, without the text being stored: good to compare with, and for nothing else."""

    def erase_personal(self, session_id: str) -> None:
        """Texts and salt go; facts, session and chain stay as they are."""

    def put_secret(self, session_id: str, name: str, value: bytes | None) -> None:
        """Keep it instead of what was kept under this name; None keeps nothing."""

    def wipe_secrets(self, session_id: str) -> None: ...
    def claim(self, session_id: str, claims: Sequence[Claim]) -> None:
        """Replace all claims of the session; raises `ClaimTaken`."""

    def stretch(self, session_id: str, end: Instant) -> None:
        """Let every claim of the session last until `end`; raises `ClaimTaken` where somebody else's begins before."""

    def put_works(self, window: Window, did: str, by: str, confirmed: Sequence[str], now: Instant) -> None:
        """Keep the window as it is now, and in the sealed journal who did that. No booking finds room in between."""

    def put_booking(self, record: BookingRecord) -> None: ...
    def put_receipt(self, receipt: Receipt) -> None: ...
    def put_officer(self, officer: Officer) -> None: ...
    def put_sign_in(self, sign_in: SignIn) -> None: ...
    def drop_sign_in(self, cookie_hash: str) -> None: ...
    def drop_sign_ins(self, officer: str) -> int:
        """Sign this officer out everywhere; how many browsers that were."""

    def write_audit(self, entry: AuditEntry) -> None:
        """Append to the sealed journal of what belongs to no session."""

    def finish(self, item_id: int, attempt: int) -> bool:
        """The command is done with; False if it was finished, replaced, or handed out again since that attempt."""

    def postpone(self, item_id: int, attempt: int, until: Instant) -> None:
        """Give the command back, not to be claimed before `until`, unless it was handed out again since."""

    def put_delivery(self, delivery: Delivery) -> None: ...
    def put_refusal(self, refusal: Refusal, now: Instant) -> None: ...
    def tell_again(self, delivery: Delivery, now: Instant) -> None:
        """Send it again, taken or not: another day of tries from `now`."""

    def purge(self, before: Cutoffs, most: int) -> Counts:
        """Delete what is old enough, at most so many of each class; how much that was."""

    def erase(self, session_id: str, refs: Sequence[str]) -> int: ...
    def hold(self, hold: Hold, by: str) -> bool: ...
    def end_hold(self, session_id: str, reason: HoldReason, by: str, now: Instant) -> bool: ...

    def take(
        self, owner: str, now: Instant, lease: int, limit: Mapping[Lane, int], share: Share | None = None
    ) -> list[OutboxItem]:
        """Lease due commands: per session and lane only the oldest not finished, at most `limit` per lane."""

    def lease(self, name: str, owner: str, now: Instant, duration: int) -> Lease | None:
        """Take or renew a named lease; None while another owner holds it."""

    def renew(self, names: Sequence[str], owner: str, now: Instant, duration: int) -> dict[str, Lease]:
        """Renew those that are the owner's, by their names; only for leases that have not run out."""

    def require(self, lease: Lease) -> None:
        """Raises `Fenced` where somebody else has taken the lease since."""

    def require_free(self, name: str, now: Instant) -> None:
        """Raises `Fenced` where somebody has the lease."""

    def drop_lease(self, name: str, owner: str) -> None: ...


Find = Callable[[Rx], Sequence[str]]
"""Finds the sessions a step is about. A store whose steps run one after another need not ask."""


class Store(Protocol):
    """See the module's docstring for what is promised. `shared`: whether other daemons may be at work on it."""

    @property
    def shared(self) -> bool: ...

    async def write(
        self, sessions: Sequence[str] | Find, step: Callable[[Tx], T], told: Callable[[T], None] | None = None
    ) -> T:
        """Run `step` in one transaction, alone with the named sessions, or those found; returns after the commit.

        `told` is called in the event loop with the step's result as soon as that is on disk, whatever has become of the
        caller meanwhile.
        """

    async def read(self, query: Callable[[Rx], T]) -> T: ...

    async def time(self) -> Instant | None:
        """What the database server's clock says; None where the database has no other clock than ours."""

    def listen(self, ear: Ear) -> None:
        """Tell it, in the running event loop, of other replicas. Nothing is ever told where there can be none."""

    async def say(self, line: str) -> None:
        """A line to every other replica; nobody need be there to hear it."""

    async def close(self) -> None:
        """Finish what was submitted, then let go of the database."""
