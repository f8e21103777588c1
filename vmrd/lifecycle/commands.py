"""What the core asks of the world: imperative, absolute, safe to repeat.

Commands carry no secret: PINs, tokens and endpoint addresses are looked up by the dispatcher. `key` names the target:
within a session a newer command with the same key replaces an unsent older one, and the outcome is reported under it.
`lasting` commands never expire; the others are dropped after `Rules.command_ttl` and reported as expired.

| lane         | carried by                                  | commands                                               |
|--------------|---------------------------------------------|--------------------------------------------------------|
| lock         | client API with our control token; fallback | lock, unlock, end: never behind anything slow          |
| live         | client API with our control token; fallback | start, admit, disconnect, release                      |
| provisioning | management API                              | ensure, probe, call room, delete, end a stray instance |
| notify       | signed callback to the booking system       | tell                                                   |
| mail         | email to whoever booked                     | write                                                  |
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vmrd.lifecycle.words import Letter


class Lane(StrEnum):
    LOCK = "lock"
    LIVE = "live"
    ROOM = "room"
    PROVISIONING = "provisioning"
    NOTIFY = "notify"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class EnsureVmr:
    """A vmr of this generation stands in Pexip with our alias, PINs and settings; make it if it does not.

    `guests_present`: whether Pexip lets Guests show a screen in it.
    """

    generation: int
    name: str
    alias: str
    guests_present: bool = True


@dataclass(frozen=True, slots=True)
class ProbeAlias:
    """Ask every node once whether it knows the alias, without a PIN so that nobody is created."""

    generation: int
    alias: str


@dataclass(frozen=True, slots=True)
class DeleteVmr:
    generation: int
    name: str


@dataclass(frozen=True, slots=True)
class EndInstance:
    """Disconnect whatever runs under this vmr's name, without ever asking for a token."""

    name: str


@dataclass(frozen=True, slots=True)
class StartConference:
    pass


@dataclass(frozen=True, slots=True)
class SetLock:
    locked: bool


@dataclass(frozen=True, slots=True)
class AdmitLeg:
    leg: str


@dataclass(frozen=True, slots=True)
class DisconnectLeg:
    leg: str


@dataclass(frozen=True, slots=True)
class EnsureEndpointInside:
    """Call the prison room's endpoint as chair, unless a former call of ours is already there."""

    address: str


@dataclass(frozen=True, slots=True)
class EndConference:
    """Disconnect everybody."""


@dataclass(frozen=True, slots=True)
class ReleaseControl:
    """Give our control token back; our leg leaves."""


@dataclass(frozen=True, slots=True)
class WipeSecrets:
    """PINs and tokens of the session are destroyed."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the booking system. `seq` orders what one session said; the body is made when it is sent."""

    event: str
    seq: int


@dataclass(frozen=True, slots=True)
class Write:
    """Email whoever booked. `seq`: as in `Tell`. Text and address are looked up when it is sent."""

    letter: Letter
    seq: int


Command = (
    EnsureVmr
    | ProbeAlias
    | DeleteVmr
    | EndInstance
    | StartConference
    | SetLock
    | AdmitLeg
    | DisconnectLeg
    | EnsureEndpointInside
    | EndConference
    | ReleaseControl
    | WipeSecrets
    | Tell
    | Write
)


LETTER = "letter:"
"""What the key of every letter begins with."""


def target(command: Command, booking_id: str) -> str:
    """Which of its lane's targets a command goes to, where the lane has several: a booking system, for a callback."""
    return booking_id.partition(":")[0] if isinstance(command, Tell) else ""


def lane(command: Command) -> Lane:
    """Which lane carries the command; one lane's stuck target never holds up another."""
    match command:
        case SetLock() | EndConference():
            return Lane.LOCK
        case EnsureEndpointInside():
            return Lane.ROOM
        case EnsureVmr() | ProbeAlias() | DeleteVmr() | EndInstance() | WipeSecrets():
            return Lane.PROVISIONING
        case Tell():
            return Lane.NOTIFY
        case Write():
            return Lane.MAIL
        case _:
            return Lane.LIVE


def key(command: Command) -> str:
    """The target a command is absolute about; also the key its outcome comes back under."""
    match command:
        case EnsureVmr(generation=generation):
            return f"ensure:{generation}"
        case ProbeAlias(generation=generation):
            return f"probe:{generation}"
        case DeleteVmr(generation=generation):
            return f"delete:{generation}"
        case EndInstance():
            return "end-instance"
        case StartConference():
            return "start"
        case SetLock():
            return "lock"
        case AdmitLeg(leg=leg):
            return f"admit:{leg}"
        case DisconnectLeg(leg=leg):
            return f"remove:{leg}"
        case EnsureEndpointInside():
            return "room"
        case EndConference():
            return "end"
        case ReleaseControl():
            return "release"
        case WipeSecrets():
            return "wipe"
        case Tell(event=event, seq=seq):
            return f"tell:{seq}:{event}"
        case Write(seq=seq):
            return f"{LETTER}{seq}"


def lasting(command: Command) -> bool:
    """Whether the command stays wanted however late it is carried out: what makes a room safe never expires."""
    match command:
        case SetLock(locked=True) | DisconnectLeg() | EndConference() | EnsureVmr():
            return True
        case _:
            return kept(command)


def kept(command: Command) -> bool:
    """Whether the dispatcher keeps the command until it succeeds.

    The others get one try each and the core asks again while it still wants the effect: one retry loop per command,
    never two on top of each other.
    """
    match command:
        case DeleteVmr() | EndInstance() | WipeSecrets() | ReleaseControl() | Tell() | Write():
            return True
        case _:
            return False
