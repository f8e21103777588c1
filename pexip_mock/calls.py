"""Calls from the platform to endpoints, as they are asked for: by a command, by a client, or by a VMR itself."""

from dataclasses import dataclass

from pexip_mock.people import KeepAlive, Role


@dataclass(frozen=True, slots=True)
class DialRequest:
    """Whom to call, as what, and how it shall appear."""

    destination: str
    protocol: str = "sip"
    role: Role = Role.GUEST
    remote_display_name: str = ""
    streaming: bool = False
    keep_alive: KeepAlive = KeepAlive.ALWAYS
    audio_only: bool = False


@dataclass(frozen=True, slots=True)
class AutomaticCall:
    """A call that a VMR places when its conference starts; without a `location`, from where it started."""

    id: int
    request: DialRequest
    location: str = ""
