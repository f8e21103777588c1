"""One meeting as the mock's own account shows it, and what of an expectation is not so yet."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pexip_mock.people import Where
from pexip_mock.scenario import After, Expect


@dataclass(frozen=True, slots=True)
class Person:
    """One connection of somebody, gone ones too."""

    participant: str
    name: str
    where: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """The meeting behind one alias. `people`: everybody who ever dialled or was dialled, oldest first."""

    conference: str
    people: tuple[Person, ...]
    running: bool
    started: bool
    locked: bool
    recorded: bool
    dialable: bool
    ever: frozenset[str]

    def participant(self, name: str) -> str | None:
        """The newest connection of somebody of this name who has not left."""
        return next(
            (one.participant for one in reversed(self.people) if one.name == name and one.where != Where.LEFT), None
        )

    def at(self, where: Where) -> list[str]:
        """Names of those who are there."""
        return sorted(one.name for one in self.people if one.where == where)


def sighting(state: Mapping[str, Any], alias: str) -> Sighting:
    """What `GET /mock/v1/state` says of this alias. Control-only connections are nobody."""
    vmrs = [vmr for vmr in state["vmrs"] if alias in vmr["aliases"]]
    names = {vmr["name"] for vmr in vmrs}
    meetings = [one for one in state["conferences"] if one["name"] in names or one["alias"] == alias]
    live = [one for one in meetings if one["endedAt"] is None]
    ids = {one["id"] for one in meetings}
    return Sighting(
        conference=live[-1]["id"] if live else "",
        people=tuple(
            Person(leg["id"], leg["name"], leg["where"])
            for one in meetings
            for leg in one["participants"]
            if leg["kind"] != "api"
        ),
        running=bool(live),
        started=any(one["started"] for one in live),
        locked=any(one["locked"] for one in live),
        recorded=any(one["recording"] or one["streaming"] or one["transcribing"] for one in live),
        dialable=any(vmr["dialable"] and all(vmr["dialable"].values()) for vmr in vmrs if not vmr["deleted"]),
        ever=frozenset(line["what"] for line in state["history"] if line["conference"] in ids),
    )


def lacks(seen: Sighting, expect: Expect, refused: int | None, faults_met: int) -> str | None:
    """What is not as expected, in words; None when all is."""
    return next(_lacking(seen, expect, refused, faults_met), None)


def happened(seen: Sighting, after: After) -> bool:
    """Whether what a step waits for is so."""
    if after.where is not None:
        return after.name in seen.at(after.where)
    match after.event:
        case "started":
            return seen.started
        case "locked":
            return seen.locked
        case "unlocked":
            return seen.running and not seen.locked and "locked" in seen.ever
        case "ended":
            return not seen.running and "ended" in seen.ever
        case _:
            return seen.dialable


def _lacking(seen: Sighting, expect: Expect, refused: int | None, faults_met: int) -> Iterator[str]:
    for where, wanted in (
        (Where.ARRIVING, expect.arriving),
        (Where.WAITING, expect.waiting),
        (Where.INSIDE, expect.inside),
    ):
        if wanted is not None and seen.at(where) != sorted(wanted):
            yield f"{where}: expected {_listed(wanted)}, found {_listed(seen.at(where))}"
    for name in expect.left or ():
        if name not in seen.at(Where.LEFT) or seen.participant(name) is not None:
            yield f"{name} has not left"
    for what in ("running", "started", "locked", "recorded", "dialable"):
        flag = getattr(expect, what)
        if flag is not None and getattr(seen, what) is not flag:
            yield f"it is {'not ' if flag else ''}{what}"
    if expect.refused is not None and refused != expect.refused:
        yield f"it was to be refused with {expect.refused}, but {_answer(refused)}"
    if expect.faults_met is not None and faults_met < expect.faults_met:
        yield f"the faults befell something {faults_met} times, expected {expect.faults_met}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nobody"


def _answer(refused: int | None) -> str:
    return "it was taken" if refused is None else f"was with {refused}"
