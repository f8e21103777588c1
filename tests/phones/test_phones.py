"""A fixed slice of the phones, and proof that the witness would see a broken core."""

from __future__ import annotations

import pytest

from tests.phones.ring import Phones, meeting
from vmrd.lifecycle import door, guard, secure
from vmrd.lifecycle.draft import Draft

SLICE = range(1, 31)


def told(seeds: range, *, policy: bool) -> Phones:
    whole = Phones()
    for seed in seeds:
        whole.add(meeting(seed, policy=policy))
    return whole


def test_with_policy_no_phone_is_ever_there() -> None:
    phones = told(SLICE, policy=True)
    assert phones.wrong == []
    assert phones.rang > 100
    assert phones.refused == phones.rang
    assert phones.private > 15, "most meetings must get to the point"


def test_without_policy_a_phone_is_gone_at_once_and_never_there_unnoticed() -> None:
    phones = told(SLICE, policy=False)
    assert phones.wrong == []
    assert phones.appeared > 100
    assert phones.inside > 10
    assert phones.with_prisoner > 2
    assert phones.drifts > 10


def _nothing(_: Draft) -> None:
    """A rule somebody forgot."""


def _once(draft: Draft) -> None:
    """Locks, and does not lock again."""
    if draft.session.lock.drifted is None:
        _LOCKS(draft)


_LOCKS = guard._lock


@pytest.mark.parametrize(
    ("module", "name", "slip", "policy", "seen"),
    [
        (door, "is_phone", lambda caller: False, True, "came past the door"),
        (door, "noted", lambda draft, given: None, True, "turned away and not on the record"),
        (guard, "_unwanted", _nothing, False, "still there"),
        (guard, "_breach", _nothing, False, "no alarm"),
        (guard, "_lock", _once, False, "unlocked for"),
        (secure, "dark_reasons", lambda session, rules: (), False, "SECURE is lit with"),
    ],
)
def test_the_witness_sees_a_core_that(
    module: object, name: str, slip: object, policy: bool, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, slip)
    wrong: list[str] = []
    for seed in range(1, 41):
        wrong += meeting(seed, policy=policy).wrong
        if any(seen in line for line in wrong):
            return
    raise AssertionError(wrong)
