"""Whether Pexip is there, from what became of the requests to it."""

import pytest

from vmrd.pexip.http import unreported
from vmrd.pexip.reached import Reached


@pytest.mark.parametrize(
    ("outcomes", "away"),
    [
        ([], False),
        (["lost"], False),
        (["lost", "unsent"], True),
        (["failed", "failed", "failed"], True),
        (["lost", "lost", "ok"], False),
        (["lost", "refused", "lost"], False),
        (["busy", "busy"], False),
    ],
)
def test_two_requests_in_a_row_without_an_answer(outcomes: list[str], away: bool) -> None:
    reached = Reached(unreported)
    for outcome in outcomes:
        reached.told("nodes", outcome, 0.1)
    assert reached.away is away


def test_everything_is_passed_on_and_the_silence_is_counted_from_it() -> None:
    passed: list[tuple[str, str, float]] = []
    now = [100.0]
    reached = Reached(lambda *given: passed.append(given), lambda: now[0])
    now[0] = 130.0
    assert reached.quiet_for == 30
    reached.told("lock", "ok", 0.5)
    assert reached.quiet_for == 0
    assert passed == [("lock", "ok", 0.5)]
