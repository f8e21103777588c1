"""The mock's README says what the mock does: every request, event, pitfall, knob and reason."""

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from aiohttp import web

from pexip_mock.events import SinkEventName
from pexip_mock.knobs import CHOICES, Knobs
from pexip_mock.refusal import BadKnob
from pexip_mock.server import MockServer
from pexip_mock.sse import payload
from tests.knobs.flips import FLIPS, LEFT_ALONE

HERE = Path(__file__).parent
BROWSER = HERE.parent / "browser"
MOCK = HERE.parent.parent / "pexip_mock"
README = (MOCK / "README.md").read_text("utf-8")


def rows(heading: str, header: str) -> Iterator[list[str]]:
    """The cells of the table that begins with this header row under a heading."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = section.partition(f"{header}\n")[2].partition("\n\n")[0]
    for line in table.strip().splitlines()[1:]:
        yield [cell.strip() for cell in line.strip("|").split(" | ")]


def names_in(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


ASSUMED = {
    knob: cells[2]
    for cells in rows("What is assumed of the real platform", "| assumption | how sure | knob (default) |")
    for knob in names_in(cells[2])
}
SETTINGS = {
    name
    for cells in rows("What is assumed of the real platform", "| setting | what it is (default) |")
    for name in names_in(cells[0])
}


class Overheard(MockServer):
    """A mock that says what it listens to."""

    def __init__(self) -> None:
        super().__init__(Knobs.fast())
        self.served: set[str] = set()

    async def _serve(self, name: str, application: web.Application, port: int) -> None:
        self.served |= {
            f"{route.method} {route.resource.canonical}"
            for route in application.router.routes()
            if route.resource is not None and route.method != "HEAD"
        }
        await super()._serve(name, application, port)


def words_of_the_stream() -> set[str]:
    """The name of every event that the stream's writer can write."""
    (writer,) = [node for node in ast.parse(inspect.getsource(payload)).body if isinstance(node, ast.FunctionDef)]
    written = [node.value for node in ast.walk(writer) if isinstance(node, ast.Return)]
    return {
        one.elts[0].value
        for one in written
        if isinstance(one, ast.Tuple) and isinstance(one.elts[0], ast.Constant) and isinstance(one.elts[0].value, str)
    }


def existing_tests() -> set[str]:
    return {
        node.name
        for path in (*HERE.glob("test_*.py"), *BROWSER.glob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.asyncio
async def test_every_request_that_is_served_has_a_row_and_every_row_is_served() -> None:
    async with Overheard() as server:
        written = re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", README, re.MULTILINE)
        assert sorted(written) == sorted(server.served)


def test_every_row_of_a_request_or_an_event_names_tests_and_each_of_them_exists() -> None:
    shown = re.findall(r"^\| `([A-Z]+ /[^`]*|[a-z_]+)` \|.*\| ([^|]*) \|$", README, re.MULTILINE)
    assert len(shown) > 300
    assert [what for what, by in shown if not names_in(by)] == []
    assert set(re.findall(r"`(test_\w+)`", README)) <= existing_tests()


def test_every_pitfall_has_a_row_and_tests_that_exist_and_bear_its_number() -> None:
    table = list(rows("Pitfalls", "| n | pitfall | shown by |"))
    assert [int(number) for number, _, _ in table] == list(range(1, 36))
    existing = existing_tests()
    for number, sentence, shown_by in table:
        named = names_in(shown_by)
        assert sentence
        assert named, number
        assert set(named) <= existing, number
        assert all(name.startswith(f"test_pitfall_{int(number):02}_") for name in named)
    named_anywhere = {name for _, _, shown_by in table for name in names_in(shown_by)}
    assert {name for name in existing if name.startswith("test_pitfall_")} == named_anywhere


def test_every_event_of_the_stream_and_of_a_sink_has_a_row() -> None:
    streamed, posted = (
        [cells[0].strip("`") for cells in rows(heading, "| event | when | shown by |")]
        for heading in ("Events of the stream", "Event sinks")
    )
    assert sorted(streamed) == sorted(words_of_the_stream())
    assert sorted(posted) == sorted({*SinkEventName, "eventsink_bulk"})


def test_every_knob_is_an_assumption_or_a_setting_and_the_readme_names_no_other() -> None:
    knobs = {field.name for field in fields(Knobs)}
    assert ASSUMED.keys() | SETTINGS == knobs
    table = list(rows("What is assumed of the real platform", "| assumption | how sure | knob (default) |"))
    assert [
        name for name, times in Counter(k for cells in table for k in names_in(cells[2])).items() if times > 1
    ] == []
    assert len({cells[0] for cells in table}) == len(table)
    assert not ASSUMED.keys() & SETTINGS


@pytest.mark.parametrize("knob", sorted(ASSUMED))
def test_the_readme_gives_the_default_of(knob: str) -> None:
    written = re.search(rf"`{knob}` \(([^)]*)\)", ASSUMED[knob])
    assert written is not None
    default = getattr(Knobs(), knob)
    assert written[1] == (default if isinstance(default, str) else str(default).lower().removesuffix(".0"))


@pytest.mark.parametrize("knob", sorted(CHOICES))
def test_a_knob_with_few_answers_takes_no_other(knob: str) -> None:
    for value in CHOICES[knob]:
        assert getattr(Knobs().changed({knob: value}), knob) == value
    wrong = 418 if isinstance(CHOICES[knob][0], int) else "coffee"
    with pytest.raises(BadKnob, match="is one of"):
        Knobs().changed({knob: wrong})


def test_every_assumption_says_how_sure_it_is() -> None:
    for cells in rows("What is assumed of the real platform", "| assumption | how sure | knob (default) |"):
        assert re.match(r"(known|inferred|unverified)\b", cells[1]), cells[0]
        assert names_in(cells[2]) or cells[2] == "–", cells[0]


def test_every_assumption_with_a_knob_is_tried_the_other_way_or_left_alone_for_a_reason() -> None:
    flipped = {knob for flip in FLIPS for knob in flip.turned}
    assert flipped <= {field.name for field in fields(Knobs)}
    assert not flipped & LEFT_ALONE.keys()
    assert ASSUMED.keys() - flipped == LEFT_ALONE.keys()
    for flip in FLIPS:
        assert Knobs.fast().changed(dict(flip.turned)) != Knobs.fast(), flip.name


def test_every_reason_in_the_readme_is_in_the_mock() -> None:
    source = "".join(path.read_text("utf-8") for path in MOCK.glob("*.py"))
    reasons = [cells[0].strip("`") for cells in rows("Reasons", "| reason | when |")]
    assert len(reasons) > 10
    assert [reason for reason in reasons if f'"{reason}"' not in source] == []
