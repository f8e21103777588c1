"""The page of requirements: every row there once, nothing named that is not there, every gap said in a word."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "requirements.md"
IDS = [f"S{number:02}" for number in range(1, 103)]
REASONS = frozenset({"not in this release", "out of reach"})
"""What stands in the last column of a row that no test shows."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the page, cell by cell."""

    id: str
    says: str
    does: str
    where: str
    shown: str


@cache
def rows() -> tuple[Row, ...]:
    """Every row that begins with an id; a row with too few or too many cells is a fault of the page."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\|\s*S\d", line)]
    return tuple(Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines)


def code(cell: str) -> list[str]:
    """What a cell names: everything in backticks."""
    return re.findall(r"`([^`]+)`", cell)


@cache
def functions() -> frozenset[str]:
    """Every test function under tests/, read and not run."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("test_*.py"))
    found = (node for tree in trees for node in ast.walk(tree))
    return frozenset(
        node.name
        for node in found
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


def test_every_requirement_has_exactly_one_row() -> None:
    assert sorted(row.id for row in rows()) == sorted(IDS)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)
def test_a_row_says_something_and_names_only_what_is_there(row: Row) -> None:
    assert row.says
    assert row.does
    paths = code(row.where)
    assert paths
    assert [path for path in paths if not (ROOT / path).is_file()] == []
    assert re.sub(r"`[^`]+`", "", row.where).strip(", ") == ""
    if row.shown in REASONS:
        return
    assert [name for name in code(row.shown) if name not in functions()] == []
    assert code(row.shown), f"{row.id} names no test and gives no reason of {sorted(REASONS)}"
    assert re.sub(r"`[^`]+`", "", row.shown).strip(", ") == ""


def test_the_text_around_the_tables_names_only_what_is_there() -> None:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if not line.startswith("|")]
    named = code("\n".join(lines))
    assert named
    paths = {name for name in named if "/" in name}
    assert {path for path in paths if not (ROOT / path).is_file()} == set()
    assert {name for name in named if name.startswith("test_")} <= functions()


def test_every_word_for_a_gap_is_explained_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for word in REASONS:
        assert f"**{word}**" in text
        assert any(row.shown == word for row in rows())
