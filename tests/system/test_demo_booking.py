"""`vmrd demo --story booking`: what a booking office sends, is answered and told, confirmed by Pexip's own account."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.system.demo_process import Ended, run, running
from vmrd.demo.run import WrongOption, planned

HEADLESS = ("--story", "booking", "--headless", "--exit")
SUMMARY = re.compile(r"story booking: (\d+) steps confirmed by Pexip, (\d+) not")


def counted(ended: Ended) -> tuple[int, int]:
    """How many steps the last line says were confirmed, and how many not."""
    summary = SUMMARY.fullmatch(ended.out[-1])
    assert summary is not None, ended.out[-1]
    return int(summary[1]), int(summary[2])


def test_every_step_is_confirmed_and_told_word_by_word(tmp_path: Path) -> None:
    ended = run(tmp_path, *HEADLESS)

    assert ended.code == 0, [line for line in ended.err if line.startswith("NOT")] or ended.err[-3:]
    confirmed, others = counted(ended)
    assert (len([line for line in ended.err if line.startswith("ok ")]), others) == (confirmed, 0)
    assert confirmed >= 12
    assert len(ended.out) == 2
    told = "\n".join(ended.err)
    for what in ("office sends, signed:", "vmrd answers 202:", "vmrd answers 409:", "and the signature fits:"):
        assert what in told
    for said in ('"reason": "works"', '"alternatives": [', '"notApplied": [{', '"event": "session.cancelled"'):
        assert said in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("operation", "step"), [("create_vmr", "The room is booked"), ("delete", "Cancelled:")])
def test_a_broken_operation_turns_the_story_red(operation: str, step: str, tmp_path: Path) -> None:
    ended = run(tmp_path, *HEADLESS, "--fault", operation)

    assert ended.code == 1
    assert counted(ended)[1] >= 1
    (refuted,) = ended.refuted
    assert step in refuted


def test_an_operation_the_story_does_without_is_no_fault_to_order() -> None:
    with pytest.raises(WrongOption, match="create_vmr, delete, other, any"):
        planned(headless=True, story="booking", fault="lock", port=0, database=None)


def test_on_a_terminal_it_is_told_step_by_step_without_anybody_signing_in(tmp_path: Path) -> None:
    terminal, theirs = os.openpty()
    told = ""
    try:
        with running(tmp_path, "--story", "booking", out=theirs, keys=theirs):
            pages = 0
            while SUMMARY.search(told) is None:
                told += os.read(terminal, 65_536).decode()
                if told.count("Enter shows the next step.") > pages:
                    pages += 1
                    assert told.count("ok  ") == pages
                    os.write(terminal, b"\n")
    finally:
        os.close(theirs)
        os.close(terminal)
    before, _, story = told.partition("ok   1")
    assert len(before.splitlines()) <= 8
    assert "vmrd answers 409:" in story
    assert "NOT" not in story
