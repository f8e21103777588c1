"""The panel's plain words for the session view's codes, and times as the clock on the prison's wall shows them.

No word of the vendor's and none of ours: an officer reads "Web browser" and "Video room", never "api" or "leg".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from vmrd.lifecycle.words import AttendeeRole, Document, Kind, Observation, Phase, Purpose, Result, SegmentKind, Step
from vmrd.web.sentences import LONDON

PURPOSES: Mapping[Purpose, str] = {
    Purpose.COURT_HEARING: "Court hearing",
    Purpose.LEGAL_CONSULTATION: "Legal consultation",
    Purpose.PROBATION: "Probation meeting",
    Purpose.PSYCHOLOGY: "Psychology meeting",
    Purpose.PAROLE_HEARING: "Parole hearing",
    Purpose.EXTRADITION: "Extradition hearing",
    Purpose.OTHER: "Meeting",
}

SEGMENTS: Mapping[SegmentKind, str] = {
    SegmentKind.PRE: "Before the hearing",
    SegmentKind.MAIN: "",
    SegmentKind.POST: "After the hearing",
}
"""`main` is what the purpose already says."""

PHASES: Mapping[Phase, str] = {
    Phase.PLANNED: "Booked",
    Phase.PREPARING: "Being prepared",
    Phase.READY: "Ready to open",
    Phase.OPENING: "Opening",
    Phase.OPEN: "Open",
    Phase.PRIVATE: "Prisoner in the room",
    Phase.INTERRUPTED: "Cut off",
    Phase.ENDING: "Ending",
    Phase.ENDED: "Ended",
    Phase.CLOSED: "Ended",
    Phase.CANCELLED: "Cancelled",
    Phase.FAILED: "Failed",
}

STEPS: Mapping[Step, str] = {
    Step.SWEEPING: "putting out phone callers and recorders",
    Step.LOCKING: "locking before the start",
    Step.STARTING: "starting the meeting",
    Step.CALLING: "calling the prison room",
}

KINDS: Mapping[Kind, str] = {
    Kind.BROWSER: "Web browser",
    Kind.APP: "Video app",
    Kind.ROOM_SYSTEM: "Video room",
    Kind.SKYPE: "Skype",
    Kind.PHONE: "Telephone",
    Kind.RECORDER: "Recorder or stream",
    Kind.ENDPOINT: "Prison room",
    Kind.OWN: "vmrd",
    Kind.UNSURE: "Not clear yet",
}

ROLES: Mapping[AttendeeRole, str] = {
    AttendeeRole.DEFENCE: "Defence lawyer",
    AttendeeRole.PROBATION: "Probation officer",
    AttendeeRole.PSYCHOLOGIST: "Psychologist",
    AttendeeRole.INTERPRETER: "Interpreter",
    AttendeeRole.SPECIALIST: "Specialist",
    AttendeeRole.COURT: "Court",
    AttendeeRole.PAROLE: "Parole Board",
    AttendeeRole.PRISON: "Prison staff",
    AttendeeRole.OBSERVER: "Observer",
    AttendeeRole.OTHER: "Other",
}

DOCUMENTS: Mapping[Document, str] = {
    Document.PHOTO_CARD: "Photo identity card",
    Document.HEADED_LETTER: "Letter on headed paper",
    Document.PASSPORT: "Passport",
    Document.PHOTO_DRIVING_LICENCE: "Photo driving licence",
}

RESULTS: Mapping[Result, str] = {
    Result.NORMAL: "Went as booked",
    Result.PRISONER_EARLY: "Ended early by the prisoner",
    Result.STAFF_EARLY: "Ended early by staff",
    Result.VISITOR_EARLY: "Ended early by the visitor",
    Result.VISITOR_NO_SHOW: "Nobody came",
    Result.VISITOR_DENIED: "Visitor turned away",
    Result.PRISONER_REFUSED: "The prisoner refused",
    Result.NEVER_OPENED: "Never opened",
}

OBSERVATIONS: Mapping[Observation, str] = {
    Observation.CAMERA: "Watched by camera",
    Observation.PATROL: "Watched on foot, not by camera",
}

NOBODY = "Somebody without a name"


def at(moment: str) -> str:
    """`HH:MM` in London of an RFC 3339 instant."""
    return _london(moment).strftime("%H:%M")


def at_second(moment: str) -> str:
    """`HH:MM:SS` in London of an RFC 3339 instant."""
    return _london(moment).strftime("%H:%M:%S")


def day(moment: str) -> str:
    """`Tuesday 5 May 2026` in London."""
    local = _london(moment)
    return f"{local:%A} {local.day} {local:%B %Y}"


def span(seconds: int) -> str:
    """`27:46`, or `1:02:03` from an hour on; without a sign."""
    minutes, second = divmod(abs(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def seconds_between(earlier: str, later: str) -> int:
    """Whole seconds from one RFC 3339 instant to a later one."""
    return max(0, int((_london(later) - _london(earlier)).total_seconds()))


def people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _london(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(LONDON)
