"""The drawing of a session's life is what the code does: found by exploring it, and nothing else ever happens."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given

from tests.lifecycle.anything import begin
from tests.lifecycle.test_always import always, histories, run
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.diagram import edges, mermaid
from vmrd.lifecycle.facts import PhaseChanged
from vmrd.lifecycle.words import LIVE, OVER, Phase

DRAWING = Path(__file__).resolve().parents[2] / "docs" / "lifecycle.md"
EDGES = edges()
DRAWN = {(edge.before, edge.after) for edge in EDGES}


def test_the_committed_drawing_is_what_the_code_does() -> None:
    assert f"```mermaid\n{mermaid()}```\n" in DRAWING.read_text("utf-8"), "write it anew with `vmrd diagram`"


def test_every_phase_can_be_reached_and_every_session_comes_to_an_end() -> None:
    reached = {Phase.PLANNED}
    while more := {after for before, after in DRAWN if before in reached} - reached:
        reached |= more
    assert reached == set(Phase)
    assert {before for before, _ in DRAWN} == set(Phase) - {Phase.CLOSED, Phase.CANCELLED, Phase.FAILED}


def test_no_booking_system_ends_a_live_meeting_and_nothing_over_comes_back() -> None:
    assert {edge.before for edge in EDGES if edge.cause == "cancel"}.isdisjoint({*LIVE, Phase.ENDING, *OVER})
    assert not {after for before, after in DRAWN if before in OVER} - {Phase.CLOSED}


@always
@given(begin, histories)
def test_nothing_happens_that_is_not_drawn(start: tuple[int, int], history: list[tuple[i.Input, int]]) -> None:
    _, _, told = run(start, history)
    for step in told:
        phase = step.before.phase
        for fact in step.decision.facts:
            if isinstance(fact, PhaseChanged):
                assert (phase, fact.to) in DRAWN
                phase = fact.to
