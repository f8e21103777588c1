"""What a listener makes of commits that nobody tells it of, as behind a pooler that keeps no sessions."""

from __future__ import annotations

from collections.abc import Sequence

from structlog.testing import capture_logs

from tests.store.ears import Ears
from vmrd.store.hearing import Hearing


def test_commits_that_are_never_told_of_are_read_all_the_same_and_the_pooler_is_named_once() -> None:
    heard: list[Sequence[str]] = []
    hearing = Hearing(Ears(heard=heard.append))
    hearing.begin(10)
    with capture_logs() as logs:
        for head in range(11, 31):
            hearing.proved(head, float(head))
    assert heard == [()] * 21
    assert [line["event"] for line in logs] == ["pokes_lost"]
    assert "pooler" in logs[0]["error"]


def test_pokes_that_only_come_late_are_not_called_lost() -> None:
    hearing = Hearing(Ears())
    hearing.begin(0)
    with capture_logs() as logs:
        for number in range(1, 30):
            hearing.proved(number, float(number))
            hearing.told(number, ("s1",), ours=False)
    assert logs == []
