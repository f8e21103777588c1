"""The session record: what happened, when, by whose hand, as JSON or as a page to print.

It is the journal read out. References to people become names again as long as those are kept; after they were erased
the same record stands with the names gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, is_dataclass
from enum import StrEnum
from html import escape

from aiohttp import web
from pydantic import JsonValue
from pydantic.alias_generators import to_camel

from vmrd.clock import as_text
from vmrd.lifecycle import facts as f
from vmrd.lifecycle.facts import Fact
from vmrd.lifecycle.minutes import minutes_lost
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant
from vmrd.store.base import JournalRow, Rx
from vmrd.web.dispatch import Incoming, answered
from vmrd.web.press_shapes import EntryView, LostView, RecordView
from vmrd.web.problem import Problem
from vmrd.web.sessions import seen_by

_CHECKS = (f.Checked, f.CheckVoided, f.OverrideAsked, f.Overridden, f.OverrideLapsed)
_DEALING = (f.DealingBegan, f.DealingLapsed)
_DOOR = (f.AdmitRequested, f.RefusalRequested, f.PhoneTurnedAway)
_KNOCKS = (f.Knocked, f.KnockAnswered, f.KnockEscalated, *_DEALING, *_DOOR)
_LOCKS = (f.LockRequested, f.Locked, f.UnlockRequested, f.Unlocked)
_PRISONER = (f.PrisonerCameIn, f.PrisonerWentOut, f.Paused, f.Resumed, f.BreachBegan, f.BreachEnded, f.Exposed)
_SKIPPED = frozenset({"at", "by"})
Names = Mapping[str, str]


async def shown(incoming: Incoming) -> web.Response:
    """The record; a page where the caller prefers one."""
    seen = await seen_by(incoming)
    session_id = seen.session.id

    def query(rx: Rx) -> tuple[Session | None, list[JournalRow], list[Fact], Names]:
        return rx.session(session_id), rx.journal(session_id), rx.facts(session_id), rx.personal(session_id)

    session, rows, facts, personal = await incoming.deps.store.read(query)
    if session is None:  # purged between two reads: it is as old as that
        raise Problem("not-found", "There is no such session.")
    record = build(session, list(zip(rows, facts, strict=True)), personal)
    if "text/html" in incoming.request.headers.get("Accept", ""):
        return web.Response(text=page(record), content_type="text/html")
    return answered(record)


def build(session: Session, journal: Iterable[tuple[JournalRow, Fact]], personal: Names) -> RecordView:
    """The record of a session from its journal."""
    names, journal = _names(session, personal), list(journal)
    told = [(fact, _entry(row.seq, row.at, fact, names)) for row, fact in journal]

    def of(kinds: tuple[type, ...]) -> tuple[EntryView, ...]:
        return tuple(entry for fact, entry in told if isinstance(fact, kinds))

    return RecordView(
        session=session.id,
        booking_id=session.booking_id,
        establishment=session.establishment,
        room=session.room,
        phase=session.phase,
        starts_at=as_text(session.starts_at),
        ends_at=as_text(session.ends_at),
        opened_at=_moment(session.opened_at),
        first_locked_at=_moment(session.first_locked_at),
        ended_at=_moment(session.ended_at),
        link_dead_at=_moment(session.link_dead_at),
        checks=of(_CHECKS),
        knocks=of(_KNOCKS),
        locks=of(_LOCKS),
        prisoner=of(_PRISONER),
        minutes_lost=LostView(**asdict(minutes_lost((row.at, fact) for row, fact in journal))),
        entries=tuple(entry for _, entry in told),
    )


def _moment(instant: Instant | None) -> str | None:
    return as_text(instant) if instant is not None else None


def _names(session: Session, personal: Names) -> Names:
    """Texts by everything a fact may refer to them with: a reference, a leg's id, an attendee's ref."""
    legs = {leg.id: personal.get(leg.name_ref, "") for leg in session.legs.values()}
    attendees = {a.ref: personal.get(a.name_ref, "") for a in session.attendees.values()}
    return {**personal, **{key: text for key, text in (*legs.items(), *attendees.items()) if text}}


def _entry(seq: int, at: Instant, fact: Fact, names: Names) -> EntryView:
    details = {
        to_camel(field.name): _plain(getattr(fact, field.name), field.name, names)
        for field in fields(fact)
        if field.name not in _SKIPPED
    }
    by = getattr(fact, "by", None)
    return EntryView(
        seq=seq,
        at=as_text(at),
        fact=type(fact).__name__,
        by=by if isinstance(by, str) else None,
        text=_text(fact, names),
        details=details,
    )


def _plain(value: object, name: str, names: Names) -> JsonValue:
    match value:
        case bool() | int() | float() | None:
            return value
        case StrEnum():
            return value.value
        case str():
            return names.get(value, value) if name.endswith("_ref") or name == "reason" else value
        case tuple() | frozenset():
            return [_plain(each, name, names) for each in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {to_camel(f.name): _plain(getattr(value, f.name), f.name, names) for f in fields(value)}
        case _:
            return str(value)


def _text(fact: Fact, names: Names) -> str:
    """The fact in words: `LockRequested` becomes "Lock requested", with whom it is about."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type(fact).__name__).strip()
    keys = (getattr(fact, name, None) for name in ("leg", "attendee"))
    about = [names[key] for key in keys if isinstance(key, str) and key in names]
    told = words[0].upper() + words[1:]
    return f"{told}: {', '.join(dict.fromkeys(about))}" if about else told


def _lost(lost: LostView) -> str:
    told = (f"{name.replace('_', ' ')} {minutes}" for name, minutes in lost.model_dump().items() if minutes)
    return ", ".join(told) or "none"


def page(record: RecordView) -> str:
    """The record as a page without script or style, to be read and printed."""
    rows = "".join(
        f"<tr><td>{entry.seq}</td><td>{escape(entry.at)}</td><td>{escape(entry.text)}</td>"
        f"<td>{escape(entry.by or '')}</td></tr>"
        for entry in record.entries
    )
    facts = (
        ("Booking", record.booking_id),
        ("Establishment and room", f"{record.establishment} {record.room}"),
        ("Booked", f"{record.starts_at} to {record.ends_at}"),
        ("Opened", record.opened_at or "never"),
        ("First locked", record.first_locked_at or "never"),
        ("Ended", record.ended_at or "not yet"),
        ("Link proved dead", record.link_dead_at or "not yet"),
        ("Minutes lost", _lost(record.minutes_lost)),
    )
    summary = "".join(f"<dt>{escape(term)}</dt><dd>{escape(told)}</dd>" for term, told in facts)
    title = f"Record of session {escape(record.session)}"
    return (
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f"<h1>{title}</h1><dl>{summary}</dl>"
        "<table><caption>Everything that happened, in order. Times are UTC.</caption>"
        "<thead><tr><th>No</th><th>Time</th><th>What</th><th>By</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        "</body></html>"
    )
