"""What nodes tell: events of a token's stream, and events of a sink. Typed; shells turn them into frames and JSON."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pexip_mock.meetings import Flags
from pexip_mock.people import Leg, Participant


@dataclass(frozen=True, slots=True)
class ConferenceUpdate:
    """The conference's flags, whole."""

    flags: Flags


@dataclass(frozen=True, slots=True)
class SyncBegin:
    """The roster follows from here; whatever was known before is void."""


@dataclass(frozen=True, slots=True)
class SyncEnd:
    """The roster is complete."""


@dataclass(frozen=True, slots=True)
class ParticipantCreate:
    """Somebody new, whole."""

    participant: Participant


@dataclass(frozen=True, slots=True)
class ParticipantUpdate:
    """Somebody changed; the whole entry again."""

    participant: Participant


@dataclass(frozen=True, slots=True)
class ParticipantDelete:
    """Somebody is gone."""

    uuid: str


@dataclass(frozen=True, slots=True)
class Stage:
    """Voice activity: content that a careful client throws away unread."""

    participants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PresentationStart:
    """Somebody began to present."""

    participant: Participant


@dataclass(frozen=True, slots=True)
class PresentationStop:
    """Nobody presents any more."""


@dataclass(frozen=True, slots=True)
class PresentationRevoked:
    """The reader may not present any more, and nobody else does."""


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A chat message: content that a careful client throws away unread."""

    origin: str
    uuid: str
    media_type: str
    payload: str
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Referred:
    """The reader shall go to another VMR: ask for a token there with this one instead of a PIN."""

    alias: str
    token: str


@dataclass(frozen=True, slots=True)
class CallDisconnected:
    """One call of the reader has ended, and why; the reader itself stays."""

    call: str
    reason: str


@dataclass(frozen=True, slots=True)
class CameraMoved:
    """Somebody moves the reader's camera: what to do along which (axis, direction) pairs, for how many milliseconds."""

    action: str
    movement: tuple[tuple[str, str], ...]
    timeout: float


@dataclass(frozen=True, slots=True)
class RefreshWanted:
    """The client should refresh its token now, for its role has changed."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """This token's own leg is gone, and why; the stream ends after it."""

    reason: str


StreamEvent = (
    ConferenceUpdate
    | SyncBegin
    | SyncEnd
    | ParticipantCreate
    | ParticipantUpdate
    | ParticipantDelete
    | Stage
    | PresentationStart
    | PresentationStop
    | PresentationRevoked
    | MessageReceived
    | Referred
    | CallDisconnected
    | CameraMoved
    | RefreshWanted
    | Disconnected
)


class EventStream:
    """One token's stream. `wake` is called on each new event; a reader that falls too far behind is cut off."""

    __slots__ = ("_events", "_limit", "ended", "leg", "wake")

    def __init__(self, leg: Leg, limit: int) -> None:
        self.leg = leg
        self.ended = False
        self.wake: Callable[[], None] | None = None
        self._events: list[StreamEvent] = []
        self._limit = limit

    def push(self, event: StreamEvent) -> None:
        """Append one event, unless the stream has ended."""
        if self.ended:
            return
        if len(self._events) >= self._limit:
            self.end()
            return
        self._events.append(event)
        if self.wake is not None:
            self.wake()

    def end(self) -> None:
        """No more events; what is queued may still be taken."""
        self.ended = True
        if self.wake is not None:
            self.wake()

    def take(self) -> list[StreamEvent]:
        """All events not yet taken, in order."""
        events, self._events = self._events, []
        return events


class SinkEventName(StrEnum):
    """Names of event sink events that the mock sends."""

    STARTED = "eventsink_started"
    UPDATED = "eventsink_updated"
    STOPPED = "eventsink_stopped"
    CONFERENCE_STARTED = "conference_started"
    CONFERENCE_UPDATED = "conference_updated"
    CONFERENCE_ENDED = "conference_ended"
    PARTICIPANT_CONNECTED = "participant_connected"
    PARTICIPANT_UPDATED = "participant_updated"
    PARTICIPANT_DISCONNECTED = "participant_disconnected"
    STREAMS_DESTROYED = "participant_media_streams_destroyed"


@dataclass(frozen=True, slots=True)
class ConferenceFacts:
    """What conference events of a sink and the status API say; `ended_at` only once it is over."""

    uuid: str
    name: str
    service_type: str
    tag: str
    born_at: float
    flags: Flags
    ended_at: float | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """A leg that ended: its last entry, why, when."""

    participant: Participant
    reason: str
    left_at: float


@dataclass(frozen=True, slots=True)
class SinkEvent:
    """One event of one sink at one node. `seq` counts from 1 since that sink (re)started on that node."""

    node: str
    seq: int
    time: float
    name: SinkEventName
    about: ConferenceFacts | Participant | Departure | None
