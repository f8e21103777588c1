"""Which reads need not be decided again, and which must: one that could light, confirm or undo anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.lifecycle.story import browser, secure
from vmrd.engine import Answer, Applied, Engine, Fault, Faulty
from vmrd.known import Known
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import Rules

SESSION = secure().session
READ = i.RosterSeen(i.Order(*SESSION.seen), i.Source.READ, (), locked=True, started=True, recording=False)


class Setting:
    """What of the engine is asked."""

    def __init__(self) -> None:
        self.in_force = Rules()
        self.faults: dict[str, Fault] = {}

    def rules(self, _establishment: str) -> Rules:
        return self.in_force


@pytest.fixture
def setting() -> Setting:
    return Setting()


@pytest.fixture
def known(setting: Setting) -> Known:
    """A read of the session was decided, and changed nothing."""
    made = Known(cast("Engine", setting))
    made.begin(SESSION.id)
    made.decided(READ, Applied(SESSION))
    return made


def test_the_same_again_is_known(known: Known) -> None:
    later = replace(READ, order=i.Order(READ.order.generation, READ.order.number + 5))
    assert known.shows(SESSION.id, READ)
    assert known.shows(SESSION.id, later)


@pytest.mark.parametrize(
    "changed",
    [
        {"locked": False},
        {"started": False},
        {"recording": True},
        {"sightings": (browser(),)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_whatever_it_shows_otherwise_is_new(known: Known, changed: dict[str, Any]) -> None:
    assert not known.shows(SESSION.id, replace(READ, **changed))


def test_after_a_commit_the_same_roster_is_decided_again_until_that_changes_nothing(known: Known) -> None:
    pressed = replace(SESSION, version=SESSION.version + 1)
    known.heard(Applied(pressed))
    assert not known.shows(SESSION.id, READ)
    known.decided(READ, Applied(SESSION))  # decided before that commit, told after it
    assert not known.shows(SESSION.id, READ)
    known.decided(READ, Applied(pressed))
    assert known.shows(SESSION.id, READ)


ANSWERS: dict[str, Answer] = {
    "changed something": Applied(SESSION, facts=(cast("Any", object()),)),
    "came to nothing": Faulty(),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_a_read_that(known: Known, what: str) -> None:
    """… is not one that the next can be known by."""
    known.begin(SESSION.id)
    known.decided(READ, ANSWERS[what])
    assert not known.shows(SESSION.id, READ)


def test_one_that_was_judged_as_late_proves_nothing_for_the_next(known: Known) -> None:
    moved = replace(SESSION, seen=(READ.order.generation, READ.order.number + 1))
    known.decided(READ, Applied(moved))
    assert not known.shows(SESSION.id, READ)


def _reloaded(known: Known, setting: Setting) -> None:
    setting.in_force = Rules()


def _faulty(known: Known, setting: Setting) -> None:
    setting.faults[SESSION.id] = Fault(0, 1)


def _perhaps_anothers(known: Known, setting: Setting) -> None:
    known.elsewhere = lambda session_id: session_id == SESSION.id


def _connected_anew(known: Known, setting: Setting) -> None:
    known.begin(SESSION.id)


def _not_watched(known: Known, setting: Setting) -> None:
    known.forget(SESSION.id)
    known.decided(READ, Applied(SESSION))


@pytest.mark.parametrize("since", [_reloaded, _faulty, _perhaps_anothers, _connected_anew, _not_watched])
def test_it_is_decided_again_where(known: Known, setting: Setting, since: Callable[[Known, Setting], None]) -> None:
    """… rules were reloaded, the session is faulty, the lease may be another's, or the stream is a new one."""
    since(known, setting)
    assert not known.shows(SESSION.id, READ)


def test_every_quarter_of_a_minute_it_is_decided_all_the_same(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000.0]
    monkeypatch.setattr("vmrd.known.time", SimpleNamespace(monotonic=lambda: now[0]))
    known = Known(cast("Engine", setting))
    known.begin(SESSION.id)
    known.decided(READ, Applied(SESSION))
    now[0] += 14
    assert known.shows(SESSION.id, READ)
    now[0] += 2
    assert not known.shows(SESSION.id, READ)
