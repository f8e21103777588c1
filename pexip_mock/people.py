"""What participants look like: the kinds of callers, the legs they own, and the roster entry everybody sees.

A leg is the mock's own book-keeping of one call; its `shown` is the immutable roster entry that nodes copy, so an event
can carry it without copying it again.

Where a leg is: *arriving* (ringing, at the PIN screen, or a web caller whose media is not up), *waiting* (held),
*inside*, *left*.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pexip_mock.clockwork import Timer

if TYPE_CHECKING:
    from pexip_mock.events import EventStream
    from pexip_mock.meetings import Conference
    from pexip_mock.vmrs import Vmr


class Kind(StrEnum):
    """What somebody calls with; `API` is a control-only leg."""

    BROWSER = "browser"
    APP = "app"
    ROOM_SYSTEM = "room-system"
    SKYPE = "skype"
    PHONE = "phone"
    TEAMS = "teams"
    MEET = "meet"
    RECORDER = "recorder"
    H323 = "h323"
    API = "api"


class Role(StrEnum):
    """Host and Guest, in the words of the roster."""

    CHAIR = "chair"
    GUEST = "guest"
    UNKNOWN = "unknown"


class Service(StrEnum):
    """Where the platform says a leg is; waiting is nothing but one of these."""

    CONNECTING = "connecting"
    IVR = "ivr"
    WAITING_ROOM = "waiting_room"
    CONFERENCE = "conference"


class Where(StrEnum):
    """Where a leg is, in the words of the mock's own account."""

    ARRIVING = "arriving"
    WAITING = "waiting"
    INSIDE = "inside"
    LEFT = "left"


class KeepAlive(StrEnum):
    """Whether a dialled leg keeps its conference alive."""

    ALWAYS = "keep_conference_alive"
    IF_MULTIPLE = "keep_conference_alive_if_multiple"
    NEVER = "keep_conference_alive_never"


class Carries(StrEnum):
    """What one call of a web client carries: its own voice and picture, or a presentation beside it."""

    MAIN = "main"
    SENDS_PRESENTATION = "send"
    RECEIVES_PRESENTATION = "receive"


@dataclass(frozen=True, slots=True)
class Traits:
    """How one kind of caller appears on the platform."""

    protocol: str
    vendor: str
    has_video: bool = True
    web: bool = False
    fecc: bool = False
    presents: bool = True
    transfers: bool = True
    streaming: bool = False
    external: bool = False
    bandwidth: int = 2048


TRAITS: dict[Kind, Traits] = {
    Kind.BROWSER: Traits("webrtc", "Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0", web=True),
    Kind.APP: Traits("webrtc", "Pexip Infinity Connect/1.13.0 (Windows NT 10.0)", web=True),
    Kind.ROOM_SYSTEM: Traits("sip", "TANDBERG/529 (ce11.14.2)", fecc=True),
    Kind.SKYPE: Traits("mssip", "UCCAPI/16.0 (Skype for Business)", transfers=False, external=True, bandwidth=1024),
    Kind.TEAMS: Traits("teams", "Microsoft Teams", transfers=False, external=True, bandwidth=1024),
    Kind.MEET: Traits("gms", "Google Meet", transfers=False, external=True, bandwidth=1024),
    Kind.PHONE: Traits("sip", "Session Border Controller", has_video=False, presents=False, bandwidth=64),
    Kind.RECORDER: Traits("sip", "Recording Server", streaming=True, presents=False),
    Kind.H323: Traits("h323", "Polycom/RealPresence", fecc=True),
    Kind.API: Traits("api", "", has_video=False, bandwidth=0),
}


