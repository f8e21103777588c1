"""A running conference and the rules on who is held at its door.

Life of an instance: born with the first leg (unlocked, not started, a new UUID) → started by a Host with media or by
`start_conference` → locked and unlocked at will → gone with its last leg, and the lock with it.

Who is held (sections 3.3 and 3.4 of the platform's behaviour):

| caller | not started | started, unlocked | locked |
|---|---|---|---|
| Guest, dialled or dialling | held | in | held |
| came in with the Host PIN | in | in | in |
| Host of a VMR without Host PIN | in | in | held |
| dialled out to as Host, or let past the lock by policy | as its role | as its role | in |
"""

from dataclasses import dataclass, field

from pexip_mock.clockwork import Timer
from pexip_mock.people import KeepAlive, Leg, Role, Service
from pexip_mock.vmrs import Vmr

LIMIT_REACHED = "Participant limit reached"


@dataclass(frozen=True, slots=True)
class Banner:
    """The line of text that everybody sees, and since when (business epoch seconds; 0: there is none)."""

    text: str = ""
    set_at: float = 0.0


NO_BANNER = Banner()


@dataclass(frozen=True, slots=True)
class Flags:
    """The conference's own state as everybody sees it."""

    locked: bool = False
    started: bool = False
    guests_muted: bool = False
    recording: bool = False
    streaming: bool = False
    transcribing: bool = False
    guests_can_present: bool = True
    guests_can_unmute: bool = True
    banner: Banner = NO_BANNER


@dataclass(slots=True, eq=False)
class Conference:
    """One instance: its settings at birth, its flags, and its legs (`live` now, `legs` ever).

    `was_hosted`: a Host with media has been in it at some time.
    """

    uuid: str
    vmr: Vmr
    born_at: float
    flags: Flags
    legs: dict[str, Leg] = field(default_factory=dict)
    live: dict[str, Leg] = field(default_factory=dict)
    nodes: list[str] = field(default_factory=list)
    started_at: float | None = None
    ended_at: float | None = None
    ending: bool = False
    opened: bool = False
    guests_only: Timer | None = None
    backstop: Timer | None = None
    most_at_once: int = 0
    was_hosted: bool = False

    @property
    def name(self) -> str:
        """The VMR's name, by which all surfaces call it."""
        return self.vmr.name

    def is_full(self, control_counts: bool) -> bool:
        """Whether the participant limit is reached; whether control-only legs count against it is an assumption.

        A leg that was dialled takes no place while it rings.
        """
        limit = self.vmr.participant_limit
        here = [leg for leg in self.live.values() if leg.shown.service is not Service.CONNECTING]
        counted = sum(1 for leg in here if control_counts or leg.shown.has_media or leg.awaiting_media)
        return limit is not None and counted >= limit


def must_hold(conference: Conference, leg: Leg) -> bool:
    """Whether this leg is held at the door now."""
    flags = conference.flags
    if leg.role is Role.CHAIR:
        has_host_pin = bool(conference.vmr.pin)
        return flags.locked and not (has_host_pin or leg.bypasses_lock)
    if not flags.started:
        return True
    return flags.locked and not leg.bypasses_lock


def must_mute(conference: Conference, leg: Leg) -> bool:
    """Whether this leg comes in muted: Guests do while Guests are."""
    return leg.shown.muted or (conference.flags.guests_muted and leg.role is Role.GUEST)


def is_hosted(conference: Conference, control_host_keeps_alive: bool) -> bool:
    """Whether somebody inside keeps the Guests from being sent home."""
    return any(
        leg.hosts
        or (control_host_keeps_alive and leg.started_it and leg.shown.role is Role.CHAIR and not leg.shown.has_media)
        for leg in conference.live.values()
    )


def can_live_on(conference: Conference) -> bool:
    """Whether anybody in it may keep the instance alive: recorders, and lone dialled legs, may not."""
    lesser = 0
    for leg in conference.live.values():
        if leg.keep_alive is KeepAlive.ALWAYS:
            return True
        if leg.keep_alive is KeepAlive.IF_MULTIPLE and leg.shown.service is not Service.CONNECTING:
            lesser += 1
    return lesser > 1
