"""A fixed slice of the flips: histories under every one of them, and the story under the most dangerous."""

from __future__ import annotations

import pytest

from tests.cosim.history import tell
from tests.knobs import trial
from tests.knobs.flips import FLIPS, Flip
from tests.knobs.trial import histories, story
from tests.system.demo_process import Ended

SLICE = range(1, 31)
DANGEROUS = ("waiting_role_unknown", "newcomer_in_grace_enters", "challenge_leg_s")
"""Who waits is not told apart, who may come in is another, and asking is not free."""

TOLD = [flip for flip in FLIPS if flip.told]
NAMED = {flip.name: flip for flip in FLIPS}


@pytest.mark.parametrize("flip", TOLD, ids=[flip.name for flip in TOLD])
def test_nothing_that_must_never_be_is_so_on_a_platform_with_another(flip: Flip) -> None:
    assert histories(flip, SLICE) == ()


def test_most_histories_get_to_the_point_on_a_turned_platform_too() -> None:
    told = [tell(seed, {"newcomer_in_grace_enters": False}) for seed in SLICE]
    assert sum(history.was_private for history in told) > len(told) / 2


@pytest.mark.parametrize("name", DANGEROUS)
def test_the_story_comes_to_its_end_on_a_platform_with_another(name: str) -> None:
    assert story(NAMED[name]) == ""


@pytest.mark.parametrize(
    ("code", "refuted", "stops_at", "passes"),
    [
        (0, [], "", True),
        (1, ["NOT 22  somebody unlocks with *7"], "", False),
        (1, ["NOT 22  somebody unlocks with *7"], "*7", True),
        (1, ["NOT 12  SECURE is lit"], "*7", False),
        (0, [], "*7", False),
    ],
)
def test_a_story_is_judged_by_where_it_stopped(
    code: int, refuted: list[str], stops_at: str, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "run", lambda *_: Ended(code, [], refuted))
    assert (story(Flip("any", {}, stops_at)) == "") is passes


def test_a_flip_bears_one_name_and_says_why_a_story_stops() -> None:
    assert len(NAMED) == len(FLIPS)
    assert all(bool(flip.stops_at) is bool(flip.why) for flip in FLIPS)
