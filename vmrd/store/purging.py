"""Letting go of what is old enough, in SQLite; `retention` says what the classes are.

Facts go by whole sessions, so that no chain ever begins in the middle. In the same commit one line is appended to the
sealed audit: which session, how many facts, and the hash of its last. `journal` accepts a sealed session that is
missing only where such a line stands and names the very hash that was sealed, so nobody without the seal key can pass
a removal off as this one. The age of facts is that in the facts themselves, which the chain covers: moving the times of
a session's row makes nothing go sooner.

Of a session on hold nothing goes that tells of it; `retention` has the reasons.
"""

from __future__ import annotations

from vmrd.lifecycle.words import OVER
from vmrd.store import accounts
from vmrd.store.account import AuditEntry, AuditKind
from vmrd.store.retention import Counts, Cutoffs, Kept
from vmrd.store.rows import Connection
from vmrd.store.sealing import Growth

_OVER = ", ".join(f"'{phase.value}'" for phase in sorted(OVER))

_FREE = "NOT IN (SELECT session_id FROM hold)"


def _of_sessions_over(table: str) -> str:
    return (
        f"SELECT DISTINCT t.session_id FROM {table} t JOIN session s ON s.id = t.session_id"  # noqa: S608
        f" WHERE s.phase IN ({_OVER}) AND s.ends_at < :personal AND s.id {_FREE}"
    )


_ROWS: dict[Kept, tuple[str, str, str]] = {
    Kept.PERSONAL: ("personal", "session_id", _of_sessions_over("personal")),
    Kept.SALTS: ("salt", "session_id", _of_sessions_over("salt")),
    Kept.SECRETS: ("secret", "session_id", _of_sessions_over("secret")),
    Kept.CLAIMS: ("claim", "session_id", _of_sessions_over("claim")),
    Kept.RECEIPTS: ("receipt", "(scope, key)", "SELECT scope, key FROM receipt WHERE at < :receipts"),
    Kept.SIGN_INS: ("sign_in", "cookie_hash", "SELECT cookie_hash FROM sign_in WHERE created_at < :sign_ins"),
    Kept.REFUSALS: ("refusal", "minute", "SELECT DISTINCT minute FROM refusal WHERE last_at < :refusals"),
    Kept.DELIVERIES: (
        "delivery",
        "id",
        f"SELECT id FROM delivery WHERE session_id {_FREE} AND ((state IN ('taken', 'outdated')"  # noqa: S608
        " AND tried_at < :deliveries) OR (state = 'dead' AND tried_at < :dead_deliveries))",
    ),
}
"""Class -> its table, what tells its rows apart, and which of them go."""
_SESSIONS = (
    f"SELECT s.id FROM session s WHERE s.phase IN ({_OVER}) AND s.starts_at < :journal AND s.id {_FREE}"  # noqa: S608
    " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.session_id = s.id)"
    " AND (SELECT max(j.at) FROM journal j WHERE j.session_id = s.id) < :journal"
)
_POINTING = ("journal", "delivery", "vmr_name", "alias", "outbox_lane", "personal", "salt", "secret", "claim")
_UNBOUND = "DELETE FROM booking WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM session WHERE booking_id = ?1)"


def purgeable(connection: Connection, before: Cutoffs) -> Counts:
    """How many rows of each class are old enough; sessions where it is the journal."""
    values = _values(before)
    counts = {
        kept: _number(connection, f"SELECT count(*) FROM {table} WHERE {key} IN ({chosen})", values)  # noqa: S608
        for kept, (table, key, chosen) in _ROWS.items()
    }
    return counts | {Kept.JOURNAL: _number(connection, f"SELECT count(*) FROM ({_SESSIONS}) AS found", values)}  # noqa: S608


def purge(connection: Connection, before: Cutoffs, most: int, growth: Growth) -> Counts:
    """Delete what is old enough: of each class that of at most `most` sessions, or so many rows; what went."""
    values = {**_values(before), "most": most}
    counts = {
        kept: connection.execute(f"DELETE FROM {table} WHERE {key} IN ({chosen} LIMIT :most)", values).rowcount  # noqa: S608
        for kept, (table, key, chosen) in _ROWS.items()
    }
    sessions = connection.execute(f"{_SESSIONS} LIMIT :most", values).fetchall()
    for (session_id,) in sessions:
        _forget(connection, session_id, before, growth)
    return counts | {Kept.JOURNAL: len(sessions)}


def _forget(connection: Connection, session_id: str, before: Cutoffs, growth: Growth) -> None:
    """Take a session away whole, and say so in the audit."""
    facts, last = connection.execute(
        "SELECT seq, hash FROM journal WHERE session_id = ? ORDER BY seq DESC LIMIT 1", (session_id,)
    ).fetchone()
    (booking_id,) = connection.execute("SELECT booking_id FROM session WHERE id = ?", (session_id,)).fetchone()
    for table in _POINTING:
        connection.execute(f"DELETE FROM {table} WHERE session_id = ?", (session_id,))  # noqa: S608
    connection.execute("DELETE FROM session WHERE id = ?", (session_id,))
    connection.execute(_UNBOUND, (booking_id,))
    detail = {"session": session_id, "facts": str(facts), "last": last.hex()}
    accounts.write_audit(connection, AuditEntry(before.now, AuditKind.JOURNAL_PURGED, "retention", detail), growth)


def _number(connection: Connection, query: str, values: dict[str, int]) -> int:
    return int(connection.execute(query, values).fetchone()[0])


def _values(before: Cutoffs) -> dict[str, int]:
    return {
        "personal": before.personal,
        "receipts": before.receipts,
        "sign_ins": before.sign_ins,
        "refusals": before.refusals,
        "deliveries": before.deliveries,
        "dead_deliveries": before.dead_deliveries,
        "journal": before.journal if before.journal is not None else -1,  # no fact is older than 1970
    }
