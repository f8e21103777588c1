"""Judges a meeting by Pexip's own account, and by nothing else.

Nothing of vmrd is imported here: what vmrd believes is no evidence for what it did. A *check* looks at one meeting and
answers with a sentence that says what is not so, or with None when all is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")

_WALL = ZoneInfo("Europe/London")
RELOCK_WITHIN = 3.0
"""Seconds within which an unlocked room must be locked again."""


@dataclass(frozen=True, slots=True)
class Vmr:
    """A configured room, deleted ones too. `dialable`: node -> whether it answers for the alias."""

    name: str
    tag: str
    deleted: bool
    dialable: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Leg:
    """One connection to the meeting, gone ones too. `entered`: whether it was ever inside."""

    id: str
    name: str
    kind: str
    where: str
    called_by_us: bool
    video: bool
    entered: bool

    @property
    def is_room(self) -> bool:
        """Whether it is a screen Pexip called for us: the prison room's."""
        return self.called_by_us and self.kind == "room-system"

    @property
    def is_control(self) -> bool:
        """Whether it is a connection without picture and sound that steers the meeting."""
        return self.kind == "api"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the account. `at`: seconds of machine time, which no business clock moves."""

    seq: int
    what: str
    participant: str
    at: float


@dataclass(frozen=True, slots=True)
class Meeting:
    """All that ever happened under one alias. `vmrs`: every room that ever had its tag."""

    vmrs: tuple[Vmr, ...]
    running: bool
    started: bool
    locked: bool
    recording: bool
    legs: tuple[Leg, ...]
    events: tuple[Event, ...]
    business: float

    def of(self, name: str) -> tuple[Leg, ...]:
        """The connections of somebody who calls themselves so."""
        return tuple(leg for leg in self.legs if leg.name == name)

    def at(self, what: str, legs: Iterable[Leg] | None = None) -> tuple[Event, ...]:
        """Events of one kind, in order; only those of these legs if any are given."""
        ids = None if legs is None else {leg.id for leg in legs}
        return tuple(event for event in self.events if event.what == what and (ids is None or event.participant in ids))


Check = Callable[[Meeting], str | None]


def meeting(state: Mapping[str, Any], alias: str) -> Meeting:
    """The meeting under this alias (without its domain), picked out of the mock's whole state."""
    tag = next((vmr["tag"] for vmr in state["vmrs"] if alias in _local_parts(vmr)), None)
    vmrs = [vmr for vmr in state["vmrs"] if tag is not None and vmr["tag"] == tag]
    names = {vmr["name"] for vmr in vmrs}
    conferences = [one for one in state["conferences"] if one["name"] in names]
    live = [one for one in conferences if one["endedAt"] is None]
    return Meeting(
        vmrs=tuple(Vmr(vmr["name"], vmr["tag"], vmr["deleted"], vmr["dialable"]) for vmr in vmrs),
        running=bool(live),
        started=any(one["started"] for one in live),
        locked=bool(live) and all(one["locked"] for one in live),
        recording=any(one["recording"] or one["streaming"] or one["transcribing"] for one in live),
        legs=tuple(_leg(leg) for one in conferences for leg in one["participants"]),
        events=tuple(
            Event(line["seq"], line["what"], line["participant"], line["elapsed"])
            for line in state["history"]
            if line["name"] in names
        ),
        business=state["businessMs"] / 1_000,
    )


def _local_parts(vmr: Mapping[str, Any]) -> set[str]:
    return {address.partition("@")[0] for address in vmr["aliases"]}


def _leg(leg: Mapping[str, Any]) -> Leg:
    return Leg(
        id=leg["id"],
        name=leg["name"],
        kind=leg["kind"],
        where=leg["where"],
        called_by_us=leg["outbound"],
        video=leg["has_video"],
        entered=leg["enteredAt"] is not None,
    )


def every(*checks: Callable[[T], str | None]) -> Callable[[T], str | None]:
    """All of these; the first that is not so is told."""

    def check(seen: T) -> str | None:
        return next((why for one in checks if (why := one(seen)) is not None), None)

    return check


def waits(*names: str) -> Check:
    """Each of them is held at the door and was never inside."""

    def check(seen: Meeting) -> str | None:
        for name in names:
            legs = [leg for leg in seen.of(name) if leg.where != "left"]
            if not legs:
                return f"{name} is not there"
            if any(leg.where != "waiting" or leg.entered for leg in legs):
                return f"{name} is not held at the door"
        return None

    return check


def never_inside(*names: str) -> Check:
    """None of them was ever inside, on any connection."""

    def check(seen: Meeting) -> str | None:
        return next(
            (
                f"{name} was inside"
                for name in names
                if any(leg.entered for leg in seen.of(name)) or seen.at("entered", seen.of(name))
            ),
            None,
        )

    return check


def gone(name: str) -> Check:
    """They came, and have left."""

    def check(seen: Meeting) -> str | None:
        if not seen.of(name):
            return f"{name} never came"
        return f"{name} is still there" if any(leg.where != "left" for leg in seen.of(name)) else None

    return check


