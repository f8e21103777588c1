"""Facts about the vmr, our own connection to Pexip, and what was asked of it."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.inputs import Failure
from vmrd.lifecycle.words import Instant


@dataclass(frozen=True, slots=True)
class VmrCreated:
    generation: int
    at: Instant


@dataclass(frozen=True, slots=True)
class AliasAnswered:
    answering: int
    nodes: int


@dataclass(frozen=True, slots=True)
class VmrReplaced:
    """A new link and Host PIN: the former were burnt or blocked."""

    generation: int
    alias: str
    by: str


@dataclass(frozen=True, slots=True)
class ControlWanted:
    """From now on the meeting is watched: its start is near, or somebody is already waiting."""


@dataclass(frozen=True, slots=True)
class TagUsed:
    tag: str


@dataclass(frozen=True, slots=True)
class ControlHeld:
    leg: str


@dataclass(frozen=True, slots=True)
class OrderAdvanced:
    """A new event stream began; what an older one still says can only darken."""

    generation: int
    number: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Something was asked of Pexip; `key` is the command's."""

    key: str
    at: Instant


@dataclass(frozen=True, slots=True)
class AskEnded:
    """What was asked has shown, or is no longer wanted."""

    key: str


@dataclass(frozen=True, slots=True)
class AskFailed:
    key: str
    why: Failure


@dataclass(frozen=True, slots=True)
class PinBurnt:
    """A Host nobody expected came in: the Host PIN is known to somebody else."""

    leg: str


@dataclass(frozen=True, slots=True)
class SeenEmpty:
    at: Instant


@dataclass(frozen=True, slots=True)
class EmptinessBroken:
    """Somebody was seen again after the conference had looked empty."""


@dataclass(frozen=True, slots=True)
class VmrGone:
    """The vmr is deleted; nodes may answer for its alias until replication is through."""

    at: Instant


@dataclass(frozen=True, slots=True)
class StrayInstanceSeen:
    """A conference came up under a dead session's name; it is disconnected."""

    instance: str


@dataclass(frozen=True, slots=True)
class LinkDead:
    """No node answers for the alias any more: the link cannot be used again."""

    at: Instant


@dataclass(frozen=True, slots=True)
class SecretsWiped:
    """PINs and tokens of the session are destroyed."""
