"""vmrd is restarted while meetings run: a slice of `benchmarks.restart`, judged by what came of it, not by its pace."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.restart import Outcome, measure

MEETINGS = 12
BRINGS_ABOUT = {"create_vmr", "start_conference", "dial", "unlock", "admit", "end"}
"""Operations that would put something new into a meeting that runs, or end it. Not `disconnect`: the Management Node
puts the telephone out while the control leg of its room is not taken up yet."""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Outcome]:
    told, killed = asyncio.run(measure(tmp_path_factory.mktemp("restart"), MEETINGS, panels=2))
    return told, killed


@pytest.mark.timeout(300)
@pytest.mark.parametrize("which", [0, 1], ids=["told to stop", "killed"])
def test_what_happens_meanwhile_is_seen_afterwards_and_nothing_is_done_twice(
    which: int, outcomes: tuple[Outcome, Outcome]
) -> None:
    """A knock rings, a telephone is put out, an unlocked room is locked and on the record as a breach; who asked while
    nobody listened is answered; and by Pexip's own account no other room was touched."""
    assert outcomes[which].wrong == ()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("which", [0, 1], ids=["told to stop", "killed"])
def test_the_control_legs_are_taken_up_again_and_nothing_is_begun_anew(
    which: int, outcomes: tuple[Outcome, Outcome]
) -> None:
    asked = outcomes[which].asked
    assert asked["refresh_token"] >= MEETINGS
    assert asked.keys() & BRINGS_ABOUT == set()
