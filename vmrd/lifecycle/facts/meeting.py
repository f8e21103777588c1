"""Facts about the running meeting: legs, lock, opening, knocks, removals."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import Instant, Kind, KnockState, Role, Step, Unlocker, Where


@dataclass(frozen=True, slots=True)
class LegObserved:
    """A leg as it now stands; written only when something about it differs from before.

    `from_room`: it has the address of the session's own room.
    """

    leg: str
    name_ref: str
    kind: Kind
    settled: bool
    role: Role
    where: Where
    has_media: bool
    has_video: bool
    encrypted: bool
    presenting: bool
    at: Instant
    from_room: bool = False


@dataclass(frozen=True, slots=True)
class PlaceKnown:
    """Where a leg connects from, as a salted digest of the network address: good to compare with and nothing else."""

    leg: str
    place_ref: str


@dataclass(frozen=True, slots=True)
class LegLeft:
    leg: str
    reason: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class MeetingObserved:
    started: bool
    recording: bool
    instance: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class MeetingLost:
    """The conference ended under us: its lock and its checks are gone with it."""

    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Locked:
    at: Instant


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Pexip shows the conference unlocked. `drift`: though we want it locked; `likely`: by whom, then."""

    drift: bool
    at: Instant
    likely: Unlocker | None = None


@dataclass(frozen=True, slots=True)
class LockRequested:
    by: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class UnlockRequested:
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class OpenRequested:
    step: Step
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class OpeningStepped:
    step: Step


@dataclass(frozen=True, slots=True)
class OpeningFellBack:
    """Pexip did not hold people in a room locked before it started: opened the default way instead."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The meeting runs and the prison room is in it. `elsewhere`: somebody typed the Host PIN, not we."""

    elsewhere: bool
    at: Instant


@dataclass(frozen=True, slots=True)
class RoomConnected:
    """Our call to the prison room became this leg, or an officer claimed it."""

    leg: str
    claimed_by: str | None


@dataclass(frozen=True, slots=True)
class RoomLost:
    leg: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Knocked:
    knock: str
    leg: str
    at: Instant


@dataclass(frozen=True, slots=True)
class KnockAnswered:
    knock: str
    state: KnockState
    by: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class KnockEscalated:
    knock: str


@dataclass(frozen=True, slots=True)
class AdmitRequested:
    leg: str
    by: str


@dataclass(frozen=True, slots=True)
class RefusalRequested:
    """An officer put somebody out of the waiting room. They may try again; they will be flagged."""

    leg: str
    by: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class RemovalRequested:
    """A leg is to be disconnected. `why`: `phone`, `recorder`, `refused`, `removed`, `ending`.

    `reason`: what an officer wrote who removed somebody; why somebody was refused stands with the refusal.
    """

    leg: str
    why: str
    by: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Exposed:
    """A phone or recorder was inside the meeting. `prisoner_inside`: whether the prisoner could see its number."""

    leg: str
    kind: Kind
    prisoner_inside: bool
    at: Instant
