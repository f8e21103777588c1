"""The table of docs/panel.md: every phase and every alert is in it, and each row is what the page shows.

A row's quotes must be read on the page and its bold words be pressed there. The state comes about by inputs, never by
hand (`tests/browser/states.py`).
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import aiohttp
import pytest

from tests.browser.stage import staged
from tests.browser.states import STATES
from tests.panel.pages import read
from vmrd.lifecycle.room_works import OUT_OF_USE
from vmrd.lifecycle.words import UNWANTED, Phase
from vmrd.web.sentences import FAULT

ROOT = Path(__file__).parents[2]
ALERTS = "### Alerts"
LINE = "### The line itself"
ONE_OF = {"leg.kind": [str(kind) for kind in UNWANTED], "what": ["admit", "remove"]}
"""What the codes that are put together are put together of."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table, cell by cell; `part` is the heading above it."""

    part: str
    state: str
    sees: str
    can: str
    shown_by: str


@cache
def rows() -> tuple[Row, ...]:
    """Every row."""
    text = (ROOT / "docs" / "panel.md").read_text(encoding="utf-8")
    found: list[Row] = []
    part = ""
    for line in text.partition("## What an officer sees, and can do")[2].partition("\n## ")[0].splitlines():
        part = line if line.startswith("### ") else part
        if line.startswith("|") and not line.startswith("|---") and "the officer sees" not in line:
            found.append(Row(part, *(cell.strip() for cell in line.strip("|").split("|"))))
    return tuple(found)


STAGED = [row for row in rows() if row.part != LINE]


def quoted(cell: str) -> list[str]:
    return re.findall(r'"([^"]+)"', cell)


def bold(cell: str) -> list[str]:
    return re.findall(r"\*\*([^*]+)\*\*", cell)


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.asyncio
@pytest.mark.parametrize("row", STAGED, ids=lambda row: row.state.replace("`", ""))
async def test_the_page_is_as_its_row_says(tmp_path: Path, row: Row) -> None:
    async with staged(tmp_path) as stage:
        scene = await STATES[row.state](stage)
        async with (
            aiohttp.ClientSession(cookies={"vmrd": stage.cookie}) as http,
            http.get(f"{stage.url}{scene.path}") as answer,
        ):
            page = read(await answer.text())
    assert quoted(row.sees)
    assert bold(row.can)
    assert [words for words in quoted(row.sees) if words not in page.text] == []
    assert [words for words in bold(row.can) if not any(each.startswith(words) for each in page.presses)] == []


def test_every_state_has_its_row_and_every_row_its_state() -> None:
    assert [row.state for row in STAGED] == list(STATES)


def test_every_phase_and_every_alert_has_its_row() -> None:
    phases = {name for row in STAGED if row.part != ALERTS for name in code(row.state)}
    assert phases == set(Phase)
    alerts = {name for row in STAGED if row.part == ALERTS for name in code(row.state)}
    assert alerts == {FAULT, *raised()}


def test_every_row_names_a_test_that_is_there() -> None:
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("test_*.py"))
    tests = {
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert [row.state for row in rows() if not code(row.shown_by)] == []
    assert [name for row in rows() for name in code(row.shown_by) if name not in tests] == []


def raised() -> set[str]:
    """The codes of every alert the rules can raise, read from their source."""
    found: set[str] = set()
    for path in (ROOT / "vmrd" / "lifecycle").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and path.name != "draft.py":
                place = {"alert": 0, "alert_while": 1}.get(node.func.attr)
                if place is not None:
                    found |= spelt(node.args[place])
    return found


def spelt(written: ast.expr) -> set[str]:
    """What an expression for a code can come to. One that is new to this test fails it."""
    match written:
        case ast.Constant(value=str(name)):
            return {name}
        case ast.Name(id="OUT_OF_USE"):
            return {OUT_OF_USE}
        case ast.JoinedStr(values=[ast.FormattedValue(value=part), ast.Constant(value=rest)]):
            return {f"{one}{rest}" for one in ONE_OF[ast.unparse(part)]}
        case _:
            raise AssertionError(f"an alert whose code cannot be read: {ast.unparse(written)}")
