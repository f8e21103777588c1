"""Reading the corpus, and telling each state the way Pexip's surfaces tell it (facts 1.9, 2.6.1, 4.4)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.lifecycle.story import TAG
from vmrd.lifecycle.inputs import Sighting
from vmrd.pexip.wire import ClientParticipant, PlatformParticipant

FOLDER = Path(__file__).parent
SURFACES = ("client", "platform")
LEG = "leg"

Carries = Literal["nothing", "audio", "video", "screen"]
Must = Literal["wait", "person", "ask", "out", "ours"]

_KBPS = {"nothing": 0, "audio": 64, "video": 1280, "screen": 300}
_PLATFORM_WORDS = {"webrtc": "WebRTC", "mssip": "MSSIP", "sip": "SIP", "h323": "H323", "api": "API"}


@dataclass(frozen=True, slots=True)
class State:
    """A leg as it is for a while."""

    protocol: str
    service_type: str
    role: str
    carries: Carries
    call_direction: str = "in"
    streaming: bool = False


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody, or something, that connects. `must` has one word for each state.

    `early_protocol`: how a web leg without media is spelled; `flag`: which of the platform's flags tells a recorder;
    `door`: what external policy is asked about the call; `skeleton_of`: whose name it is made to look like.
    """

    id: str
    group: str
    kind: str
    path: str
    must: tuple[Must, ...]
    display_name: str
    uri: str | None = None
    vendor: str = ""
    kbps: int | None = None
    tag: str = ""
    early_protocol: str | None = None
    flag: str = "is_streaming"
    surfaces: tuple[str, ...] = SURFACES
    our_room: bool = False
    door: dict[str, str] | None = None
    door_must: Must | None = None
    skeleton_of: str | None = None

    @property
    def address(self) -> str:
        """A web client's address is its name (facts 3.6)."""
        return self.display_name if self.uri is None else self.uri


def participants() -> list[Participant]:
    """Everybody, by file and in its order."""
    found: list[Participant] = []
    for file in sorted(FOLDER.glob("*.toml")):
        if file.name != "paths.toml":
            document = tomllib.loads(file.read_text(encoding="utf-8"))
            found += [_participant(document["defaults"] | entry) for entry in document["participant"]]
    return found


def paths() -> dict[str, tuple[State, ...]]:
    """How states follow each other."""
    document = tomllib.loads((FOLDER / "paths.toml").read_text(encoding="utf-8"))
    return {name: tuple(State(**step) for step in path["steps"]) for name, path in document.items()}


def told(who: Participant, states: tuple[State, ...], surface: str) -> Iterator[Sighting]:
    """Each state as this surface tells it, read by our mapping."""
    for state in states:
        if surface == "client":
            yield ClientParticipant.model_validate(_client(who, state)).sighting()
        else:
            yield PlatformParticipant.model_validate(_platform(who, state)).sighting()


def _participant(entry: dict[str, object]) -> Participant:
    for name in ("must", "surfaces"):
        if isinstance(listed := entry.get(name), list):
            entry[name] = tuple(listed)
    if entry.get("tag") == "ours":
        entry["tag"] = TAG
    return Participant(**entry)  # type: ignore[arg-type]


def _protocol(who: Participant, state: State) -> str:
    return who.early_protocol or state.protocol if state.carries == "nothing" else state.protocol


def _client(who: Participant, state: State) -> dict[str, object]:
    """A roster entry of the client API."""
    return {
        "uuid": LEG,
        "api_url": f"/participants/{LEG}",
        "display_name": who.display_name,
        "overlay_text": who.display_name,
        "uri": who.address,
        "local_alias": "hqzkwtrmvx@meet.example.org",
        "protocol": _protocol(who, state),
        "role": state.role,
        "service_type": state.service_type,
        "call_direction": state.call_direction,
        "start_time": 1795252504.51,
        "has_media": state.carries != "nothing",
        "is_audio_only_call": "YES" if state.carries == "audio" else "NO",
        "is_video_call": "YES" if state.carries == "video" else "NO",
        "is_muted": "NO",
        "is_video_muted": False,
        "is_presenting": "YES" if state.carries == "screen" else "NO",
        "is_streaming_conference": state.streaming,
        "encryption": "On",
        "call_tag": who.tag,
        "vendor": who.vendor,
    }


def _platform(who: Participant, state: State) -> dict[str, object]:
    """A participant of the status API or an event sink."""
    out = state.call_direction == "out"
    kbps = 0 if state.carries == "nothing" else who.kbps or _KBPS[state.carries]
    return {
        "uuid": LEG,
        "display_name": who.display_name,
        "source_alias": "hqzkwtrmvx@meet.example.org" if out else who.address,
        "destination_alias": who.address if out else "hqzkwtrmvx@meet.example.org",
        "protocol": _PLATFORM_WORDS.get(_protocol(who, state), _protocol(who, state).upper()),
        "role": state.role,
        "service_type": state.service_type,
        "call_direction": state.call_direction,
        "has_media": state.carries != "nothing",
        "rx_bandwidth": kbps,
        "tx_bandwidth": kbps,
        "is_presenting": state.carries == "screen",
        "is_streaming": state.streaming and who.flag == "is_streaming",
        "is_recording": state.streaming and who.flag == "is_recording",
        "is_transcribing": state.streaming and who.flag == "is_transcribing",
        "encryption": "On",
        "call_tag": who.tag,
        "vendor": who.vendor,
        "remote_address": "192.0.2.55",
    }
