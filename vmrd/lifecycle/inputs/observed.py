"""What the watcher saw of Pexip, in our words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from vmrd.lifecycle.words import Instant, Role, Where


class Source(StrEnum):
    """Who says so. A `hint` (event sink, status list) may add a threat or darken; only the others may light."""

    STREAM = "stream"
    READ = "read"
    HINT = "hint"


class Protocol(StrEnum):
    WEB = "web"
    SIP = "sip"
    H323 = "h323"
    SKYPE = "skype"
    STREAMING = "streaming"
    GATEWAY = "gateway"
    CONTROL = "control"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One leg, as Pexip described it, in our words.

    `name`, `address` and `place` (the network address they connect from, where a surface tells it) are personal: they
    are never stored by the core; `name_ref` and `place_ref` are the salted digests the engine put in. `leg` is Pexip's
    participant uuid. `own_name`: they typed a name that is kept secret; `name_ref` is that of their alias.
    """

    leg: str
    name: str
    address: str
    protocol: Protocol
    dialled_out: bool
    role: Role
    where: Where
    has_media: bool
    has_video: bool
    audio_only: bool
    streaming: bool
    encrypted: bool
    presenting: bool
    call_tag: str
    vendor: str
    place: str = ""
    name_ref: str = ""
    place_ref: str = ""
    own_name: bool = False

    def named(self, ref: str, place_ref: str = "") -> Sighting:
        """The same sighting with the reference its name is stored under, and the digest of where it connects from."""
        return replace(self, name_ref=ref, place_ref=place_ref)


@dataclass(frozen=True, slots=True)
class Order:
    """Which event stream, and how far along it; compared as a pair."""

    generation: int
    number: int


@dataclass(frozen=True, slots=True)
class RosterSeen:
    """Everybody in the conference, complete: legs not listed are gone."""

    order: Order
    source: Source
    sightings: tuple[Sighting, ...]
    locked: bool
    started: bool
    recording: bool
    instance: str | None = None


@dataclass(frozen=True, slots=True)
class LegSeen:
    order: Order
    source: Source
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class LegGone:
    order: Order
    source: Source
    leg: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ConferenceSeen:
    """The conference's own state: lock, started, recording or streaming or transcribing.

    `at`: when it was so, where a second-hand source says it, by the clock of the node that said so.
    """

    order: Order
    source: Source
    locked: bool
    started: bool
    recording: bool
    at: Instant | None = None


@dataclass(frozen=True, slots=True)
class ConferenceGone:
    """The conference ended: our stream said so, or our token died and no such conference runs."""

    order: Order
    reason: str


@dataclass(frozen=True, slots=True)
class EmptySeen:
    """Pexip's status shows no conference by this session's name."""


@dataclass(frozen=True, slots=True)
class InstanceSeen:
    """Pexip's status shows a conference by this session's name after the session ended."""

    instance: str


@dataclass(frozen=True, slots=True)
class EyesLost:
    """We cannot read the running conference."""


@dataclass(frozen=True, slots=True)
class Unwatched:
    """No daemon looks at it or is about to: there are more meetings than they can look at."""


@dataclass(frozen=True, slots=True)
class EyesBack:
    """We read the running conference again."""


@dataclass(frozen=True, slots=True)
class ControlTagged:
    """We are about to ask for a control token with this tag; a leg that carries it without media is ours."""

    tag: str


@dataclass(frozen=True, slots=True)
class ControlTaken:
    """Pexip gave us a control token; `leg` is our own entry in the roster."""

    leg: str


Observed = (
    RosterSeen
    | LegSeen
    | LegGone
    | ConferenceSeen
    | ConferenceGone
    | EmptySeen
    | InstanceSeen
    | EyesLost
    | Unwatched
    | EyesBack
    | ControlTagged
    | ControlTaken
)
