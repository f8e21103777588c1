"""Appending facts to the journal, and sealing what a commit has appended. The formulas are in `chain`."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from vmrd.lifecycle.facts import Fact
from vmrd.lifecycle.words import Instant
from vmrd.store.base import StoreError
from vmrd.store.chain import GENESIS, SealHead, Stretch, coverage_text, head_seal, link, seal
from vmrd.store.codec import FACTS
from vmrd.store.rows import Connection, Rows


@dataclass(slots=True)
class Growth:
    """What a step, or a group of steps, has appended and its commit must seal."""

    rows: int = 0
    stretches: dict[str, Stretch] = field(default_factory=dict)

    def add(self, rows: int, session_id: str, stretch: Stretch) -> None:
        """A further stretch of a session goes on where its last one ended."""
        begun = self.stretches.get(session_id, stretch)
        self.stretches[session_id] = Stretch(begun.prev, stretch.seq, stretch.hash)
        self.rows += rows

    def absorb(self, other: Growth) -> None:
        for session_id, stretch in other.stretches.items():
            self.add(0, session_id, stretch)
        self.rows += other.rows


def ask_last(connection: Connection, session_id: str) -> Rows:
    """For `append`: the session's last fact."""
    return connection.execute(
        "SELECT seq, hash FROM journal WHERE session_id = ? ORDER BY seq DESC LIMIT 1", (session_id,)
    )


def append(
    connection: Connection, session_id: str, facts: Sequence[Fact], now: Instant, growth: Growth, last_fact: Rows | None
) -> None:
    """Append facts behind the session's last one. The text that is hashed is the text that is stored. `last_fact` is
    None for a session that was not there."""
    if not facts:
        return
    last = last_fact.fetchone() if last_fact is not None else None
    seq, prev = begun, before = last or (0, GENESIS)
    rows = []
    for fact in facts:
        seq, kind, body = seq + 1, type(fact).__name__, FACTS.encode(fact)
        digest = link(prev, session_id.encode(), seq, now, kind.encode(), body.encode())
        rows.append((session_id, seq, now, kind, body, prev, digest))
        prev = digest
    connection.executemany(
        "INSERT INTO journal (session_id, seq, at, type, body, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
    )
    growth.add(seq - begun, session_id, Stretch(before, seq, prev))


def seal_growth(connection: Connection, key: bytes, growth: Growth) -> int:
    """Seal what this transaction appended; the seal's number, 0 where there was nothing to seal.

    Raises `StoreError` where the head was not made with this key.
    """
    if not growth.stretches:
        return 0
    head = require_head(connection, key)
    covers = coverage_text(growth.stretches)
    mac = seal(key, head.last, head.seals + 1, covers.encode())
    connection.execute("INSERT INTO seal (number, covers, mac) VALUES (?, ?, ?)", (head.seals + 1, covers, mac))
    _write_head(connection, key, SealHead(head.seals + 1, head.rows + growth.rows, mac))
    return head.seals + 1


def begin_head(connection: Connection, key: bytes) -> None:
    """Give a new database its head. Raises `StoreError` where facts or seals are there without one."""
    if connection.execute("SELECT 1 FROM seal_head").fetchone():
        return
    if connection.execute(
        "SELECT 1 FROM session UNION ALL SELECT 1 FROM journal UNION ALL SELECT 1 FROM seal"
    ).fetchone():
        raise StoreError("the journal's seal head was removed: run `vmrd journal verify`")
    _write_head(connection, key, SealHead(0, 0, GENESIS))


def require_head(connection: Connection, key: bytes) -> SealHead:
    """The head, proved to be ours: going on from a forged one would put our seal on the forgery."""
    row = connection.execute("SELECT seals, rows, last, mac FROM seal_head").fetchone()
    if row is not None:
        head = SealHead(*row[:3])
        if hmac.compare_digest(row[3], head_seal(key, head)):
            return head
    raise StoreError("the journal's seal head was changed, or made with another key: run `vmrd journal verify`")


def _write_head(connection: Connection, key: bytes, head: SealHead) -> None:
    connection.execute(
        "INSERT INTO seal_head (id, seals, rows, last, mac) VALUES (1, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET seals = excluded.seals, rows = excluded.rows, last = excluded.last, mac = excluded.mac",
        (head.seals, head.rows, head.last, head_seal(key, head)),
    )
