"""A fixed slice of the fault campaign, and proof that it would find what it looks for."""

from __future__ import annotations

import re

import pytest

from tests.chaos.history import tell
from tests.chaos.plants import PLANTS, aimed

SLICE = range(1, 5)
SEEDS = range(11, 31)
"""So many quiet meetings are enough to show any planted bug under the trouble it is about; most need one."""


def test_nothing_that_must_never_be_is_so_however_the_shells_are_disturbed() -> None:
    told = [tell(seed) for seed in SLICE]
    assert any(history.replicas for history in told)
    assert any(history.was_private for history in told), "histories must get to the point"
    assert sum((history.met for history in told), start=told[0].met).total() > len(told)


def test_a_history_over_real_shells_is_the_same_each_time_it_is_told() -> None:
    assert tell(7) == tell(7)


@pytest.mark.parametrize("plant", PLANTS)
def test_the_judge_sees_a_planted_bug_under_the_trouble_it_is_about(plant: str) -> None:
    seen = (aimed(plant, seed) for seed in SEEDS)
    assert any(re.search(PLANTS[plant].seen, words) for words in seen if words is not None)


@pytest.mark.parametrize("plant", [name for name, plant in PLANTS.items() if plant.takes_trouble])
def test_and_nothing_under_that_trouble_without_the_bug(plant: str) -> None:
    assert aimed(plant, SEEDS[0], planted=False) is None
