"""Holds on sessions. Each is put on and taken off in one commit with its line in the sealed audit."""

from __future__ import annotations

from vmrd.lifecycle.words import Instant
from vmrd.store import accounts
from vmrd.store.account import AuditEntry, AuditKind
from vmrd.store.retention import Hold, HoldReason
from vmrd.store.rows import Connection
from vmrd.store.sealing import Growth


def held(connection: Connection) -> list[Hold]:
    """All of them, the oldest first."""
    rows = connection.execute("SELECT session_id, reason, since FROM hold ORDER BY since, session_id")
    return [Hold(session_id, HoldReason(reason), since) for session_id, reason, since in rows]


def put(connection: Connection, hold: Hold, by: str, growth: Growth) -> bool:
    """Hold a session; False where it is held already, or there is none."""
    added = connection.execute(
        "INSERT INTO hold (session_id, reason, since) SELECT id, ?2, ?3 FROM session WHERE id = ?1"
        " ON CONFLICT (session_id) DO NOTHING",
        (hold.session_id, hold.reason.value, hold.since),
    ).rowcount
    if added:
        _write(connection, AuditKind.HELD, hold.session_id, hold.reason, hold.since, by, growth)
    return bool(added)


def drop(connection: Connection, session_id: str, reason: HoldReason, by: str, now: Instant, growth: Growth) -> bool:
    """Hold it no longer; False where it is not held."""
    dropped = connection.execute("DELETE FROM hold WHERE session_id = ?", (session_id,)).rowcount
    if dropped:
        _write(connection, AuditKind.HOLD_ENDED, session_id, reason, now, by, growth)
    return bool(dropped)


def _write(
    connection: Connection,
    kind: AuditKind,
    session_id: str,
    reason: HoldReason,
    at: Instant,
    by: str,
    growth: Growth,
) -> None:
    detail = {"by": by, "session": session_id, "reason": reason.value}
    accounts.write_audit(connection, AuditEntry(at, kind, "retention", detail), growth)
