"""A scenario on file: who does what, when, and what must then be so. `docs/scenarios.md` describes the format.

Reading it finds every fault at once, each named with its line, its step and what to write instead.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from pexip_mock.given import BadInput, Given
from pexip_mock.people import Where
from pexip_mock.scenario_actions import ON_SOMEBODY, Action, Do, action_of, duration, seconds_of
from pexip_mock.scenario_places import Places

SOON_S = 5.0
PATIENCE_S = 60.0
_SOMEBODY = re.compile(r"(?P<name>.+) (?:is|has) (?P<where>arriving|waiting|inside|left)")
_EVENTS = ("started", "locked", "unlocked", "ended", "dialable")


@dataclass(frozen=True, slots=True)
class Expect:
    """What must be so; None where a step says nothing. People by name, `inside` and the like without anybody else.

    `left`: these have gone, whoever else has. `refused`: the status with which what this step does is refused.
    `faults_met`: how often, at least, the faults this scenario ordered befell something. `within`: business seconds.
    """

    arriving: tuple[str, ...] | None = None
    waiting: tuple[str, ...] | None = None
    inside: tuple[str, ...] | None = None
    left: tuple[str, ...] | None = None
    running: bool | None = None
    started: bool | None = None
    locked: bool | None = None
    recorded: bool | None = None
    dialable: bool | None = None
    refused: int | None = None
    faults_met: int | None = None
    within: float = SOON_S


@dataclass(frozen=True, slots=True)
class After:
    """What is waited for: one of the events, or somebody (`name`) being somewhere (`where`). `within`: seconds."""

    event: str = ""
    name: str = ""
    where: Where | None = None
    within: float = PATIENCE_S


@dataclass(frozen=True, slots=True)
class Step:
    """One step: wait for its instant (`at`, seconds from T) or for `after`, do something, expect something."""

    title: str
    alias: str
    at: float | None
    after: After | None
    action: Action | None
    expect: Expect | None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A file that was read. `steps` are played in order; `acts` only when they are called by name."""

    title: str
    steps: tuple[Step, ...]
    acts: Mapping[str, tuple[Step, ...]]


class BadScenario(ValueError):  # reads as what it is
    """The file cannot be played; `lines` names every fault with its place."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def read_scenario(content: str) -> Scenario:
    """A scenario as it is written. Raises BadScenario with all its faults."""
    try:
        table = tomllib.loads(content)
    except tomllib.TOMLDecodeError as fault:
        raise BadScenario([f"this is no TOML: {fault}"]) from None
    given = Given(table)
    title, alias = given.text("title", needed=True), given.text("alias")
    steps = _steps(given.tables("step"), alias)
    acts: dict[str, tuple[Step, ...]] = {}
    for act in given.tables("act"):
        name = act.text("name", needed=True)
        if name in acts:
            act.wrong("name", "another act has this name: give it one of its own")
        acts[name] = _steps(act.tables("step"), alias, alias_comes_later=True)
        if not acts[name]:
            act.wrong("", "has no steps: give it at least one [[act.step]]")
        act.close()
    if not steps and not acts:
        given.wrong("", "has no steps: give it at least one [[step]]")
    given.close()
    try:
        given.check()
    except BadInput as bad:
        places = Places(content)
        raise BadScenario([places.told(fault) for fault in bad.faults]) from None
    return Scenario(title, steps, acts)


def _steps(tables: list[Given], alias: str, *, alias_comes_later: bool = False) -> tuple[Step, ...]:
    steps, latest = [], 0.0
    for given in tables:
        step = _step(given, alias)
        if step.at is not None:
            if step.at < latest:
                given.wrong("at", "is before the step above it: steps are played in the order of the file")
            latest = step.at
        if not step.alias and not alias_comes_later and _needs_alias(step):
            given.wrong("alias", "is needed: write it here, or once at the top of the file")
        steps.append(step)
    return tuple(steps)


def _needs_alias(step: Step) -> bool:
    if step.action is None or (step.action.do is Do.DIAL and "alias" in step.action.body):
        return step.after is not None
    return step.after is not None or step.action.do in (Do.DIAL, Do.LOCK, Do.END, Do.FLAGS, *ON_SOMEBODY)


def _step(given: Given, alias: str) -> Step:
    alias = given.text("alias", alias)
    title = given.text("title")
    at = _instant(given)
    after = _after(given)
    expected = given.table("expect")
    expect = _expect(expected) if expected is not None else None
    action = action_of(given)
    if action is None and expect is None and at is None and after is None:
        given.wrong("", f"does nothing and expects nothing: give it expect, or one of {', '.join(Do)}")
    given.close()
    return Step(title or _title(action, expect), alias, at, after, action, expect)


def _instant(given: Given) -> float | None:
    written = given.raw("at")
    if written is None:
        return None
    seconds = duration(written.removeprefix("T+")) if isinstance(written, str) and written.startswith("T+") else None
    if seconds is None:
        given.wrong("at", 'must be an instant after the beginning, as "T+90s" or "T+15m"')
    return seconds


def _after(given: Given) -> After | None:
    within = seconds_of(given, "within", PATIENCE_S)
    written = given.text("after")
    if not written:
        if given.has("within"):
            given.wrong(
                "within", "says how long after is waited for, and there is no after: give expect its own within"
            )
        return None
    somebody = _SOMEBODY.fullmatch(written)
    if somebody is not None:
        return After(name=somebody["name"], where=Where(somebody["where"]), within=within)
    if written not in _EVENTS:
        given.wrong("after", f'must be one of {", ".join(_EVENTS)}, or as "NAME is waiting" (arriving, inside, left)')
    return After(event=written, within=within)


def _expect(given: Given) -> Expect:
    def switch(name: str) -> bool | None:
        return given.flag(name) if given.has(name) else None

    expect = Expect(
        arriving=given.texts("arriving"),
        waiting=given.texts("waiting"),
        inside=given.texts("inside"),
        left=given.texts("left"),
        running=switch("running"),
        started=switch("started"),
        locked=switch("locked"),
        recorded=switch("recorded"),
        dialable=switch("dialable"),
        refused=given.whole("refused", 404, least=400, most=599) if given.has("refused") else None,
        faults_met=given.whole("faults_met", 1, least=1) if given.has("faults_met") else None,
        within=seconds_of(given, "within", SOON_S),
    )
    given.close()
    if not set(given.names()) - {"within"}:
        given.wrong("", "expects nothing: say who is inside or waiting, whether it is locked, or the like")
    return expect


def _title(action: Action | None, expect: Expect | None) -> str:
    if action is None:
        return "look" if expect is not None else "wait"
    return f"{action.do.replace('_', ' ')} {action.who}".strip()
