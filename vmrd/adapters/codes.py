"""The booking systems' codes in our words, as data. What is not here becomes OTHER with a warning.

Hearing and meeting types are kept as their own codes, because only people read them; a visitor's relationship decides
the role in the meeting, and so whose word is needed for whom.
"""

from __future__ import annotations

from collections.abc import Mapping

from vmrd.lifecycle.words import AttendeeRole, Purpose, SegmentKind

SEGMENTS: Mapping[str, SegmentKind] = {
    "VLB_COURT_PRE": SegmentKind.PRE,
    "VLB_COURT_MAIN": SegmentKind.MAIN,
    "VLB_COURT_POST": SegmentKind.POST,
    "VLB_PROBATION": SegmentKind.MAIN,
}

BOOKING_TYPES: Mapping[str, Purpose] = {
    "COURT": Purpose.COURT_HEARING,
    "PROBATION": Purpose.PROBATION,
}

OTHER = "OTHER"


def _same(codes: str) -> Mapping[str, str]:
    return {code: code for code in codes.split()}


HEARING_TYPES = _same(
    "APPEAL APPLICATION BACKER BAIL CIVIL CSE CTA FAMILY FCMH FTR GRH IMMIGRATION_DEPORTATION MDA MEF NEWTON OTHER PLE"
    " POCA PTPH PTR REMAND SECTION_28 SEN TRIAL TRIBUNAL UNKNOWN"
)

MEETING_TYPES = _same("BR FTR56 HDC IOM MALRAP OASYS OTHER PR PRP PSR RCAT RECALL ROTL RR RTSCR UNKNOWN")

RELATIONSHIPS: Mapping[str, AttendeeRole] = {
    "BAR": AttendeeRole.DEFENCE,
    "LEGAL": AttendeeRole.DEFENCE,
    "SOL": AttendeeRole.DEFENCE,
    "COM": AttendeeRole.PROBATION,
    "PROB": AttendeeRole.PROBATION,
    "PSY": AttendeeRole.PSYCHOLOGIST,
    "INT": AttendeeRole.INTERPRETER,
    "DR": AttendeeRole.SPECIALIST,
    "SW": AttendeeRole.SPECIALIST,
    "CA": AttendeeRole.PRISON,
    "CUSPO": AttendeeRole.PRISON,
    "CUSPO2": AttendeeRole.PRISON,
    "OFS": AttendeeRole.PRISON,
    "POM": AttendeeRole.PRISON,
    "DART": AttendeeRole.OTHER,
    "FLO": AttendeeRole.OTHER,
    "POL": AttendeeRole.OTHER,
}

PURPOSE_OF_LEAD: Mapping[AttendeeRole, Purpose] = {
    AttendeeRole.DEFENCE: Purpose.LEGAL_CONSULTATION,
    AttendeeRole.PROBATION: Purpose.PROBATION,
    AttendeeRole.PSYCHOLOGIST: Purpose.PSYCHOLOGY,
    AttendeeRole.PAROLE: Purpose.PAROLE_HEARING,
}
"""Why a visit is held follows from who leads it; anybody else's is OTHER."""
