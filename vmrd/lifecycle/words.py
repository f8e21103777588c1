"""The words a session is told in: phases, kinds, roles, states. The glossary is DESIGN section 2; no logic here."""

from __future__ import annotations

from enum import StrEnum

Instant = int
"""Milliseconds since 1970-01-01 in UTC."""


class Phase(StrEnum):
    """Where a session is in its life; the table of DESIGN section 5 says what leaves each one."""

    PLANNED = "planned"
    PREPARING = "preparing"
    READY = "ready"
    OPENING = "opening"
    OPEN = "open"
    PRIVATE = "private"
    INTERRUPTED = "interrupted"
    ENDING = "ending"
    ENDED = "ended"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    FAILED = "failed"


LIVE = frozenset({Phase.OPENING, Phase.OPEN, Phase.PRIVATE, Phase.INTERRUPTED})
"""Phases in which a meeting runs, or just ran, under an officer's eyes."""


RUNNING = frozenset({Phase.OPENING, Phase.OPEN, Phase.PRIVATE})
"""Phases in which Pexip is asked to hold a meeting open."""


BEFORE = frozenset({Phase.PLANNED, Phase.PREPARING, Phase.READY})
"""Phases in which people still get ready for the meeting."""


OVER = frozenset({Phase.ENDED, Phase.CLOSED, Phase.CANCELLED, Phase.FAILED})
"""Phases after which no meeting may exist. A session that reached one never leaves this set."""


class Control(StrEnum):
    """`full`: our vmr. `observe` and `none`: a court's or the Parole Board's own room, where we only time and note."""

    FULL = "full"
    OBSERVE = "observe"
    NONE = "none"


class Purpose(StrEnum):
    """Why the meeting is held (guidance, "Key Notes")."""

    COURT_HEARING = "court_hearing"
    LEGAL_CONSULTATION = "legal_consultation"
    PROBATION = "probation"
    PSYCHOLOGY = "psychology"
    PAROLE_HEARING = "parole_hearing"
    EXTRADITION = "extradition"
    OTHER = "other"


class PriorityClass(StrEnum):
    HIGH = "high"
    NORMAL = "normal"


class PriorityReason(StrEnum):
    """What makes a booking of high priority (guidance, "Key Notes"); `preparation`: a consultation that one needs."""

    BAIL = "bail"
    SENTENCING = "sentencing"
    CUSTODY_TIME_LIMIT = "custody_time_limit"
    PAROLE = "parole"
    EXTRADITION = "extradition"
    PREPARATION = "preparation"
    OTHER = "other"


class SegmentKind(StrEnum):
    PRE = "pre"
    MAIN = "main"
    POST = "post"


class Observation(StrEnum):
    """How staff watch the room: by camera, or on foot because somebody asked not to be watched."""

    CAMERA = "camera"
    PATROL = "patrol"


class AttendeeRole(StrEnum):
    DEFENCE = "defence"
    PROBATION = "probation"
    PSYCHOLOGIST = "psychologist"
    INTERPRETER = "interpreter"
    SPECIALIST = "specialist"
    COURT = "court"
    PAROLE = "parole"
    PRISON = "prison"
    OBSERVER = "observer"
    OTHER = "other"


class Document(StrEnum):
    """What an officer can have seen. A paper driving licence is not here: the guidance refuses it."""

    PHOTO_CARD = "photo_card"
    HEADED_LETTER = "headed_letter"
    PASSPORT = "passport"
    PHOTO_DRIVING_LICENCE = "photo_driving_licence"


class Kind(StrEnum):
    """What kind of participant a leg is (see `callers`)."""

    BROWSER = "browser"
    APP = "app"
    ROOM_SYSTEM = "room-system"
    SKYPE = "skype"
    PHONE = "phone"
    RECORDER = "recorder"
    ENDPOINT = "endpoint"
    OWN = "own"
    UNSURE = "unsure"


UNWANTED = frozenset({Kind.PHONE, Kind.RECORDER})
"""Kinds that can never be identified, or must never be there: put out on sight."""


class Role(StrEnum):
    GUEST = "guest"
    HOST = "host"
    UNKNOWN = "unknown"


class Where(StrEnum):
    ARRIVING = "arriving"
    WAITING = "waiting"
    INSIDE = "inside"
    LEFT = "left"


class LockState(StrEnum):
    """`locked` and `unlocked` are what Pexip showed last; `locking` and `unlocking` are asked, not yet shown."""

    UNLOCKED = "unlocked"
    LOCKING = "locking"
    LOCKED = "locked"
    UNLOCKING = "unlocking"
    UNKNOWN = "unknown"


class Unlocker(StrEnum):
    """Who likely unlocked a meeting that shall be locked: Pexip does not say."""

    ROOM = "room"
    HOST = "host"
    ELSEWHERE = "elsewhere"


class KnockState(StrEnum):
    RINGING = "ringing"
    ACKNOWLEDGED = "acknowledged"
    ADMITTED = "admitted"
    REFUSED = "refused"
    GONE = "gone"


class Step(StrEnum):
    """How far the opening sequence is."""

    SWEEPING = "sweeping"
    LOCKING = "locking"
    STARTING = "starting"
    CALLING = "calling"


class Result(StrEnum):
    """How a session came out, in Official Visits' completion words where it has them."""

    NORMAL = "NORMAL"
    PRISONER_EARLY = "PRISONER_EARLY"
    STAFF_EARLY = "STAFF_EARLY"
    VISITOR_EARLY = "VISITOR_EARLY"
    VISITOR_NO_SHOW = "VISITOR_NO_SHOW"
    VISITOR_DENIED = "VISITOR_DENIED"
    PRISONER_REFUSED = "PRISONER_REFUSED"
    NEVER_OPENED = "NEVER_OPENED"


class Letter(StrEnum):
    """What an email to whoever booked is about; also the word it is listed under among deliveries."""

    CONFIRMED = "email.confirmed"
    CHANGED = "email.changed"
    REMINDER = "email.reminder"
    CANCELLED = "email.cancelled"


KNOCKING = frozenset({KnockState.RINGING, KnockState.ACKNOWLEDGED})
"""Knocks nobody has settled yet."""
