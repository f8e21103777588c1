"""Calls from the platform to endpoints, as they are asked for: by a command, by a client, or by a VMR itself."""

from dataclasses import dataclass

from pexip_mock.people import KeepAlive, Role


@dataclass(frozen=True, slots=True)
class DialRequest:
    """Whom to call, as what, and how it shall appear.

    Unless `keep_alive` says otherwise, a recorder or a stream does not keep the conference alive, and any other does.
    """

    destination: str
    protocol: str = "sip"
    role: Role = Role.GUEST
    remote_display_name: str = ""
    streaming: bool = False
    keep_alive: KeepAlive | None = None
    audio_only: bool = False
    overlay_text: str | None = None


@dataclass(frozen=True, slots=True)
class AutomaticCall:
    """A call that a VMR places when its conference starts; without a `location`, from where it started."""

    id: int
    request: DialRequest
    location: str = ""
