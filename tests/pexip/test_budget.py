"""The Management Node is asked at most half as often as it allows, and urgent requests never wait for the others."""

import asyncio

import pytest

from vmrd.pexip.budget import Budget, Priority


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def spend(budget: Budget, priority: Priority) -> int:
    """How many go at once."""
    taken = 0
    while budget.try_take(priority) == 0:
        taken += 1
    return taken


def test_no_minute_sees_more_than_the_limit() -> None:
    clock = Clock()
    budget = Budget(per_minute=500, burst=100, kept=30, clock=clock)
    sent = spend(budget, Priority.HIGH)
    for _ in range(600):
        clock.now += 0.1
        sent += spend(budget, Priority.HIGH)
    assert 480 <= sent <= 500


def test_urgent_requests_have_a_reserve() -> None:
    budget = Budget(per_minute=500, burst=100, kept=30, clock=Clock())
    assert spend(budget, Priority.LOW) == 70
    assert spend(budget, Priority.HIGH) == 30


def test_the_delay_told_is_the_delay_needed() -> None:
    clock = Clock()
    budget = Budget(per_minute=500, burst=100, kept=30, clock=clock)
    spend(budget, Priority.LOW)
    delay = budget.try_take(Priority.LOW)
    assert 0 < delay < 1
    clock.now += delay + 1e-6
    assert budget.try_take(Priority.LOW) == 0


def test_told_to_wait_only_what_is_urgent_goes() -> None:
    clock = Clock()
    budget = Budget(clock=clock)
    budget.pause(7.0)
    assert budget.try_take(Priority.LOW) == 7.0
    assert budget.try_take(Priority.HIGH) == 0
    clock.now += 7.0
    assert budget.try_take(Priority.LOW) == 0


@pytest.mark.asyncio
async def test_giving_up_the_wait_spends_nothing_and_holds_nobody_up() -> None:
    clock = Clock()
    budget = Budget(per_minute=500, burst=100, kept=30, clock=clock)
    spend(budget, Priority.LOW)
    waiting = asyncio.create_task(budget.take(Priority.LOW))
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    clock.now += 60
    await asyncio.wait_for(budget.take(Priority.LOW), 1)
    assert spend(budget, Priority.HIGH) == 99


@pytest.mark.parametrize(("per_minute", "burst", "kept"), [(100, 100, 0), (500, 30, 30), (500, 10, -1)])
def test_a_budget_that_cannot_hold_is_refused(per_minute: int, burst: int, kept: int) -> None:
    with pytest.raises(ValueError, match="kept < burst"):
        Budget(per_minute, burst, kept)


def test_the_spent_part_is_told_and_comes_back_with_time() -> None:
    clock = Clock()
    budget = Budget(per_minute=160, burst=100, kept=30, clock=clock)
    assert budget.used() == 0
    spend(budget, Priority.LOW)
    assert budget.used() == pytest.approx(0.7)
    clock.now += 40  # one a second
    assert budget.used() == pytest.approx(0.3)
    clock.now += 3_600
    assert budget.used() == 0
