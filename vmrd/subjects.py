"""What is kept of one person: read out for them, and erased for them.

In the journal a person is a reference. Facts about them are those that hold one of their references, or the id under
which the session's roster keeps them; of other people in these facts only references are shown, and no officer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from vmrd.clock import as_text
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import OVER, Instant
from vmrd.store.account import AuditEntry, AuditKind
from vmrd.store.base import Rx, Tx
from vmrd.store.subjects import Mention

_OFFICER = "by"


@dataclass(frozen=True, slots=True)
class Erased:
    """How many texts of which session went; which sessions stay as they are, not being over yet or being on hold."""

    texts: Mapping[str, int]
    not_over: tuple[str, ...]
    on_hold: tuple[str, ...]


def kept_of(rx: Rx, person: str) -> list[dict[str, object]]:
    """Every session that names the person, in order of its id, which is that of its making."""
    return [
        _session(rx, session, found)
        for session_id, found in _by_session(rx.mentions(person))
        if (session := rx.session(session_id)) is not None
    ]


def erase_person(tx: Tx, person: str, now: Instant, *, dry_run: bool = False) -> Erased:
    """Erase every text that names the person, in sessions that are over; the audit says in which, and not whom."""
    return _erased(
        tx, {name: [each.ref for each in found] for name, found in _by_session(tx.mentions(person))}, now, dry_run
    )


def erase_session(tx: Tx, session_id: str, now: Instant, *, dry_run: bool = False) -> Erased:
    """Erase everybody of one session, if it is over."""
    refs = list(tx.personal(session_id))
    return _erased(tx, {session_id: refs} if refs else {}, now, dry_run)


def _erased(tx: Tx, wanted: Mapping[str, Sequence[str]], now: Instant, dry_run: bool) -> Erased:
    texts: dict[str, int] = {}
    not_over, on_hold = [], []
    held = {each.session_id for each in tx.holds()}
    for session_id, refs in wanted.items():
        session = tx.session(session_id)
        if session_id in held:
            on_hold.append(session_id)
        elif session is None or session.phase not in OVER:
            not_over.append(session_id)
        elif dry_run:
            texts[session_id] = len(refs)
        else:
            texts[session_id] = tx.erase(session_id, refs)
            detail = {"by": "command line", "session": session_id, "texts": str(texts[session_id])}
            tx.write_audit(AuditEntry(now, AuditKind.ERASED, "erasure", detail))
    return Erased(texts, tuple(not_over), tuple(on_hold))


def _by_session(found: Sequence[Mention]) -> Iterator[tuple[str, list[Mention]]]:
    for session_id, mentions in groupby(found, key=lambda each: each.session_id):
        yield session_id, list(mentions)


def _session(rx: Rx, session: Session, found: Sequence[Mention]) -> dict[str, object]:
    refs = {each.ref for each in found}
    legs = {leg.id for leg in session.legs.values() if leg.name_ref in refs}
    attendees = {attendee.ref for attendee in session.attendees.values() if attendee.name_ref in refs}
    roles = {"prisoner": session.prisoner_ref in refs, "participant": bool(legs), "booked": bool(attendees)}
    return {
        "session": session.id,
        "booking": session.booking_id,
        "establishment": session.establishment,
        "room": session.room,
        "startsAt": as_text(session.starts_at),
        "endsAt": as_text(session.ends_at),
        "phase": session.phase.value,
        "as": [role for role, is_so in roles.items() if is_so] or ["mentioned"],
        "texts": sorted(each.text for each in found),
        "facts": [
            {"at": as_text(row.at), "fact": row.type, "details": said}
            for row in rx.journal(session.id)
            if (said := _without_officer(json.loads(row.body))) is not None and _names(said, refs | legs | attendees)
        ],
    }


def _without_officer(value: object) -> object:
    match value:
        case dict():
            return {name: _without_officer(each) for name, each in value.items() if name != _OFFICER}
        case list():
            return [_without_officer(each) for each in value]
        case _:
            return value


def _names(value: object, keys: set[str]) -> bool:
    """Whether the person is in this fact, as a value or as the name of one."""
    match value:
        case dict():
            return any(name in keys or _names(each, keys) for name, each in value.items())
        case list():
            return any(_names(each, keys) for each in value)
        case _:
            return value in keys
