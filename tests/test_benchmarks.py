"""What the benchmarks take from us is there: nobody runs them with every change, and a name that has moved would else
be noticed on the day somebody needs the figures."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("vmrd", "pexip_mock", "tests")


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
