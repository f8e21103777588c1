"""The benchmarks run: each once, at toy size, in the processes and over the wires it always has. What they say of time
is not looked at; nobody runs them with every change, and what has moved would else be noticed on the day somebody needs
the figures. What they take from us is there, even where a benchmark is not run here: a start on ports that are chosen
beforehand, a whole estate, another database."""

from __future__ import annotations

import ast
import gc
import inspect
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import (
    availability,
    core,
    growth,
    memory,
    panels,
    policy,
    press,
    storm,
    submits,
    timers,
    webhook,
)
from benchmarks.__main__ import table
from benchmarks.bench import Result

ROOT = Path(__file__).parents[1]
OURS = ("vmrd", "pexip_mock", "tests")
TOYS: dict[ModuleType, dict[str, object]] = {
    policy: {"AT_ONCE": (2,), "ROUNDS": 1, "SECONDS": 0.05, "MANY": 20},
    webhook: {"SUBJECTS": ("floor", "vmrd"), "TARGETS": {2: 0.8}, "ROUNDS": 1, "SECONDS": 0.02},
    press: {"AT_ONCE": (1,), "ROUNDS": 1, "PRESSES": 2},
    panels: {"SHAPES": (panels.Shape("one change", panels.CODES[:1], 3, stalled=False),), "ROUNDS": 2},
    timers: {"PENDING": 40, "DUE": 5, "ROUNDS": 1, "OVER_MS": 20, "AHEAD_MS": 20, "IDLE_S": 0.02},
    memory: {"SESSIONS": 10},
    storm: {"SECONDS": 1.0, "PER_SECOND": {"bookings": 20, "policy": 20, "sink": 20}, "PANELS": 2},
    core: {"STEPS": 5, "ROUNDS": 1},
    availability: {"TIMES": 1, "ROUNDS": 1},
    submits: {"SESSIONS": 4, "TARGETS": {2: None}},
}


@pytest.mark.asyncio
@pytest.mark.parametrize("benchmark", TOYS, ids=lambda module: module.__name__)
async def test_a_benchmark_ends_and_says_what_it_measured(
    benchmark: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in TOYS[benchmark].items():
        monkeypatch.setattr(benchmark, name, value)
    monkeypatch.setattr("benchmarks.bench.SECONDS", 0.02)
    found = benchmark.measure(*[tmp_path] * len(inspect.signature(benchmark.measure).parameters))
    results: dict[str, Result] = await found if inspect.isawaitable(found) else found
    gc.collect()  # what was left open is told here, and not in whatever test comes next
    assert results
    assert table(results).count("\n") == 1 + sum(bool(each.goal) for each in results.values())


def test_growth_draws_what_it_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "SIZES", {"panels elsewhere": (0, 3)})
    monkeypatch.setattr(growth, "ROUNDS", 2)
    assert growth.drawn(growth.measure(tmp_path)).count("<circle") == 2


def test_one_disturbed_size_does_not_turn_the_line() -> None:
    _, slope = growth.fitted([(0, 100.0), (10, 110.0), (20, 500.0), (30, 130.0), (40, 140.0)])
    assert slope == pytest.approx(1.0)


def taken(file: Path) -> Iterator[tuple[str, str]]:
    """Each name it imports from us, with its module, wherever in the file."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.split(".")[0] in OURS:
            yield from ((node.module, each.name) for each in node.names)


def is_there(module: str, name: str) -> bool:
    found = import_module(module)
    return hasattr(found, name) or (hasattr(found, "__path__") and find_spec(f"{module}.{name}") is not None)


@pytest.mark.parametrize("file", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda file: file.stem)
def test_everything_a_benchmark_takes_from_us_is_there(file: Path) -> None:
    assert [f"{module}.{name}" for module, name in taken(file) if not is_there(module, name)] == []
