"""How facts change what is known of those expected: see `evolve`."""

from __future__ import annotations

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.copying import put, replace
from vmrd.lifecycle.session import Attendee, Session


def evidence(s: Session, fact: f.EvidenceReceived | f.EvidenceWithdrawn) -> Session:
    """Whether documents of an attendee came before the meeting."""
    by, at = (fact.by, fact.at) if isinstance(fact, f.EvidenceReceived) else (None, None)
    ref = fact.attendee
    return replace(s, attendees=put(s.attendees, ref, replace(s.attendees[ref], evidence_by=by, evidence_at=at)))


def still(former: Attendee | None, booked: Attendee) -> Attendee:
    """What was said of an attendee outlives an amendment; of their documents only while the name is the same."""
    if former is None:
        return booked
    booked = replace(booked, waived_by=former.waived_by)
    if former.name_ref != booked.name_ref or former.evidence_by is None:
        return booked
    return replace(booked, evidence_by=former.evidence_by, evidence_at=former.evidence_at)
