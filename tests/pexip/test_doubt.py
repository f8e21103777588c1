"""Whether "no such alias" can be believed, on a platform that hides everything from those who ask too much."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from vmrd.pexip.doubt import LIMIT, WINDOW, Doubt


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def missed(doubt: Doubt, times: int) -> Doubt:
    for _ in range(times):
        assert doubt.may_ask()
        doubt.missed()
    return doubt


def test_a_few_unknown_aliases_are_believed() -> None:
    assert missed(Doubt(clock=Clock()), LIMIT // 2 - 1).believed()


def test_from_half_of_the_limit_on_nothing_is_believed_and_only_trials_go_out() -> None:
    clock = Clock()
    doubt = missed(Doubt(clock=clock), LIMIT // 2)
    assert not doubt.believed()
    assert doubt.may_ask()
    assert not doubt.may_ask()


def test_an_alias_that_is_found_shows_that_nothing_is_hidden() -> None:
    doubt = missed(Doubt(clock=Clock()), LIMIT // 2)
    doubt.found()
    assert doubt.believed()


def test_what_the_platform_has_forgotten_is_forgotten() -> None:
    clock = Clock()
    doubt = missed(Doubt(clock=clock), LIMIT // 2)
    clock.now += WINDOW
    assert doubt.believed()


@pytest.mark.parametrize("limit", [4, 5, 20, 200])
def test_however_often_we_would_ask_we_stay_below_the_limit_in_every_window(limit: int) -> None:
    clock = Clock()
    doubt = Doubt(limit, clock)
    asked: list[float] = []
    for _ in range(int(3 * WINDOW)):
        clock.now += 1.0
        while doubt.may_ask():
            asked.append(clock.now)
            doubt.missed()
    most = max(sum(1 for other in asked if at - WINDOW < other <= at) for at in asked)
    assert most < limit


def test_where_the_platform_hides_nothing_everything_is_believed() -> None:
    doubt = Doubt(0, Clock())
    for _ in range(100):
        doubt.missed()
    assert doubt.believed()
    assert doubt.may_ask()