@dataclass(frozen=True, slots=True)
class Participant:
    """One roster entry as the nodes show it. Times are business epoch seconds, bandwidth is kbit/s.

    `conversation` is shared by all legs of one caller, and `related` names the others of them; `external_node` by all
    who come from one foreign meeting. `control_word` and `remote_is_destination` are how this platform describes legs
    without media and legs it dialled (assumptions).
    """

    uuid: str
    conference: str
    display_name: str
    uri: str
    local_alias: str
    protocol: str
    role: Role
    service: Service
    outbound: bool
    start_time: float
    node: str
    tag: str
    call_tag: str
    vendor: str
    has_media: bool = False
    audio_only: bool = False
    video: bool = False
    muted: bool = False
    client_muted: bool = False
    video_muted: bool = False
    presenting: bool = False
    can_present: bool = True
    fecc: bool = False
    transfers: bool = True
    streaming: bool = False
    rx_presentation: bool = True
    buzz_time: float = 0.0
    spotlight: float = 0.0
    encrypted: bool = True
    bandwidth: int = 0
    overlay_text: str | None = None
    presentation_in_mix: bool = False
    direct_chat: bool = False
    transferring: bool = False
    location: str = ""
    conversation: str = ""
    related: tuple[str, ...] = ()
    external_node: str = ""
    control_word: str = "API"
    remote_is_destination: bool = True

    @property
    def admin_protocol(self) -> str:
        """The protocol as status and sinks write it, unlike the client API."""
        if self.protocol == "api":
            return self.control_word
        return "WebRTC" if self.protocol == "webrtc" else self.protocol.upper()

    @property
    def aliases(self) -> tuple[str, str]:
        """Source and destination alias as status and sinks give them."""
        theirs_last = self.outbound and self.remote_is_destination
        return (self.local_alias, self.uri) if theirs_last else (self.uri, self.local_alias)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who dials: what they dial, what they call themselves, with what, and the PIN they know.

    `chat_leg`: a second leg without media comes with them, as some clients bring for their chat.
    """

    alias: str
    name: str
    kind: Kind = Kind.BROWSER
    pin: str | None = None
    number: str | None = None
    node: str | None = None
    call_tag: str = ""
    chat_leg: bool = False
    idp_attributes: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True, eq=False)
class Leg:
    """One call and what only the platform itself knows about it.

    `role` is what the leg will be once let in, which the roster need not show yet; `door` is the VMR, as its node knew
    it, at whose PIN screen the leg stands.
    """

    shown: Participant
    kind: Kind
    node: str
    conference: "Conference"
    role: Role
    bypasses_lock: bool = False
    awaiting_media: bool = False
    keep_alive: KeepAlive = KeepAlive.ALWAYS
    started_it: bool = False
    door: "Vmr | None" = None
    pin_tries: int = 0
    typed: str = ""
    admitting: bool = False
    admitted_alone: bool = False
    waiting_timer: Timer | None = None
    ivr_timer: Timer | None = None
    expiry: Timer | None = None
    granted_at: float = 0.0
    tokens: list[str] = field(default_factory=list)
    calls: dict[str, "Carries"] = field(default_factory=dict)
    stream: "EventStream | None" = None
    entered_at: float | None = None
    left_at: float | None = None
    reason: str = ""

    @property
    def uuid(self) -> str:
        """The participant UUID, the same on every surface."""
        return self.shown.uuid

    @property
    def where(self) -> Where:
        """Where the leg is now."""
        if self.left_at is not None:
            return Where.LEFT
        if self.awaiting_media or self.shown.service in (Service.CONNECTING, Service.IVR):
            return Where.ARRIVING
        return Where.WAITING if self.shown.service is Service.WAITING_ROOM else Where.INSIDE

    @property
    def hosts(self) -> bool:
        """A Host inside, with media: what starts a conference and keeps its Guests."""
        shown = self.shown
        return shown.service is Service.CONFERENCE and shown.role is Role.CHAIR and shown.has_media


def address_of(person: Person) -> str:
    """The remote URI under which this person appears."""
    match person.kind:
        case Kind.BROWSER | Kind.APP | Kind.API:
            return person.name
        case Kind.PHONE:
            return f"sip:{person.number or '+441632960000'}@sbc.example.org"
        case Kind.H323:
            return person.number or "203.0.113.40"
        case Kind.ROOM_SYSTEM | Kind.SKYPE | Kind.TEAMS | Kind.MEET | Kind.RECORDER:
            if person.number:
                return f"sip:{person.number}"
            slug = "".join(c if c.isalnum() else "-" for c in person.name.lower()).strip("-") or "unnamed"
            return f"sip:{slug}@rooms.example.org"
