"""A fixed slice of the fault campaign, and proof that it would find what it looks for."""

from __future__ import annotations

import pytest

from tests.chaos.history import tell
from tests.chaos.plants import PLANTS, find

SLICE = range(1, 5)
SEEDS = {
    "lost-poke": 1, "lease-check": 2, "fence": 3, "not-repeatable": 6, "stale-read": 24,
    "deaf": 5, "late-clock": 8, "lost-commit": 5, "unrung": 312,
}  # fmt: skip
"""For each planted bug a seed whose history shows it, if the order of sets is as in the campaign; or one soon after."""


def test_nothing_that_must_never_be_is_so_however_the_shells_are_disturbed() -> None:
    told = [tell(seed) for seed in SLICE]
    assert any(history.replicas for history in told)
    assert any(history.was_private for history in told), "histories must get to the point"
    assert sum((history.met for history in told), start=told[0].met).total() > len(told)


def test_a_history_over_real_shells_is_the_same_each_time_it_is_told() -> None:
    assert tell(3) == tell(3)


@pytest.mark.parametrize("plant", PLANTS)
def test_the_campaign_finds_a_planted_bug(plant: str) -> None:
    assert find(plant, SEEDS[plant], 240.0) is not None
