"""Verifying the journal: every fault, by where it is. Why this proves anything is told in `chain`.

| what was done                                   | how it shows                                             |
|-------------------------------------------------|----------------------------------------------------------|
| a byte of a fact changed                        | its hash, or the next one's `prev`, is not what it was   |
| a fact removed, added or swapped                | its hash, which covers its number, or the next `prev`    |
| a session's last facts removed                  | its last hash is not the one last sealed                 |
| the same, and the daemon went on from there     | a sealed stretch does not begin where the last one ended |
| a chain written anew, or a session added        | its last hash was never sealed                           |
| a whole session removed                         | it was sealed, and is not there                          |
| a seal changed, removed, added or swapped       | its HMAC, or the next one's                              |
| the last seals removed                          | the head counts more, and its last HMAC is another       |
| the head changed or removed                     | its HMAC; or facts without a head                        |
| all written anew by whoever holds the seal key,  | a head that was noted outside is not among its seals     |
| or an older copy put in its place               |                                                          |
| personal texts and salts erased                 | not at all, as it must be                                |
| a session purged by its age                     | not at all: the sealed audit says so, with its last hash |

Rows are read once each, in order, and forgotten; what is kept is one hash for each session.
"""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from vmrd.store.account import AuditKind
from vmrd.store.chain import GENESIS, SealHead, coverage, head_seal, link, seal
from vmrd.store.rows import Connection

_Fact = tuple[bytes, int, int, bytes, bytes, bytes, bytes]
_Seal = tuple[int, bytes, bytes]
_Head = tuple[int, int, int, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Fault:
    """`where`: a session, a fact in it, a seal or the head. `what`: a sentence that holds nothing of what is stored."""

    where: str
    what: str


def verify(connection: sqlite3.Connection, seal_key: bytes, witnessed: Sequence[SealHead] = ()) -> list[Fault]:
    """Every fault of the journal as of one commit; empty when all is as it was written. A daemon may be running.

    `witnessed`: heads that were noted outside this machine while the journal grew.
    """
    text_factory = connection.text_factory
    connection.text_factory = bytes  # a changed byte may have left no valid text, and must be looked at all the same
    try:
        connection.execute("BEGIN")
        try:
            return faults_of(connection, seal_key, witnessed)
        finally:
            connection.execute("ROLLBACK")
    except sqlite3.DatabaseError:
        return [Fault("database", "its pages are damaged: SQLite cannot read them")]
    finally:
        connection.text_factory = text_factory


def faults_of(connection: Connection, key: bytes, witnessed: Sequence[SealHead]) -> list[Fault]:
    """The same over a connection in a transaction, which gives texts as the bytes that are stored."""
    faults: list[Fault] = []
    heads = connection.execute("SELECT id, seals, rows, last, mac FROM seal_head").fetchall()
    sealed, seals, last = _check_seals(
        connection.execute("SELECT number, covers, mac FROM seal ORDER BY number"), key, faults
    )
    rows = _check_facts(
        connection.execute(
            "SELECT session_id, seq, at, type, body, prev, hash FROM journal UNION ALL"
            " SELECT session_id, seq, at, type, body, prev, hash FROM works_journal UNION ALL"
            " SELECT 'audit', seq, at, kind, who || ? || detail, prev, hash FROM audit ORDER BY session_id, seq",
            ("\n",),
        ),
        sealed,
        _purged(connection),
        faults,
    )
    untouched = not rows and not seals and not connection.execute("SELECT 1 FROM session").fetchone()
    if heads or not untouched:  # a database no daemon has opened yet has no head
        _check_head(heads, SealHead(seals, rows, last), key, faults)
    faults.extend(_unlike(connection, witnessed))
    return faults


def _purged(connection: Connection) -> dict[bytes, tuple[int, bytes]]:
    """Sessions the audit says were purged: how many facts, and the hash of the last. The audit is judged elsewhere."""
    found = {}
    for (detail,) in connection.execute("SELECT detail FROM audit WHERE kind = ?", (AuditKind.JOURNAL_PURGED.value,)):
        try:
            said: Mapping[str, str] = json.loads(detail)
            found[said["session"].encode()] = (int(said["facts"]), bytes.fromhex(said["last"]))
        except (ValueError, LookupError, TypeError, AttributeError):
            continue  # changed, and reported as such
    return found


def _unlike(connection: Connection, witnessed: Sequence[SealHead]) -> Iterable[Fault]:
    """Seals are chained, so one that is as it was noted stands for all before it."""
    (count,) = connection.execute("SELECT count(*) FROM seal").fetchone()
    for head in witnessed:
        where = f"witnessed head of {head.seals} seals"
        row = connection.execute("SELECT mac FROM seal WHERE number = ?", (head.seals,)).fetchone()
        if head.seals > count:
            yield Fault(where, f"only {count} are there: this is an older copy, or its end was cut off")
        elif head.seals and (row is None or row[0] != head.last):
            yield Fault(where, "another seal stands there: the journal was written anew")


def _check_seals(rows: Iterable[_Seal], key: bytes, faults: list[Fault]) -> tuple[dict[bytes, bytes], int, bytes]:
    """The last sealed hash of each session, how many seals there are, and the last one's HMAC."""
    sealed: dict[bytes, bytes] = {}
    prev, count = GENESIS, 0
    for number, covers, mac in rows:
        count += 1
        if not hmac.compare_digest(mac, seal(key, prev, number, covers)):
            faults.append(Fault(f"seal {number}", "is not what was sealed, or a seal before it is missing"))
        prev = mac
        try:
            stretches = coverage(covers)
        except ValueError:
            continue  # changed, and reported above
        for name, stretch in stretches.items():
            session_id = name.encode()
            if stretch.prev != sealed.get(session_id, GENESIS):
                faults.append(Fault(f"session {name}", f"facts before those of seal {number} were removed or added"))
            sealed[session_id] = stretch.hash
    return sealed, count, prev


def _check_facts(
    rows: Iterable[_Fact], sealed: dict[bytes, bytes], purged: Mapping[bytes, tuple[int, bytes]], faults: list[Fault]
) -> int:
    """How many facts there are, those of purged sessions included. Empties `sealed`."""
    count = 0
    for session_id, facts in groupby(rows, key=itemgetter(0)):
        where = f"session {session_id.decode(errors='replace')}"
        prev = GENESIS
        for _, seq, at, kind, body, said_prev, said in facts:
            count += 1
            if said_prev != prev or said != link(prev, session_id, seq, at, kind, body):
                faults.append(Fault(f"{where} fact {seq}", "is not what was written, or a fact before it is missing"))
            prev = said
        if prev != sealed.pop(session_id, None):
            faults.append(Fault(where, "its last fact is not the last that was sealed"))
    for name, last in sealed.items():
        gone, said = purged.get(name, (0, GENESIS))
        count += gone
        if said != last:
            faults.append(Fault(f"session {name.decode()}", "was sealed, and is not there"))
    return count


def _check_head(heads: list[_Head], found: SealHead, key: bytes, faults: list[Fault]) -> None:
    if len(heads) != 1 or heads[0][0] != 1:
        faults.append(Fault("seal head", "is missing"))
        return
    _, seals, rows, last, mac = heads[0]
    head = SealHead(seals, rows, last)
    if not hmac.compare_digest(mac, head_seal(key, head)):
        faults.append(Fault("seal head", "is not what was sealed"))
    if head != found:
        faults.append(
            Fault("seal head", f"counts {seals} seals and {rows} facts; {found.seals} and {found.rows} are there")
        )
