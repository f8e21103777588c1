"""A fixed slice of the co-simulation, and proof that its judge would see a broken core."""

from __future__ import annotations

import pytest

from tests.cosim.history import tell
from tests.cosim.judge import Broken
from vmrd.lifecycle import guard, observe, secure
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.secure import Dark, Reason
from vmrd.lifecycle.session import Session

SLICE = range(1, 201)
ENOUGH = range(5_000, 5_150)
"""So many histories show any of the slips below at least once."""


def test_nothing_that_must_never_be_is_so_in_any_history() -> None:
    told = [tell(seed) for seed in SLICE]
    assert sum(history.was_private for history in told) > len(told) / 2, "most histories must get to the point"
    assert sum(history.lit for history in told) > 10 * len(told)


def test_a_history_is_the_same_each_time_it_is_told() -> None:
    assert tell(7) == tell(7)


def _nothing(_: Draft) -> None:
    """A rule somebody forgot."""


def _blind_to(code: Dark) -> object:
    honest = secure.dark_reasons

    def reasons(session: Session, rules: Rules) -> tuple[Reason, ...]:
        return tuple(reason for reason in honest(session, rules) if reason.code is not code)

    return reasons


@pytest.mark.parametrize(
    ("module", "name", "slip", "seen"),
    [
        (secure, "dark_reasons", _blind_to(Dark.NOT_LOCKED), "though unlocked"),
        (secure, "dark_reasons", _blind_to(Dark.UNCHECKED), "lit at .* with"),
        (secure, "dark_reasons", _blind_to(Dark.NO_ENDPOINT), "without the prison room"),
        (secure, "dark_reasons", lambda session, rules: (Reason(Dark.UNSURE),), "dark though all is well"),
        (guard, "_lock", _nothing, "unlocked though it shall be locked"),
        (guard, "_unwanted", _nothing, "inside since"),
        (guard, "_knocks", _nothing, "the knock of"),
        (guard, "_room", _nothing, "the prison room is away"),
        (observe, "_stray", lambda draft, instance: None, "under a dead session's name|after the end"),
    ],
)
def test_the_judge_sees_a_core_that(
    module: object, name: str, slip: object, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, slip)
    with pytest.raises(Broken, match=seen):
        [tell(seed) for seed in ENOUGH]
