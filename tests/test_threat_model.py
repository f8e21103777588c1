"""The page of threats: numbered without a gap, of every kind, each with what stops it and a test that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_requirements import ROOT, code, functions

PAGE = ROOT / "docs" / "threat-model.md"
LEAST = 40


def threats() -> list[list[str]]:
    """The cells of every numbered row."""
    lines = Path(PAGE).read_text(encoding="utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\|\s*T\d+\s*\|", line)
    ]


def test_there_are_enough_threats_of_every_kind_numbered_without_a_gap() -> None:
    rows = threats()
    assert len(rows) >= LEAST
    assert [row[0] for row in rows] == [f"T{number:02}" for number in range(1, len(rows) + 1)]
    assert {row[1] for row in rows} == set("STRIDE")


@pytest.mark.parametrize("row", threats(), ids=lambda row: str(row[0]))
def test_a_threat_says_what_stops_it_and_names_tests_that_are_there(row: list[str]) -> None:
    assert len(row) == 6
    _, _, threat, stopped_by, remains, tests = row
    assert threat
    assert stopped_by
    assert remains
    assert code(tests)
    assert [name for name in code(tests) if name not in functions()] == []
    assert re.sub(r"`[^`]+`", "", tests).strip(", ") == ""


def test_every_test_the_page_names_is_there() -> None:
    named = {name for name in code(PAGE.read_text(encoding="utf-8")) if name.startswith("test_")}
    assert named
    assert named - functions() == set()
