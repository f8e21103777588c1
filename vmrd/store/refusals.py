"""Refusals in SQL; `refusal` says what they are."""

from __future__ import annotations

from collections.abc import Sequence

from vmrd.lifecycle.words import Instant
from vmrd.store.refusal import KEPT, PER, Bound, Refusal, RefusalRow
from vmrd.store.rows import Connection

_COUNT = (
    "INSERT INTO refusal (minute, sender, event_type, establishment, reason, times, first_at, last_at)"
    " VALUES (?, ?, ?, ?, ?, 1, ?, ?)"
    " ON CONFLICT (minute, sender, event_type, establishment, reason)"
    " DO UPDATE SET times = refusal.times + 1, last_at = excluded.last_at"
)
_SINCE = (
    "SELECT sender, event_type, establishment, reason, times, first_at, last_at FROM refusal WHERE last_at >= ?{where}"
    " ORDER BY minute DESC, last_at DESC, sender, event_type, establishment, reason LIMIT ?"
)


def put(connection: Connection, refusal: Refusal, now: Instant) -> None:
    """Count it, and let go of what is too old."""
    minute = now - now % PER
    told = (refusal.sender, refusal.event_type, refusal.establishment or "", refusal.bound.value)
    connection.execute(_COUNT, (minute, *told, now, now))
    connection.execute("DELETE FROM refusal WHERE minute < ?", (now - KEPT,))


def since(connection: Connection, begin: Instant, limit: int, establishments: Sequence[str]) -> list[RefusalRow]:
    """The newest first, at most `limit`; where establishments are named, only theirs."""
    marks = ", ".join("?" * len(establishments))
    where = f" AND establishment IN ({marks})" if establishments else ""
    rows = connection.execute(_SINCE.format(where=where), [begin, *establishments, limit])
    return [
        RefusalRow(Refusal(sender, event_type, establishment or None, Bound(bound)), times, first_at, last_at)
        for sender, event_type, establishment, bound, times, first_at, last_at in rows
    ]
