"""What a step of a scenario may do: the keys, and how each is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from pexip_mock.bodies import digits_of, fault_of, person_of
from pexip_mock.given import Given
from pexip_mock.wire import Json

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")


class Do(StrEnum):
    """What a step may do; its key in the file."""

    DIAL = "dial"
    LEAVE = "leave"
    DTMF = "dtmf"
    PIN = "pin"
    RENAME = "rename"
    PRESENT = "present"
    VIDEO = "video"
    LOCK = "lock"
    ADMIT = "admit"
    REMOVE = "remove"
    END = "end"
    FAULT = "fault"
    HEAL = "heal"
    NODE = "node"
    PLATFORM = "platform"
    FLAGS = "flags"
    CLOCK = "clock"
    VMR = "vmr"
    DELETE_VMR = "delete_vmr"


ON_SOMEBODY = frozenset({Do.LEAVE, Do.DTMF, Do.PIN, Do.RENAME, Do.PRESENT, Do.VIDEO, Do.ADMIT, Do.REMOVE})


@dataclass(frozen=True, slots=True)
class Action:
    """One deed. `who`: on whom or by whom; `body`: what the API is sent, or what says more."""

    do: Do
    who: str = ""
    body: Json = field(default_factory=dict)
    on: bool = True
    seconds: float = 0.0


def action_of(given: Given) -> Action | None:
    """What this step does; None when it only waits or looks."""
    doing = [do for do in Do if given.has(do)]
    if len(doing) > 1:
        given.wrong(
            doing[1], f"one step does one thing, and this one already has {doing[0]}: make it a step of its own"
        )
    return _ACTIONS[doing[0]](given, doing[0]) if doing else None


def duration(written: object) -> float | None:
    """Seconds of `90s`, `15m`, `1h30m` or a plain number; None for anything else."""
    if isinstance(written, int | float) and not isinstance(written, bool) and written >= 0:
        return float(written)
    found = _DURATION.fullmatch(written) if isinstance(written, str) and written else None
    if found is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def seconds_of(given: Given, name: str, default: float) -> float:
    """A duration, in seconds."""
    written = given.raw(name)
    seconds = default if written is None else duration(written)
    if seconds is None:
        given.wrong(name, 'must be a duration, as "5s", "15m" or "1h30m"')
        return default
    return seconds


def _inner(given: Given, do: Do) -> Given:
    return given.table(do) or Given({})


def _dial(given: Given, do: Do) -> Action:
    inner = _inner(given, do)
    person = person_of(inner, alias="as the step says")
    if inner.has("node") and not isinstance(inner.raw("node"), str | int):
        inner.wrong("node", "must be a node's address, or its number from 0")
    inner.close()
    return Action(do, person.name or person.number or "", inner.copy())


def _named(given: Given, do: Do) -> Action:
    return Action(do, given.text(do, needed=True))


def _deed(given: Given, do: Do) -> Action:
    """Somebody does something: `who`, and what the body of that press says."""
    inner = _inner(given, do)
    who = inner.text("who", needed=True)
    match do:
        case Do.DTMF:
            digits_of(inner)
        case Do.PIN:
            inner.text("pin", needed=True)
        case Do.RENAME:
            inner.text("name", needed=True)
        case _:
            inner.flag("on", True)
    inner.close()
    return Action(do, who, {key: value for key, value in inner.copy().items() if key != "who"})


def _switch(given: Given, do: Do) -> Action:
    on = given.flag(do, True)
    if do is not Do.LOCK and not on:
        given.wrong(do, "can only be true: leave the key out otherwise")
    return Action(do, on=on)


def _fault(given: Given, do: Do) -> Action:
    inner = _inner(given, do)
    body = inner.copy()
    if body.get("times") == "always":
        body["times"] = None
    judged = Given(body, inner.at, inner.faults)
    fault_of(judged)
    judged.close()
    return Action(do, body=body)


def _node(given: Given, do: Do) -> Action:
    inner = _inner(given, do)
    node = inner.raw("node") if do is Do.NODE else ""
    if do is Do.NODE and (not isinstance(node, str | int) or node == ""):
        inner.wrong("node", "is needed: a node's address, or its number from 0")
    says = [name for name in (("away", "maintenance") if do is Do.NODE else ("away",)) if inner.has(name)]
    body: Json = {name: inner.flag(name) for name in says}
    if not says:
        inner.wrong("away", "is needed: true or false")
    inner.close()
    return Action(do, str(node), body)


def _flags(given: Given, do: Do) -> Action:
    inner = _inner(given, do)
    body: Json = {name: inner.flag(name) for name in ("recording", "streaming", "transcribing") if inner.has(name)}
    if not body:
        inner.wrong("recording", "is needed, or streaming, or transcribing: true or false")
    inner.close()
    return Action(do, body=body)


def _clock(given: Given, do: Do) -> Action:
    inner = _inner(given, do)
    body: Json = {"rate": inner.number("rate", 1, most=100_000)} if inner.has("rate") else {}
    seconds = seconds_of(inner, "advance", 0.0)
    if not body and not inner.has("advance"):
        inner.wrong("advance", 'is needed, as "15m"; or give rate, a number')
    inner.close()
    return Action(do, body=body, seconds=seconds)


def _vmr(given: Given, do: Do) -> Action:
    inner = _inner(given, do)
    name = inner.text("name", needed=True)
    if not isinstance(inner.raw("aliases"), list):
        inner.wrong("aliases", 'is needed, as [{ alias = "visit@meet.example.org" }]')
    return Action(do, name, inner.copy())  # the rest is the configuration API's to judge


_ACTIONS: dict[Do, Callable[[Given, Do], Action]] = {
    Do.DIAL: _dial,
    Do.LEAVE: _named,
    Do.DTMF: _deed,
    Do.PIN: _deed,
    Do.RENAME: _deed,
    Do.PRESENT: _deed,
    Do.VIDEO: _deed,
    Do.LOCK: _switch,
    Do.ADMIT: _named,
    Do.REMOVE: _named,
    Do.END: _switch,
    Do.FAULT: _fault,
    Do.HEAL: _switch,
    Do.NODE: _node,
    Do.PLATFORM: _node,
    Do.FLAGS: _flags,
    Do.CLOCK: _clock,
    Do.VMR: _vmr,
    Do.DELETE_VMR: _named,
}
