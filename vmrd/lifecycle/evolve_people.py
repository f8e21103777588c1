"""How facts change what is known of those expected: see `evolve`."""

from __future__ import annotations

from typing import assert_never

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.copying import put, replace, without
from vmrd.lifecycle.override import Override
from vmrd.lifecycle.session import Attendee, Check, Session


def evidence(s: Session, fact: f.EvidenceReceived | f.EvidenceWithdrawn) -> Session:
    """Whether documents of an attendee came before the meeting."""
    by, at = (fact.by, fact.at) if isinstance(fact, f.EvidenceReceived) else (None, None)
    ref = fact.attendee
    return replace(s, attendees=put(s.attendees, ref, replace(s.attendees[ref], evidence_by=by, evidence_at=at)))


def identity(
    s: Session, fact: f.Checked | f.CheckVoided | f.OverrideAsked | f.Overridden | f.OverrideLapsed
) -> Session:
    """Who was checked, and which exceptions wait for a second person."""
    match fact:
        case f.Checked(leg=leg, attendee=attendee, documents=documents, practitioner_word=word, by=by, at=at):
            check = Check(attendee, documents, word, by, at)
            return replace(s, legs=put(s.legs, leg, replace(s.legs[leg], check=check)))
        case f.CheckVoided(leg=leg):
            return replace(s, legs=put(s.legs, leg, replace(s.legs[leg], check=None)))
        case f.OverrideAsked(leg=leg, attendee=attendee, practitioner_word=word, by=by, at=at):
            asked = Override(attendee, word, fact.name_ref, fact.reason_ref, by, at)
            return replace(s, overrides=put(s.overrides, leg, asked))
        case f.Overridden(leg=leg) | f.OverrideLapsed(leg=leg):
            return replace(s, overrides=without(s.overrides, leg))
        case _:
            assert_never(fact)


def still(former: Attendee | None, booked: Attendee) -> Attendee:
    """What was said of an attendee outlives an amendment; of their documents only while the name is the same."""
    if former is None:
        return booked
    booked = replace(booked, waived_by=former.waived_by)
    if former.name_ref != booked.name_ref or former.evidence_by is None:
        return booked
    return replace(booked, evidence_by=former.evidence_by, evidence_at=former.evidence_at)
