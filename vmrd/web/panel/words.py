"""The panel's plain words for the session view's codes, and times as the clock on the prison's wall shows them.

No word of the vendor's and none of ours: an officer reads "Web browser" and "Video room", never "api" or "leg".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from vmrd.lifecycle.words import AttendeeRole, Document, Kind, Observation, Phase, Purpose, Result, SegmentKind, Step
from vmrd.web.panel.speech import Words, gettext, later, long_day, ngettext
from vmrd.web.sentences import LONDON

PURPOSES: Mapping[Purpose, str] = Words(
    {
        Purpose.COURT_HEARING: later("Court hearing"),
        Purpose.LEGAL_CONSULTATION: later("Legal consultation"),
        Purpose.PROBATION: later("Probation meeting"),
        Purpose.PSYCHOLOGY: later("Psychology meeting"),
        Purpose.PAROLE_HEARING: later("Parole hearing"),
        Purpose.EXTRADITION: later("Extradition hearing"),
        Purpose.OTHER: later("Meeting"),
    }
)

SEGMENTS: Mapping[SegmentKind, str] = Words(
    {
        SegmentKind.PRE: later("Before the hearing"),
        SegmentKind.MAIN: "",
        SegmentKind.POST: later("After the hearing"),
    }
)
"""`main` is what the purpose already says."""

PHASES: Mapping[Phase, str] = Words(
    {
        Phase.PLANNED: later("Booked"),
        Phase.PREPARING: later("Being prepared"),
        Phase.READY: later("Ready to open"),
        Phase.OPENING: later("Opening"),
        Phase.OPEN: later("Open"),
        Phase.PRIVATE: later("Prisoner in the room"),
        Phase.INTERRUPTED: later("Cut off"),
        Phase.ENDING: later("Ending"),
        Phase.ENDED: later("Ended"),
        Phase.CLOSED: later("Ended"),
        Phase.CANCELLED: later("Cancelled"),
        Phase.FAILED: later("Failed"),
    }
)

STEPS: Mapping[Step, str] = Words(
    {
        Step.SWEEPING: later("putting out phone callers and recorders"),
        Step.LOCKING: later("locking before the start"),
        Step.STARTING: later("starting the meeting"),
        Step.CALLING: later("calling the prison room"),
    }
)

KINDS: Mapping[Kind, str] = Words(
    {
        Kind.BROWSER: later("Web browser"),
        Kind.APP: later("Video app"),
        Kind.ROOM_SYSTEM: later("Video room"),
        Kind.SKYPE: later("Skype"),
        Kind.PHONE: later("Telephone"),
        Kind.RECORDER: later("Recorder or stream"),
        Kind.ENDPOINT: later("Prison room"),
        Kind.OWN: later("vmrd"),
        Kind.UNSURE: later("Not clear yet"),
    }
)

ROLES: Mapping[AttendeeRole, str] = Words(
    {
        AttendeeRole.DEFENCE: later("Defence lawyer"),
        AttendeeRole.PROBATION: later("Probation officer"),
        AttendeeRole.PSYCHOLOGIST: later("Psychologist"),
        AttendeeRole.INTERPRETER: later("Interpreter"),
        AttendeeRole.SPECIALIST: later("Specialist"),
        AttendeeRole.COURT: later("Court"),
        AttendeeRole.PAROLE: later("Parole Board"),
        AttendeeRole.PRISON: later("Prison staff"),
        AttendeeRole.OBSERVER: later("Observer"),
        AttendeeRole.OTHER: later("Other"),
    }
)

DOCUMENTS: Mapping[Document, str] = Words(
    {
        Document.PHOTO_CARD: later("Photo identity card"),
        Document.HEADED_LETTER: later("Letter on headed paper"),
        Document.PASSPORT: later("Passport"),
        Document.PHOTO_DRIVING_LICENCE: later("Photo driving licence"),
    }
)

RESULTS: Mapping[Result, str] = Words(
    {
        Result.NORMAL: later("Went as booked"),
        Result.PRISONER_EARLY: later("Ended early by the prisoner"),
        Result.STAFF_EARLY: later("Ended early by staff"),
        Result.VISITOR_EARLY: later("Ended early by the visitor"),
        Result.VISITOR_NO_SHOW: later("Nobody came"),
        Result.VISITOR_DENIED: later("Visitor turned away"),
        Result.PRISONER_REFUSED: later("The prisoner refused"),
        Result.NEVER_OPENED: later("Never opened"),
    }
)

OBSERVATIONS: Mapping[Observation, str] = Words(
    {
        Observation.CAMERA: later("Watched by camera"),
        Observation.PATROL: later("Watched on foot, not by camera"),
    }
)

TAGS: Mapping[SegmentKind, str] = Words(
    {
        SegmentKind.PRE: later("Pre-court"),
        SegmentKind.MAIN: later("Main"),
        SegmentKind.POST: later("Post-court"),
    }
)
"""As the prisons' own daily lists call the appointments of one booking."""

STAFF: Mapping[str, str] = Words(
    {"officer": later("officer"), "supervisor": later("supervisor"), "auditor": later("auditor")}
)
"""Roles that have screens."""

LOST: Mapping[str, str] = Words(
    {
        "late_open": later("Opened late"),
        "drop_outs": later("Cut off, or the prison room lost"),
        "late_guest": later("Nobody had come"),
        "id_check": later("Checking ID"),
        "fetching": later("Fetching the prisoner"),
        "overrun": later("Over time"),
    }
)
"""What minutes went on, by the names of `lifecycle.minutes.Lost`."""


def at(moment: str) -> str:
    """`HH:MM` in London of an RFC 3339 instant."""
    return _london(moment).strftime("%H:%M")


def at_second(moment: str) -> str:
    """`HH:MM:SS` in London of an RFC 3339 instant."""
    return _london(moment).strftime("%H:%M:%S")


def day(moment: str) -> str:
    """`Tuesday 5 May 2026` in London."""
    return long_day(_london(moment).date())


def span(seconds: int) -> str:
    """`27:46`, or `1:02:03` from an hour on; without a sign."""
    minutes, second = divmod(abs(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def seconds_between(earlier: str, later: str) -> int:
    """Whole seconds from one RFC 3339 instant to a later one."""
    return max(0, int((_london(later) - _london(earlier)).total_seconds()))


def people(count: int) -> str:
    """`1 person`, `3 people`."""
    return ngettext("{count} person", "{count} people", count).format(count=count)


def nobody() -> str:
    """Whom we have no name of."""
    return gettext("Somebody without a name")


def _london(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(LONDON)
