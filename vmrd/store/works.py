"""Windows of works: the rows, and a journal of who changed what.

The journal outside sessions is chained by window with the formulas of `chain` and grows the same seals, so that
`vmrd journal verify` shows a change made behind our back here as it does there. An entry carries references: what was
written about suppliers and in notes lies in `personal` under the window's id and can be erased.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import Instant
from vmrd.lifecycle.works import Consent, Told, Window, WorksKind
from vmrd.store.base import WorksEntry
from vmrd.store.chain import GENESIS, Stretch, link
from vmrd.store.codec import Codec
from vmrd.store.rows import Connection, Rows
from vmrd.store.sealing import Growth

_WINDOWS: Codec[Window] = Codec((Window,))


@dataclass(frozen=True, slots=True)
class WorksChanged:
    """A window as it was left. `did`: `added`, `changed` or `withdrawn`. `confirmed`: sessions known to be hit."""

    did: str
    by: str
    establishment: str
    kind: WorksKind
    rooms: tuple[str, ...]
    start: Instant
    end: Instant
    consent: Consent
    supplier_ref: str | None
    visit_lead_ref: str | None
    note_ref: str | None
    spoc_told: Told | None
    source_version: int | None
    confirmed: tuple[str, ...]


_CHANGES: Codec[WorksChanged] = Codec((WorksChanged,))


def one(connection: Connection, window_id: str) -> Window | None:
    row = connection.execute("SELECT body FROM works WHERE id = ?", (window_id,)).fetchone()
    return row and _WINDOWS.decode(row[0])


def ask_meeting(connection: Connection, establishment: str, start: Instant, end: Instant) -> Rows:
    """For `meeting`: windows not withdrawn that meet `[start, end)`."""
    return connection.execute(
        "SELECT body FROM works WHERE establishment = ? AND withdrawn = 0 AND ends_at > ? AND starts_at < ?"
        " ORDER BY starts_at, id",
        (establishment, start, end),
    )


def meeting(rows: Rows) -> list[Window]:
    """In order of their start."""
    return [_WINDOWS.decode(body) for (body,) in rows]


def put(connection: Connection, window: Window) -> None:
    connection.execute(
        "INSERT INTO works (id, establishment, starts_at, ends_at, withdrawn, body) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at,"
        " withdrawn = excluded.withdrawn, body = excluded.body",
        (window.id, window.establishment, window.start, window.end, int(window.withdrawn), _WINDOWS.encode(window)),
    )


def journal(connection: Connection, window_id: str, change: WorksChanged, now: Instant, growth: Growth) -> None:
    """Append one entry behind the window's last."""
    last = connection.execute(
        "SELECT seq, hash FROM works_journal WHERE session_id = ? ORDER BY seq DESC LIMIT 1", (window_id,)
    ).fetchone()
    before, prev = last or (0, GENESIS)
    seq, kind, body = before + 1, type(change).__name__, _CHANGES.encode(change)
    digest = link(prev, window_id.encode(), seq, now, kind.encode(), body.encode())
    connection.execute(
        "INSERT INTO works_journal (session_id, seq, at, type, body, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (window_id, seq, now, kind, body, prev, digest),
    )
    growth.add(1, window_id, Stretch(prev, seq, digest))


def entries(connection: Connection, window_id: str) -> list[WorksEntry]:
    rows = connection.execute(
        "SELECT at, body FROM works_journal WHERE session_id = ? ORDER BY seq", (window_id,)
    ).fetchall()
    changes = [(at, _CHANGES.decode(body)) for at, body in rows]
    return [WorksEntry(at, change.did, change.by, change.consent, change.confirmed) for at, change in changes]