def put_out_before_start(*names: str) -> Check:
    """They were gone before the meeting started, so the start let nobody of them in."""

    def check(seen: Meeting) -> str | None:
        started = seen.at("started")
        if not started:
            return "the meeting has not started"
        for name in names:
            left = seen.at("left", seen.of(name))
            if len(left) != len(seen.of(name)) or not left or left[-1].seq > started[0].seq:
                return f"{name} was not put out before the meeting started"
        return None

    return check


def inside_are(*names: str) -> Check:
    """Inside are these people, each once and with a picture, the prison room once, our control, and nobody else."""

    def check(seen: Meeting) -> str | None:
        if not seen.started:
            return "the meeting has not started"
        inside = [leg for leg in seen.legs if leg.where == "inside"]
        rooms = [leg for leg in inside if leg.is_room]
        if len(rooms) != 1:
            return "the prison room is not inside" if not rooms else "the prison room is inside more than once"
        people = [leg for leg in inside if not leg.is_room and not leg.is_control]
        if sorted(leg.name for leg in people) != sorted(names):
            return f"inside are {', '.join(sorted(leg.name for leg in people)) or 'no people'}"
        blank = next((leg.name for leg in people if not leg.video), None)
        return f"{blank} sends no picture" if blank else None

    return check


def not_started(seen: Meeting) -> str | None:
    """Nobody has started it."""
    return "the meeting has started" if seen.at("started") else None


def started_once(seen: Meeting) -> str | None:
    """It started exactly once and runs."""
    starts = len(seen.at("started"))
    if not seen.started:
        return "the meeting does not run"
    return None if starts == 1 else f"the meeting started {starts} times"


def unlocked(seen: Meeting) -> str | None:
    """It runs, and nobody has locked it."""
    return "the meeting is locked" if seen.locked or seen.at("locked") else None


def locked(seen: Meeting) -> str | None:
    """It is locked now."""
    return None if seen.locked else "the meeting is not locked"


def locked_throughout(seen: Meeting) -> str | None:
    """It is locked now and was not unlocked since it was first locked."""
    return locked(seen) or ("the meeting was unlocked in between" if seen.at("unlocked") else None)


def locked_again(seen: Meeting) -> str | None:
    """It was unlocked, was locked again soon after, and is locked now."""
    unlocks = seen.at("unlocked")
    if not unlocks:
        return "nobody unlocked the meeting"
    again = next((event for event in seen.at("locked") if event.seq > unlocks[-1].seq), None)
    if again is None:
        return "the meeting was not locked again"
    late = again.at - unlocks[-1].at
    if late > RELOCK_WITHIN:
        return f"the meeting was locked again only after {late:.1f} s"
    return locked(seen)


def was_unlocked(seen: Meeting) -> str | None:
    """Somebody unlocked it after it had been locked."""
    first = seen.at("locked")
    return None if first and any(e.seq > first[0].seq for e in seen.at("unlocked")) else "nobody unlocked the meeting"


def not_recorded(seen: Meeting) -> str | None:
    """Nothing records, streams or transcribes it."""
    return "the meeting is recorded, streamed or transcribed" if seen.recording else None


def one_vmr(seen: Meeting) -> str | None:
    """Exactly one room was ever made for this meeting."""
    return None if len(seen.vmrs) == 1 else f"{len(seen.vmrs)} rooms were made for the meeting"


def dialable(seen: Meeting) -> str | None:
    """Every node answers for the alias."""
    if not seen.vmrs:
        return "there is no room"
    silent = sum(not answers for vmr in seen.vmrs for answers in vmr.dialable.values())
    return f"{silent} nodes do not answer for the alias" if silent or not seen.vmrs[0].dialable else None


def clock_shows(at: time) -> Check:
    """The clock on the prison's wall shows this time, or later the same day."""

    def check(seen: Meeting) -> str | None:
        return None if datetime.fromtimestamp(seen.business, _WALL).time() >= at else f"it is not {at:%H:%M} yet"

    return check


def room_out_last(seen: Meeting) -> str | None:
    """It is over, and every person had left before the prison room did."""
    if seen.running or not seen.at("ended"):
        return "the meeting still runs"
    rooms = [leg for leg in seen.legs if leg.is_room and leg.entered]
    people = [leg for leg in seen.legs if not leg.is_room and not leg.is_control]
    out = seen.at("left", rooms)
    if not out:
        return "the prison room never left"
    first = out[-1].seq
    late = [leg.name for leg in people if any(event.seq > first for event in seen.at("left", [leg]))]
    return f"{late[0]} left after the prison room" if late else None


def deleted(seen: Meeting) -> str | None:
    """The room is gone from the configuration."""
    return None if seen.vmrs and all(vmr.deleted for vmr in seen.vmrs) else "the room still stands"


def dead(seen: Meeting) -> str | None:
    """No node answers for the alias any more, and no meeting runs under its name."""
    if seen.running:
        return "a meeting runs under the old name"
    answering = any(answers for vmr in seen.vmrs for answers in vmr.dialable.values())
    return deleted(seen) or ("a node still answers for the alias" if answering else None)


def never_came(name: str) -> Check:
    """Nobody of this name ever got as far as the door."""

    def check(seen: Meeting) -> str | None:
        return f"{name} got through to the meeting" if seen.of(name) else None

    return check
