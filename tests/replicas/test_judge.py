"""Each rule of the judge by itself: a meeting and a journal in which one thing is wrong, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from pexip_mock.ground import What
from tests.lifecycle.story import OFFICER, browser, secure, waiting
from tests.replicas import judge as judging
from tests.replicas.judge import ONCE, judge, nothing_doubled, nothing_lost
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.evolve import fold
from vmrd.lifecycle.facts import Fact
from vmrd.lifecycle.rules import SECOND
from vmrd.lifecycle.session import Session

VISITOR = "vera"


@dataclass(slots=True)
class Told:
    """A meeting that was locked, unlocked and locked, and whose visitor knocked, came in and went. As `Meeting` is to
    the judge; `facts` is its journal."""

    facts: list[Fact]
    presses: Counter[str] = field(default_factory=lambda: Counter(lock=2, unlock=1))
    session: str = "s1"
    people: set[str] = field(default_factory=lambda: {"ada", VISITOR})
    gone: set[str] = field(default_factory=lambda: {VISITOR})
    happenings: Counter[What] = field(
        default_factory=lambda: Counter({What.LOCKED: 2, What.UNLOCKED: 1, What.DIALLED_OUT: 1})
    )

    def happened(self, what: What) -> list[str]:
        return ["somebody"] * self.happenings[what]

    def last(self, kind: type[Fact]) -> int:
        """Where the last of these is."""
        return max(at for at, fact in enumerate(self.facts) if isinstance(fact, kind))


def told() -> Told:
    story = secure()
    story.seen(waiting(VISITOR, "Vera Visitor"))
    story.when(i.UnlockRoom(OFFICER), after=SECOND).flags(locked=False)
    story.seen(browser(VISITOR, "Vera Visitor")).gone(VISITOR)
    story.when(i.LockRoom(OFFICER), after=SECOND).flags(locked=True)
    return Told(list(story.journal))


Deed = Callable[[Told], object]


def without(kind: type[Fact]) -> Deed:
    return lambda told: told.facts.pop(told.last(kind))


def twice(kind: type[Fact]) -> Deed:
    return lambda told: told.facts.insert(told.last(kind), told.facts[told.last(kind)])


def once_more(what: What) -> Deed:
    return lambda told: told.happenings.update([what])


def pressed_once_more(press: str) -> Deed:
    return lambda told: told.presses.update([press])


def somebody_came(told: Told) -> None:
    told.people.add("nobody-saw-them")


def somebody_went(told: Told) -> None:
    told.gone.add("ada")


def seen_twice(told: Told) -> None:
    """The same of a leg as the last that was observed of it, later."""
    again = told.facts[told.last(f.LegObserved)]
    assert isinstance(again, f.LegObserved)
    told.facts.append(replace(again, at=again.at + 1))


def test_a_meeting_of_which_nothing_is_lost_or_doubled_passes() -> None:
    right = told()
    nothing_lost(right, right.facts)  # type: ignore[arg-type]
    nothing_doubled(right, right.facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("deed", "seen"),
    [
        (without(f.Locked), "locked 2 times, and 1 are written down"),
        (without(f.Unlocked), "unlocked 1 times, and 0 are written down"),
        (once_more(What.LOCKED), "locked 3 times, and 2 are written down"),
        (without(f.LockRequested), "of 2 lock 1 are kept"),
        (without(f.UnlockRequested), "of 1 unlock 0 are kept"),
        (pressed_once_more("unlock"), "of 2 unlock 1 are kept"),
        (somebody_came, "somebody came and is not in the journal"),
        (somebody_went, "somebody went and is not in the journal"),
        (without(f.LegLeft), "somebody went and is not in the journal"),
    ],
)
def test_what_is_lost_is_seen(deed: Deed, seen: str) -> None:
    wrong = told()
    deed(wrong)
    with pytest.raises(AssertionError, match=seen):
        nothing_lost(wrong, wrong.facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("deed", "seen"),
    [
        *((twice(kind), f"{kind.__name__} was written 2 times") for kind in ONCE),
        (without(f.Opened), "Opened was written 0 times"),
        (twice(f.LockRequested), "2 lock, 3 facts"),
        (twice(f.UnlockRequested), "1 unlock, 2 facts"),
        (once_more(What.LOCKED), "lock was accepted 2, done 3"),
        (once_more(What.UNLOCKED), "unlock was accepted 1, done 2"),
        (twice(f.Locked), "locked 2 times, and 3 facts"),
        (twice(f.Unlocked), "unlocked 1 times, and 2 facts"),
        (once_more(What.DIALLED_OUT), "the prison room was called more than once"),
        (twice(f.LegLeft), "one leg left 2 times"),
        (twice(f.Knocked), "one leg knocked 2 times"),
        (seen_twice, "the same was observed of a leg twice"),
    ],
)
def test_what_is_doubled_is_seen(deed: Deed, seen: str) -> None:
    wrong = told()
    deed(wrong)
    with pytest.raises(AssertionError, match=seen):
        nothing_doubled(wrong, wrong.facts)  # type: ignore[arg-type]


@dataclass(slots=True)
class Database:
    """As a `Fleet` is to the judge: what the database says when all is over."""

    told: Told
    session: Session
    server: None = None
    sessions: list[tuple[str]] = field(default_factory=lambda: [("s9",)])

    async def read(self, query: Callable[[Any], Any]) -> Any:
        return query(SimpleNamespace(facts=lambda _: self.told.facts, session=lambda _: self.session))

    async def rows(self, _sql: str, *_values: object) -> list[tuple[str]]:
        return self.sessions


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "seen", ["", "does not rebuild", "2 sessions instead", "0 sessions instead", "does not verify"]
)
async def test_the_database_says_what_was_accepted(seen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = told()
    database = Database(wrong, fold(wrong.facts))
    faults = ["a fact was changed"] if seen == "does not verify" else []
    monkeypatch.setattr(judging, "verify", lambda *_: faults)
    if seen == "does not rebuild":
        database.session = replace(database.session, version=database.session.version + 1)
    elif seen.endswith("sessions instead"):
        database.sessions = [("s9",), ("s10",)] if seen.startswith("2") else []
    desk = SimpleNamespace(booked={"desk:later0": "s9"})
    with pytest.raises(AssertionError, match=seen) if seen else nullcontext():
        await judge(database, [wrong], desk)  # type: ignore[arg-type]
