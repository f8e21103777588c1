"""Reads in SQL. One `SqlRx` serves one transaction, so everything it answers belongs together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import structlog

from vmrd.lifecycle.commands import Lane
from vmrd.lifecycle.evolve import fold
from vmrd.lifecycle.facts import Fact
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, Instant
from vmrd.lifecycle.works import Window
from vmrd.store import accounts, deliveries, holds, leases, outbox, purging, refusals, subjects, works
from vmrd.store.base import (
    Ahead,
    AuditEntry,
    BookingRecord,
    Claim,
    Held,
    JournalRow,
    Officer,
    OutboxItem,
    Receipt,
    Segment,
    SessionFilter,
    SignIn,
    Unreadable,
    Voucher,
    WorksEntry,
)
from vmrd.store.chain import GENESIS, SealHead
from vmrd.store.codec import FACTS, Decoded
from vmrd.store.delivery import Delivery, DeliveryState
from vmrd.store.refusal import RefusalRow
from vmrd.store.retention import Counts, Cutoffs, Hold
from vmrd.store.rows import Connection, Rows
from vmrd.store.secrets import SecretBox
from vmrd.store.subjects import Mention

log = structlog.get_logger(__name__)

_Value = str | int | None


class SqlRx:
    """The port's `Rx` over one connection that is in a transaction."""

    def __init__(self, connection: Connection, box: SecretBox, decoded: Decoded) -> None:
        self._connection = connection
        self._box = box
        self._known = decoded

    def ahead(self, look: Ahead) -> None:
        """Whoever only reads has it near: nothing is held for them meanwhile."""

    def session(self, session_id: str) -> Session | None:
        row = self._connection.execute("SELECT body FROM session WHERE id = ?", (session_id,)).fetchone()
        return row and self._decoded(session_id, row[0])

    def sessions(self, where: SessionFilter) -> list[Session]:
        """In order of their start."""
        condition, values = _condition(where)
        rows = self._connection.execute(f"SELECT id, body FROM session{condition}", values)  # noqa: S608
        found = []
        for session_id, body in rows:
            try:
                found.append(self._decoded(session_id, body))
            except Unreadable:
                log.error("session_unreadable", session=session_id)
        return sorted(found, key=_starts)  # SQL would carry the texts along, which takes as long as reading them again

    def _decoded(self, session_id: str, body: str) -> Session:
        """A damaged row is rebuilt from the session's journal; the next change writes it anew.

        Raises `Unreadable` when the journal cannot be read either.
        """
        try:
            return self._known.session(session_id, body)
        except Unreadable:
            facts = self.facts(session_id)
        try:
            session = fold(facts)
        except (ValueError, LookupError):
            raise Unreadable("a session can be read neither from its row nor from its journal") from None
        log.warning("session_rebuilt", session=session_id)
        return session

    def session_by_name(self, vmr_name: str) -> str | None:
        return self._text("SELECT session_id FROM vmr_name WHERE name = ?", vmr_name)

    def session_by_alias(self, alias: str) -> str | None:
        return self._text("SELECT session_id FROM alias WHERE alias = ?", alias)

    def running(self) -> list[tuple[str, str]]:
        phases = tuple(phase.value for phase in LIVE)
        return self._connection.execute(
            f"SELECT id, establishment FROM session WHERE phase IN ({_marks(phases)})",  # noqa: S608 - marks only
            phases,
        ).fetchall()

    def watched(self) -> list[str]:
        return self._texts("SELECT id FROM session WHERE watched = 1 ORDER BY id")

    def watched_elsewhere(self, owner: str, now: Instant) -> frozenset[str]:
        return leases.watched_elsewhere(self._connection, owner, now)

    def due(self, now: Instant, limit: int) -> list[str]:
        """The longest due first."""
        return self._texts("SELECT id FROM session WHERE wake_at <= ? ORDER BY wake_at LIMIT ?", now, limit)

    def next_wake(self) -> Instant | None:
        return self._instant("SELECT min(wake_at) FROM session WHERE wake_at IS NOT NULL")

    def personal(self, session_id: str) -> Mapping[str, str]:
        return dict(self._connection.execute("SELECT ref, text FROM personal WHERE session_id = ?", (session_id,)))

    def secret(self, session_id: str, name: str) -> bytes | None:
        """Raises `StoreError` for a secret written with another key."""
        row = self._connection.execute(
            "SELECT sealed FROM secret WHERE session_id = ? AND name = ?", (session_id, name)
        ).fetchone()
        return row and self._box.decrypt(session_id, name, row[0])

    def secret_names(self, session_id: str) -> frozenset[str]:
        return frozenset(self._texts("SELECT name FROM secret WHERE session_id = ?", session_id))

    def journal(self, session_id: str) -> list[JournalRow]:
        rows = self._connection.execute(
            "SELECT session_id, seq, at, type, body, prev, hash FROM journal WHERE session_id = ? ORDER BY seq",
            (session_id,),
        )
        return [JournalRow(*row) for row in rows]

    def facts(self, session_id: str) -> list[Fact]:
        bodies = self._texts("SELECT body FROM journal WHERE session_id = ? ORDER BY seq", session_id)
        return [FACTS.decode(body) for body in bodies]

    def room_holder(self, establishment: str, room: str, but_not: str) -> str | None:
        return self._text(
            "SELECT id FROM session WHERE establishment = ? AND holds_room = ? AND id <> ? LIMIT 1",
            establishment,
            room,
            but_not,
        )

    def claim_holder(self, kind: str, subject: str, start: Instant, end: Instant, but_not: str) -> str | None:
        return self._text(
            "SELECT session_id FROM claim WHERE kind = ? AND subject = ? AND ends_at > ? AND starts_at < ?"
            " AND session_id <> ? LIMIT 1",
            kind,
            subject,
            start,
            end,
            but_not,
        )

    def claims(self, kind: str, subject: str, start: Instant, end: Instant) -> list[Held]:
        return self.claims_on([Claim(kind, subject, start, end)])[0]

    def claims_on(self, wanted: Sequence[Claim]) -> list[list[Held]]:
        asked = [self._ask_claims(claim) for claim in wanted]
        return [[Held(*row) for row in rows] for rows in asked]

    def _ask_claims(self, claim: Claim) -> Rows:
        return self._connection.execute(
            "SELECT session_id, starts_at, ends_at FROM claim WHERE kind = ? AND subject = ? AND ends_at > ?"
            " AND starts_at < ? ORDER BY starts_at",
            (claim.kind, claim.subject, claim.start, claim.end),
        )

    def works(self, establishment: str, start: Instant, end: Instant) -> list[Window]:
        return works.meeting(self._ask_works((establishment, start, end)))

    def _ask_works(self, when: tuple[str, Instant, Instant]) -> Rows:
        return works.ask_meeting(self._connection, *when)

    def works_window(self, window_id: str) -> Window | None:
        return works.one(self._connection, window_id)

    def works_entries(self, window_id: str) -> list[WorksEntry]:
        return works.entries(self._connection, window_id)

    def booking(self, booking_id: str) -> BookingRecord | None:
        row = self._ask_booking(booking_id).fetchone()
        if row is None:
            return None
        booking_id, source, version, digest, status, establishment, segments, warnings, updated_at = row
        return BookingRecord(
            id=booking_id,
            source=source,
            version=version,
            digest=digest,
            status=status,
            establishment=establishment,
            segments=tuple(Segment(*segment) for segment in json.loads(segments)),
            warnings=tuple(json.loads(warnings)),
            updated_at=updated_at,
        )

    def _ask_booking(self, booking_id: str) -> Rows:
        return self._connection.execute(
            "SELECT id, source, version, digest, status, establishment, segments, warnings, updated_at"
            " FROM booking WHERE id = ?",
            (booking_id,),
        )

    def receipt(self, scope: str, key: str) -> Receipt | None:
        row = self._ask_receipt((scope, key)).fetchone()
        return row and Receipt(*row)

    def _ask_receipt(self, which: tuple[str, str]) -> Rows:
        return self._connection.execute(
            "SELECT scope, key, digest, status, answer, at FROM receipt WHERE scope = ? AND key = ?", which
        )

    def officer(self, name: str) -> Officer | None:
        return accounts.officer(self._connection, name)

    def officers(self) -> list[Officer]:
        return accounts.officers(self._connection)

    def officer_by_token(self, token_hash: str) -> Officer | None:
        return accounts.officer_by_token(self._connection, token_hash)

    def sign_in(self, cookie_hash: str) -> SignIn | None:
        return accounts.sign_in(self._connection, cookie_hash)

    def sign_ins(self, by: Voucher | None = None) -> list[SignIn]:
        return accounts.sign_ins(self._connection, by)

    def revocations(self) -> int:
        return accounts.changes(self._connection)

    def audit(self, limit: int) -> list[AuditEntry]:
        return accounts.audit(self._connection, limit)

    def outbox_depth(self) -> Mapping[Lane, int]:
        return outbox.depth(self._connection)

    def outbox_oldest(self) -> Mapping[Lane, Instant]:
        return outbox.oldest(self._connection)

    def outbox(self, session_id: str) -> list[OutboxItem]:
        return outbox.waiting(self._connection, session_id)

    def delivery(self, delivery_id: str) -> Delivery | None:
        return deliveries.one(self._connection, delivery_id)

    def deliveries(self, states: Sequence[DeliveryState], limit: int) -> list[Delivery]:
        return deliveries.listed(self._connection, states, limit)

    def dead_deliveries(self) -> int:
        return deliveries.dead(self._connection)

    def refusals(self, since: Instant, limit: int, establishments: Sequence[str] = ()) -> list[RefusalRow]:
        return refusals.since(self._connection, since, limit, establishments)

    def restored_at(self) -> Instant | None:
        return self._instant("SELECT max(at) FROM restored")

    def seal_head(self) -> SealHead:
        row = self._connection.execute("SELECT seals, rows, last FROM seal_head").fetchone()
        return SealHead(0, 0, GENESIS) if row is None else SealHead(*row)

    def purgeable(self, before: Cutoffs) -> Counts:
        return purging.purgeable(self._connection, before)

    def holds(self) -> list[Hold]:
        return holds.held(self._connection)

    def mentions(self, person: str) -> list[Mention]:
        return subjects.mentions(self._connection, person)

    def _instant(self, query: str) -> Instant | None:
        (at,) = self._connection.execute(query).fetchone()
        return None if at is None else int(at)

    def _text(self, query: str, *values: _Value) -> str | None:
        row = self._connection.execute(query, values).fetchone()
        return row and str(row[0])

    def _texts(self, query: str, *values: _Value) -> list[str]:
        return [text for (text,) in self._connection.execute(query, values)]


def _starts(session: Session) -> tuple[Instant, str]:
    return session.starts_at, session.id


def _condition(where: SessionFilter) -> tuple[str, list[_Value]]:
    """A WHERE clause of fixed words and as many marks as there are values."""
    clauses: list[tuple[str, tuple[_Value, ...]]] = []
    if where.establishments:
        clauses.append((f"establishment IN ({_marks(where.establishments)})", where.establishments))
    if where.start is not None:
        clauses.append(("starts_at >= ?", (where.start,)))
    if where.end is not None:
        clauses.append(("starts_at < ?", (where.end,)))
    if where.phases:
        clauses.append((f"phase IN ({_marks(where.phases)})", tuple(phase.value for phase in where.phases)))
    if where.booking_id is not None:
        clauses.append(("booking_id = ?", (where.booking_id,)))
    if where.watched is not None:
        clauses.append(("watched = ?", (int(where.watched),)))
    if not clauses:
        return "", []
    return " WHERE " + " AND ".join(text for text, _ in clauses), [value for _, values in clauses for value in values]


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))
