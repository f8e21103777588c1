"""Writes in SQL: one step of one transaction."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from vmrd.lifecycle.commands import Command, Lane
from vmrd.lifecycle.facts import Fact
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, Instant, Phase
from vmrd.lifecycle.works import Window
from vmrd.store import accounts, deliveries, holds, leases, outbox, purging, refusals, subjects, works
from vmrd.store.base import (
    AuditEntry,
    BookingRecord,
    Busy,
    Claim,
    ClaimTaken,
    Lease,
    Officer,
    OutboxItem,
    Receipt,
    SignIn,
    Taker,
)
from vmrd.store.codec import Decoded
from vmrd.store.delivery import Delivery, DeliveryState, Share
from vmrd.store.held import HeldRx
from vmrd.store.refusal import Refusal
from vmrd.store.retention import Counts, Cutoffs, Hold, HoldReason
from vmrd.store.rows import Connection, OnlyWriter, always, insert
from vmrd.store.sealing import Growth, append, ask_last
from vmrd.store.secrets import SecretBox
from vmrd.store.subjects import Mention

_SALT_BYTES = 32
_REF_BYTES = 20
_ITS_SALT = "INSERT INTO salt VALUES (?, ?) ON CONFLICT (session_id) DO UPDATE SET salt = salt.salt RETURNING salt"
_KEPT_AS_IT_IS = " ON CONFLICT DO NOTHING"
_SEALED_ANEW = " ON CONFLICT (session_id, name) DO UPDATE SET sealed = excluded.sealed"
_SAME_SEARCHED = (
    "UPDATE session SET wake_at = ?, version = ?, body = ? WHERE id = ? AND room = ? AND phase = ? AND starts_at = ?"
    " AND ends_at = ? AND watched = ? AND holds_room IS NOT DISTINCT FROM ?"
)
_ANY_SESSION = (
    "INSERT INTO session (id, booking_id, establishment, room, phase, starts_at, ends_at, watched, holds_room, wake_at,"
    " version, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET room = excluded.room, phase = excluded.phase, starts_at = excluded.starts_at,"
    " ends_at = excluded.ends_at, wake_at = excluded.wake_at, watched = excluded.watched,"
    " holds_room = excluded.holds_room, version = excluded.version, body = excluded.body"
)

_ITS_BOOKING = (
    "INSERT INTO booking VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET source = excluded.source,"
    " version = excluded.version, digest = excluded.digest, status = excluded.status,"
    " establishment = excluded.establishment, segments = excluded.segments, warnings = excluded.warnings,"
    " updated_at = excluded.updated_at"
)


class SqlTx(HeldRx):
    """The port's `Tx` over the writer's connection. `growth` collects what the commit has to seal."""

    def __init__(self, connection: Connection, box: SecretBox, decoded: Decoded, hold: OnlyWriter = always) -> None:
        super().__init__(connection, box, decoded, hold)
        self.growth = Growth()
        self._without_claims = set[str]()
        self._personal: dict[tuple[str, str], str] = {}
        self._sealed: dict[tuple[str, str], bytes] = {}

    def write_out(self) -> None:
        """Write what a step puts down piece by piece, with one statement for each table; called when it has run, and
        before it reads there itself."""
        insert(self._connection, "personal", [(*of, text) for of, text in self._personal.items()], _KEPT_AS_IT_IS)
        insert(self._connection, "secret", [(*of, sealed) for of, sealed in self._sealed.items()], _SEALED_ANEW)
        self._personal.clear()
        self._sealed.clear()

    def personal(self, session_id: str) -> Mapping[str, str]:
        self.write_out()
        return super().personal(session_id)

    def mentions(self, person: str) -> list[Mention]:
        self.write_out()
        return super().mentions(person)

    def secret(self, session_id: str, name: str) -> bytes | None:
        self.write_out()
        return super().secret(session_id, name)

    def secret_names(self, session_id: str) -> frozenset[str]:
        self.write_out()
        return super().secret_names(session_id)

    def minted(self, session_id: str) -> None:
        self._sessions[session_id] = self._salts[session_id] = None
        self._without_claims.add(session_id)

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
        new = session.id in self._sessions and self._sessions[session.id] is None
        last_fact = None if new else ask_last(self._connection, session.id)
        self._put_session(session, wake_at, watched, new=new)
        append(self._connection, session.id, facts, now, self.growth, last_fact)
        placed = [outbox.put(self._connection, session, command, now, command_ttl, taker) for command in commands]
        return [item for item in placed if item is not None]

    def _put_session(self, session: Session, wake_at: Instant | None, watched: bool, *, new: bool) -> None:
        live = session.phase in LIVE or session.phase is Phase.ENDING
        searched = (
            session.room,
            session.phase.value,
            session.starts_at,
            session.ends_at,
            int(watched),
            session.room if live and session.endpoint_inside else None,
        )
        changing = (wake_at, session.version, self._known.encode(session))
        # Most steps change nothing that is searched for; naming those columns would write each of their indexes anew.
        if new or not self._connection.execute(_SAME_SEARCHED, (*changing, session.id, *searched)).rowcount:
            identity = (session.id, session.booking_id, session.establishment)
            self._connection.execute(_ANY_SESSION, (*identity, *searched, *changing))
        former = self._sessions.get(session.id)
        if former is None or former.generation != session.generation:
            for table, key in (("vmr_name", session.vmr_name), ("alias", session.alias)):
                self._connection.execute(f"INSERT INTO {table} VALUES (?, ?) ON CONFLICT DO NOTHING", (key, session.id))  # noqa: S608
        self._sessions[session.id] = session

    def wake(self, session_id: str, wake_at: Instant | None) -> None:
        self._connection.execute("UPDATE session SET wake_at = ? WHERE id = ?", (wake_at, session_id))

    def ref(self, session_id: str, text: str) -> str:
        """What a caller's name may hold and no database can keep becomes a question mark."""
        text = _kept(text)
        ref = self.commitment(session_id, text)
        self._personal[session_id, ref] = text
        return ref

    def commitment(self, session_id: str, text: str) -> str:
        digest = hmac.digest(self._salt(session_id), _kept(text).encode(), hashlib.sha256)
        return digest[:_REF_BYTES].hex()

    def _salt(self, session_id: str) -> bytes:
        salt = self._salts.get(session_id)
        if salt is None:
            salt = os.urandom(_SALT_BYTES)
            if session_id in self._salts:  # it has none, as was seen with the session
                self._connection.execute("INSERT INTO salt VALUES (?, ?)", (session_id, salt))
            else:
                salt = bytes(self._connection.execute(_ITS_SALT, (session_id, salt)).fetchone()[0])
            self._salts[session_id] = salt
        return salt

    def erase_personal(self, session_id: str) -> None:
        """A reference made afterwards has a new salt, so that it cannot be compared with the erased ones."""
        self.write_out()
        self._connection.execute("DELETE FROM personal WHERE session_id = ?", (session_id,))
        self._connection.execute("DELETE FROM salt WHERE session_id = ?", (session_id,))
        self._salts.pop(session_id, None)

    def put_secret(self, session_id: str, name: str, value: bytes | None) -> None:
        if value is None:
            self._sealed.pop((session_id, name), None)
            self._connection.execute("DELETE FROM secret WHERE session_id = ? AND name = ?", (session_id, name))
        else:
            self._sealed[session_id, name] = self._box.encrypt(session_id, name, value)

    def wipe_secrets(self, session_id: str) -> None:
        self.write_out()
        self._connection.execute("DELETE FROM secret WHERE session_id = ?", (session_id,))

    def claim(self, session_id: str, claims: Sequence[Claim]) -> None:
        """Where it raises, the session's former claims stand."""
        for claim, held in zip(claims, self.claims_on(claims), strict=True):
            for each in held:
                if each.session_id != session_id:
                    raise ClaimTaken(claim.kind, each.session_id)
        self._changed(self._claims)
        if session_id not in self._without_claims:
            self._connection.execute("DELETE FROM claim WHERE session_id = ?", (session_id,))
        insert(self._connection, "claim", [(session_id, c.kind, c.subject, c.start, c.end) for c in claims])
        self._without_claims -= {session_id} if claims else set()

    def stretch(self, session_id: str, end: Instant) -> None:
        rows = self._connection.execute(
            "SELECT kind, subject, starts_at FROM claim WHERE session_id = ?", (session_id,)
        ).fetchall()
        self.claim(session_id, [Claim(kind, subject, start, end) for kind, subject, start in rows])

    def put_works(self, window: Window, did: str, by: str, confirmed: Sequence[str], now: Instant) -> None:
        def ref(text: str | None) -> str | None:
            return None if text is None else self.ref(window.id, text)

        self._alone(f"works {window.establishment}", window.id)
        self._changed(self._works)
        works.put(self._connection, window)
        change = works.WorksChanged(
            did=did,
            by=by,
            establishment=window.establishment,
            kind=window.kind,
            rooms=window.rooms,
            start=window.start,
            end=window.end,
            consent=window.consent,
            supplier_ref=ref(window.supplier),
            visit_lead_ref=ref(window.visit_lead),
            note_ref=ref(window.note),
            spoc_told=window.spoc_told,
            source_version=window.source.version if window.source is not None else None,
            confirmed=tuple(confirmed),
        )
        works.journal(self._connection, window.id, change, now, self.growth)

    def put_booking(self, record: BookingRecord) -> None:
        self._changed(self._bookings)
        self._connection.execute(
            _ITS_BOOKING,
            (
                record.id,
                record.source,
                record.version,
                record.digest,
                record.status,
                record.establishment,
                json.dumps([(segment.key, segment.session_id) for segment in record.segments]),
                json.dumps(record.warnings),
                record.updated_at,
            ),
        )

    def put_receipt(self, receipt: Receipt) -> None:
        """The first answer stands: a second receipt for the same key is not kept."""
        self._connection.execute(
            "INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (receipt.scope, receipt.key, receipt.digest, receipt.status, receipt.answer, receipt.at),
        )

    def put_officer(self, officer: Officer) -> None:
        """Raises the database's refusal where another officer has this token."""
        accounts.put_officer(self._connection, officer)

    def put_sign_in(self, sign_in: SignIn) -> None:
        accounts.put_sign_in(self._connection, sign_in)

    def drop_sign_in(self, cookie_hash: str) -> None:
        accounts.drop_sign_in(self._connection, cookie_hash)

    def drop_sign_ins(self, officer: str) -> int:
        return accounts.drop_sign_ins(self._connection, officer)

    def write_audit(self, entry: AuditEntry) -> None:
        self._alone(accounts.CHAIN)
        accounts.write_audit(self._connection, entry, self.growth)

    def finish(self, item_id: int, attempt: int) -> bool:
        return outbox.finish(self._connection, item_id, attempt)

    def postpone(self, item_id: int, attempt: int, until: Instant) -> None:
        outbox.postpone(self._connection, item_id, attempt, until)

    def put_delivery(self, delivery: Delivery) -> None:
        deliveries.put(self._connection, delivery)

    def put_refusal(self, refusal: Refusal, now: Instant) -> None:
        refusals.put(self._connection, refusal, now)

    def tell_again(self, delivery: Delivery, now: Instant) -> None:
        """Raises `Unreadable` where its session cannot be read."""
        session = self.session(delivery.session_id)
        if session is not None:
            deliveries.put(self._connection, replace(delivery, state=DeliveryState.WAITING, next_at=now))
            outbox.put(self._connection, session, delivery.command(), now, 0, None)

    def purge(self, before: Cutoffs, most: int) -> Counts:
        self.write_out()
        self._changed(self._sessions, self._salts, self._bookings, self._claims, self._works)
        self._alone(accounts.CHAIN)  # of several replicas that purge at once, one does
        return purging.purge(self._connection, before, most, self.growth)

    def hold(self, hold: Hold, by: str) -> bool:
        self._alone(accounts.CHAIN)
        return holds.put(self._connection, hold, by, self.growth)

    def end_hold(self, session_id: str, reason: HoldReason, by: str, now: Instant) -> bool:
        self._alone(accounts.CHAIN)
        return holds.drop(self._connection, session_id, reason, by, now, self.growth)

    def erase(self, session_id: str, refs: Sequence[str]) -> int:
        self.write_out()
        self._changed(self._salts, self._claims)
        return subjects.erase(self._connection, session_id, refs)

    def take(
        self, owner: str, now: Instant, lease: int, limit: Mapping[Lane, int], share: Share | None = None
    ) -> list[OutboxItem]:
        return outbox.take(self._connection, owner, now, lease, limit, share, self._hold)

    def lease(self, name: str, owner: str, now: Instant, duration: int) -> Lease | None:
        lease = leases.take(self._connection, name, owner, now, duration, self._hold)
        if lease is not None and lease.taken_over:
            outbox.take_back(self._connection, leases.watched_under(name), owner, now, self._hold)
        return lease

    def renew(self, names: Sequence[str], owner: str, now: Instant, duration: int) -> dict[str, Lease]:
        return leases.renew(self._connection, names, owner, now, duration)

    def require(self, lease: Lease) -> None:
        if not leases.require(self._connection, lease, self._hold):
            raise Busy("another replica is taking the lease over")

    def require_free(self, name: str, now: Instant) -> None:
        if not leases.require_free(self._connection, name, now, self._hold):
            raise Busy("another replica is taking the lease")

    def drop_lease(self, name: str, owner: str) -> None:
        leases.drop(self._connection, name, owner)


def _kept(text: str) -> str:
    """Half a surrogate pair is no text anywhere, and PostgreSQL ends one at a zero."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode()
