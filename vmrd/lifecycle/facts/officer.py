"""Facts about checks, the prisoner, alerts, and what an officer should know."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import Document, Instant


@dataclass(frozen=True, slots=True)
class Checked:
    leg: str
    attendee: str
    documents: tuple[Document, ...]
    practitioner_word: bool
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class CheckVoided:
    """`why`: `withdrawn`, `renamed`, `second-connection`, `left`."""

    leg: str
    why: str
    by: str | None


@dataclass(frozen=True, slots=True)
class OverrideAsked:
    """An officer asks a second person that somebody count as identified without the documents. See `Override`."""

    leg: str
    attendee: str
    practitioner_word: bool
    name_ref: str
    reason_ref: str
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Overridden:
    """Two people let somebody count as identified: `asked_by` asked, `by` confirmed. The check follows."""

    leg: str
    attendee: str
    reason_ref: str
    asked_by: str
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class OverrideLapsed:
    """Nobody confirmed it in time, or it is about somebody who is not there as they were."""

    leg: str


@dataclass(frozen=True, slots=True)
class PrisonerCameIn:
    """`blocked_by`: the reasons SECURE was dark, empty when it was lit."""

    by: str
    blocked_by: tuple[str, ...]
    reason_ref: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class PrisonerWentOut:
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Paused:
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Resumed:
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class BreachBegan:
    """The prisoner is in the room and a condition of SECURE does not hold."""

    reasons: tuple[str, ...]
    at: Instant


@dataclass(frozen=True, slots=True)
class BreachEnded:
    at: Instant


@dataclass(frozen=True, slots=True)
class WentBlind:
    """`unwatched`: nobody even tries to see it, because there are more meetings than can be looked at."""

    at: Instant
    unwatched: bool = False


@dataclass(frozen=True, slots=True)
class SightReturned:
    at: Instant


@dataclass(frozen=True, slots=True)
class ReminderTicked:
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class OfficerLeftTicked:
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class ShareAnnounced:
    """An officer was told that a screen is going to be shared."""

    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class TimeWarned:
    minutes: int
    at: Instant


@dataclass(frozen=True, slots=True)
class AlertRaised:
    key: str
    code: str
    about: str | None
    by: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class AlertAcknowledged:
    key: str
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class AlertEnded:
    key: str


@dataclass(frozen=True, slots=True)
class DealingBegan:
    """An officer is seeing to a knock (its id) or an alert (its key)."""

    what: str
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class DealingLapsed:
    """Nothing came of it in time: it is everybody's again."""

    what: str


@dataclass(frozen=True, slots=True)
class Revealed:
    """An officer was shown a secret; the secret itself is nowhere here."""

    what: str
    about: str | None
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class EveryoneLeft:
    at: Instant


@dataclass(frozen=True, slots=True)
class SomeoneReturned:
    pass
