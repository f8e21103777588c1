"""The people in a view: who is expected, who is there, who knocks, who would come in, who is being put out."""

from __future__ import annotations

from collections.abc import Mapping

from vmrd.clock import as_text
from vmrd.lifecycle.allowed import actions_for_legs
from vmrd.lifecycle.matching import Names
from vmrd.lifecycle.session import Alert, Check, Knock, Leg, Session
from vmrd.lifecycle.words import OVER, UNWANTED, Kind, Where
from vmrd.secret_names import attendee_name
from vmrd.web import sentences
from vmrd.web import view_shapes as v
from vmrd.web.around import Around
from vmrd.web.name_notes import name_notes

_NOBODY = "Somebody"
Alike = Mapping[str, str]
"""Leg -> the attendee whose name its name looks like."""


def who(session: Session, around: Around, about: str | None) -> str:
    """The name of the leg or attendee something is about."""
    if about is None:
        return _NOBODY
    if about in session.legs:
        return around.personal.get(session.legs[about].name_ref) or _NOBODY
    if about in session.attendees:
        return around.personal.get(session.attendees[about].name_ref) or _NOBODY
    return _NOBODY


def expected(session: Session, around: Around) -> tuple[v.ExpectedView, ...]:
    checked = session.checked_attendees()
    return tuple(
        v.ExpectedView(
            ref=attendee.ref,
            name=around.personal.get(attendee.name_ref),
            role=attendee.role,
            required=attendee.required,
            checked=attendee.ref in checked,
            needs_word=attendee.needs_word,
            waived_by=attendee.waived_by,
            added_by=attendee.added_by,
            name_available=attendee_name(attendee.ref) in around.hidden,
            link_from=attendee.link_from,
            evidence_by=attendee.evidence_by,
            evidence_at=as_text(attendee.evidence_at) if attendee.evidence_at is not None else None,
        )
        for attendee in session.attendees.values()
    )


def evidence_outstanding(session: Session, around: Around) -> tuple[str, ...]:
    """Whose documents the prison wants to have seen before the meeting and has not; nobody where it does not ask."""
    if not around.rules.id_profile.in_advance or session.phase in OVER:
        return ()
    return tuple(each.ref for each in session.attendees.values() if each.evidence_by is None and not each.waived_by)


def would_enter(session: Session, around: Around, alike: Alike) -> tuple[v.WouldEnterView, ...]:
    """Who waits and would come in on Open or Unlock, which let in everybody at once."""
    return tuple(
        v.WouldEnterView(
            participant=leg.id,
            name=around.personal.get(leg.name_ref),
            kind=leg.kind,
            attendee=alike.get(leg.id),
        )
        for leg in session.held()
        if leg.kind is not Kind.OWN and leg.kind not in UNWANTED and not _leaving(session, leg)
    )


def participants(session: Session, around: Around, alike: Alike) -> tuple[v.ParticipantView, ...]:
    """Every leg there is or was."""
    allowed = actions_for_legs(session, around.now, around.rules)
    notes = name_notes(session, around)
    return tuple(
        _participant(session, around, leg, alike.get(leg.id), notes.get(leg.id, ()), allowed[leg.id])
        for leg in session.legs.values()
    )


def _participant(
    session: Session,
    around: Around,
    leg: Leg,
    suggested: str | None,
    notes: tuple[v.NameNote, ...],
    allowed: tuple[str, ...],
) -> v.ParticipantView:
    return v.ParticipantView(
        id=leg.id,
        name=around.personal.get(leg.name_ref),
        kind=leg.kind,
        settled=leg.settled,
        role=leg.role,
        has_video=leg.has_video,
        presenting=leg.presenting,
        encrypted=leg.encrypted,
        where=leg.where,
        attendee=leg.check.attendee if leg.check is not None else None,
        suggested=suggested,
        name_notes=notes,
        checked=leg.check is not None,
        check=_check(leg.check) if leg.check is not None else None,
        since=as_text(leg.since),
        first_seen=as_text(leg.first_seen),
        left_because=leg.left_because,
        removal_asked=_leaving(session, leg),
        allowed=allowed,
    )


def _check(check: Check) -> v.CheckView:
    return v.CheckView(
        by=check.by, at=as_text(check.at), documents=check.documents, practitioner_word=check.practitioner_word
    )


def alike(session: Session, around: Around) -> Alike:
    """Whose name each person's looks like, among those not yet checked on another leg."""
    taken = session.checked_attendees()
    names = Names(
        {
            attendee.ref: around.personal.get(attendee.name_ref, "")
            for attendee in session.attendees.values()
            if attendee.ref not in taken
        }
    )
    found = {
        leg.id: names.like(around.personal.get(leg.name_ref, ""))
        for leg in session.legs.values()
        if leg.where is not Where.LEFT and leg.check is None and leg.kind not in (*UNWANTED, Kind.OWN, Kind.ENDPOINT)
    }
    return {leg: ref for leg, ref in found.items() if ref is not None}


def _leaving(session: Session, leg: Leg) -> bool:
    return sentences.removal_key(leg.id) in session.asks


def removals(session: Session, around: Around) -> tuple[v.RemovalView, ...]:
    return tuple(
        v.RemovalView(
            participant=leg.id,
            name=around.personal.get(leg.name_ref),
            since=as_text(session.asks[sentences.removal_key(leg.id)].since),
        )
        for leg in session.legs.values()
        if _leaving(session, leg) and leg.where is not Where.LEFT
    )


def knock_view(session: Session, around: Around, knock: Knock, alike: Alike) -> v.KnockView:
    leg = session.legs.get(knock.leg)
    return v.KnockView(
        id=knock.id,
        participant=knock.leg,
        name=around.personal.get(leg.name_ref) if leg is not None else None,
        kind=leg.kind if leg is not None else None,
        at=as_text(knock.at),
        state=knock.state,
        by=knock.by,
        escalated=knock.escalated,
        suggested=alike.get(knock.leg),
        dealing=dealing(knock, around),
    )


def dealing(about: Knock | Alert, around: Around) -> v.DealingView | None:
    """Who is seeing to it."""
    if about.dealing is None:
        return None
    until = about.dealing.at + around.rules.dealing_lapses_after
    return v.DealingView(by=about.dealing.by, since=as_text(about.dealing.at), until=as_text(until))
