"""A fixed slice of the fault campaign, and proof that it would find what it looks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.chaos.__main__ import account
from tests.chaos.history import tell
from tests.chaos.plants import PLANTS, aimed

SLICE = range(1, 5)
SEEDS = range(11, 31)
"""So many quiet meetings are enough to show any planted bug under the trouble it is about; most need one."""


@pytest.fixture(scope="module")
def campaign() -> Iterator[Executor]:
    """A process whose sets have the order that those of the campaign have: it is a part of every history."""
    with pytest.MonkeyPatch.context() as around:
        around.setenv("PYTHONHASHSEED", "0")
        with ProcessPoolExecutor(1, get_context("spawn")) as worker:
            worker.submit(len, ()).result()  # it is there, with what was set
            yield worker


def test_nothing_that_must_never_be_is_so_however_the_shells_are_disturbed(campaign: Executor) -> None:
    told = campaign.submit(account, SLICE, float("inf")).result()
    assert told.broken == []
    assert told.replicas > 0
    assert told.private > 0, "histories must get to the point"
    assert told.met.total() > told.told == len(SLICE)


def test_a_history_over_real_shells_is_the_same_each_time_it_is_told(campaign: Executor) -> None:
    assert campaign.submit(tell, 7).result() == campaign.submit(tell, 7).result()


@pytest.mark.parametrize("plant", PLANTS)
def test_the_judge_sees_a_planted_bug_under_the_trouble_it_is_about(campaign: Executor, plant: str) -> None:
    seen = (campaign.submit(aimed, plant, seed).result() for seed in SEEDS)
    assert any(re.search(PLANTS[plant].seen, words) for words in seen if words is not None)


@pytest.mark.parametrize("plant", [name for name, plant in PLANTS.items() if plant.takes_trouble])
def test_and_nothing_under_that_trouble_without_the_bug(campaign: Executor, plant: str) -> None:
    assert campaign.submit(aimed, plant, SEEDS[0], planted=False).result() is None
