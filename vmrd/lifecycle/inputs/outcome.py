"""What became of a command."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class VmrEnsured:
    """The vmr of this generation stands in Pexip with our alias, PINs and settings."""

    generation: int


@dataclass(frozen=True, slots=True)
class AliasProbed:
    """How many of the conferencing nodes answer for the alias; `unreached` ones have said nothing either way."""

    generation: int
    answering: int
    nodes: int
    unreached: int = 0


@dataclass(frozen=True, slots=True)
class RoomCalled:
    """Our call to the prison room's endpoint is the leg `leg`."""

    leg: str


@dataclass(frozen=True, slots=True)
class VmrDeleted:
    generation: int


@dataclass(frozen=True, slots=True)
class CommandDone:
    """Pexip took the command. What it did is known only when Pexip shows it."""

    key: str


class Failure(StrEnum):
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    EXPIRED = "expired"
    GONE = "gone"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class CommandFailed:
    key: str
    why: Failure


CommandOutcome = VmrEnsured | AliasProbed | RoomCalled | VmrDeleted | CommandDone | CommandFailed
