"""Vendor JSON becomes our values here, and nowhere else; past this module there are only our own dataclasses.

Reading is tolerant: unknown fields are ignored, missing or odd ones take the value that keeps the light dark. Two
things are required, because guessing them would hide something: a leg's uuid, and whether a conference is locked and
started. A list with one unreadable leg is unreadable as a whole: half a roster must never look complete.

| ours         | client API                                     | status API and event sinks                      |
|--------------|------------------------------------------------|-------------------------------------------------|
| `leg`        | `uuid`                                         | `id`, `uuid`                                    |
| `address`    | `uri`                                          | `source_alias`; of a leg dialled out, the other |
| `where`      | `service_type`                                 | `service_type`, `current_service_type`          |
| `audio_only` | `is_audio_only_call`                           | media at no more than 128 kbit/s                |
| `has_video`  | media, `is_video_call` and not `is_video_muted` | media above 128 kbit/s                          |
| `streaming`  | `is_streaming_conference`, protocol rtmp       | `is_streaming`, `is_recording`, protocol rtmp   |
| `encrypted`  | `encryption`; a leg that is control only is    | the same                                        |
| `place`      | not told                                       | `remote_address`                                |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from vmrd.lifecycle.inputs import Protocol, Sighting
from vmrd.pexip import words
from vmrd.pexip.errors import Malformed

AUDIO_KBPS = 128  # a phone call takes about 64 (facts 3.6); these surfaces have no flag for it

T = TypeVar("T")


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _kbps(value: object) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


Text = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool, BeforeValidator(words.truth)]
Kbps = Annotated[int, BeforeValidator(_kbps)]
Id = Annotated[str, Field(min_length=1, max_length=200)]


class Vendor(BaseModel):
    """Anything Pexip sends. It shows nothing of itself, since it may be personal or secret and a repr ends in a log."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    def __repr_args__(self) -> tuple[()]:
        return ()


class Meta(Vendor):
    """Paging of a management list (facts 1.2)."""

    next: str | None = None


class Page(Vendor, Generic[T]):
    """One page of a management list."""

    meta: Meta
    objects: list[T]


class Envelope(Vendor, Generic[T]):
    """What the client API wraps its results in. Its `status` says nothing that the HTTP status does not (facts 2.1)."""

    result: T


class ClientParticipant(Vendor):
    """A roster entry of the client API (facts 2.6.1)."""

    uuid: Id
    display_name: Text = ""
    uri: Text = ""
    protocol: Text = ""
    role: Text = ""
    service_type: Text = ""
    call_direction: Text = ""
    has_media: Flag = False
    is_audio_only_call: Flag = False
    is_video_call: Flag = False
    is_video_muted: Flag = False
    is_presenting: Flag = False
    is_streaming_conference: Flag = False
    encryption: Text = ""
    call_tag: Text = ""
    vendor: Text = ""

    def sighting(self) -> Sighting:
        """This leg in our words."""
        protocol = words.protocol(self.protocol, self.has_media)
        return Sighting(
            leg=self.uuid,
            name=self.display_name,
            address=self.uri,
            protocol=protocol,
            dialled_out=self.call_direction.lower() == "out",
            role=words.role(self.role),
            where=words.where(self.service_type),
            has_media=self.has_media,
            has_video=self.has_media and self.is_video_call and not self.is_audio_only_call and not self.is_video_muted,
            audio_only=self.is_audio_only_call,
            streaming=self.is_streaming_conference or protocol is Protocol.STREAMING,
            encrypted=words.truth(self.encryption) or protocol is Protocol.CONTROL,
            presenting=self.is_presenting,
            call_tag=self.call_tag,
            vendor=self.vendor,
        )


class PlatformParticipant(Vendor):
    """A participant of the status API (facts 1.9) or of an event sink, version 1 or 2 (facts 4.4)."""

    leg: Id = Field(validation_alias=AliasChoices("id", "uuid"))
    display_name: Text = ""
    source_alias: Text = ""
    destination_alias: Text = ""
    participant_alias: Text = ""
    protocol: Text = ""
    role: Text = ""
    service_type: Text = Field(default="", validation_alias=AliasChoices("service_type", "current_service_type"))
    call_direction: Text = ""
    has_media: Flag = False
    bandwidth: Kbps = 0
    rx_bandwidth: Kbps = 0
    tx_bandwidth: Kbps = 0
    is_presenting: Flag = False
    is_streaming: Flag = False
    is_recording: Flag = False
    is_transcribing: Flag = False
    encryption: Text = ""
    call_tag: Text = ""
    vendor: Text = ""
    remote_address: Text = ""

    def sighting(self) -> Sighting:
        """This leg in our words. For a leg dialled out the remote end is the destination (facts 3.6)."""
        protocol = words.protocol(self.protocol, self.has_media)
        dialled_out = self.call_direction.lower() == "out"
        kbps = max(self.bandwidth, self.rx_bandwidth, self.tx_bandwidth)
        remote = self.destination_alias if dialled_out else self.source_alias
        return Sighting(
            leg=self.leg,
            name=self.display_name,
            address=remote or self.participant_alias,
            protocol=protocol,
            dialled_out=dialled_out,
            role=words.role(self.role),
            where=words.where(self.service_type),
            has_media=self.has_media,
            has_video=self.has_media and kbps > AUDIO_KBPS,
            audio_only=self.has_media and 0 < kbps <= AUDIO_KBPS,
            streaming=self.is_streaming or self.is_recording or self.is_transcribing or protocol is Protocol.STREAMING,
            encrypted=words.truth(self.encryption) or protocol is Protocol.CONTROL,
            presenting=self.is_presenting,
            call_tag=self.call_tag,
            vendor=self.vendor,
            place=self.remote_address,
        )


class ClientConference(Vendor):
    """`conference_status`, and the event `conference_update` (facts 2.4)."""

    locked: bool
    started: bool
    recording: Flag = False
    transcribing: Flag = False
    streaming: Flag = False
    public_streaming: Flag = False
    ai_enabled: Flag = False

    def state(self) -> ConferenceState:
        """Lock, start, and whether what is said leaves the room in any other way than to its legs."""
        kept = self.recording or self.transcribing or self.streaming or self.public_streaming or self.ai_enabled
        return ConferenceState(self.locked, self.started, kept)


@dataclass(frozen=True, slots=True)
class ConferenceState:
    """A running conference's own state. `recording`: it says it is recorded, streamed or transcribed."""

    locked: bool
    started: bool
    recording: bool


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody in a conference and its state, from one read or one synchronisation; complete."""

    sightings: tuple[Sighting, ...]
    locked: bool
    started: bool
    recording: bool


def roster(state: ConferenceState, sightings: tuple[Sighting, ...]) -> Roster:
    """One value of a conference's state and everybody in it."""
    return Roster(sightings, state.locked, state.started, state.recording)


def parse(adapter: TypeAdapter[T], body: bytes | str, what: str) -> T:
    """`body` as JSON of this shape. Raises Malformed(what), without the text that pydantic would quote."""
    try:
        return adapter.validate_json(body)
    except ValidationError:
        pass
    raise Malformed(what)
