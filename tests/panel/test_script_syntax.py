"""The browsers prisons have: our script and style use nothing newer than Chrome and Edge 87 know (November 2020)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vmrd.web.panel.assets import STATIC

NEWER = {
    r"^(?:await|for await)\b": "await at the top level (89)",
    r"\bstatic\s*\{": "static blocks (94)",
    r"#\w+ in ": "private brand checks (91)",
    r"\.at\(": "at() (92)",
    r"\.(?:findLast|findLastIndex|toSorted|toReversed|toSpliced|with)\(": "newer arrays (97, 110)",
    r"\bObject\.(?:hasOwn|groupBy)\b": "Object.hasOwn (93)",
    r"\b(?:structuredClone|reportError)\(": "structuredClone (98)",
    r"\bAbortSignal\.(?:timeout|any|abort)\(": "AbortSignal.timeout (103)",
    r"\bPromise\.(?:withResolvers|try)\(": "Promise.withResolvers (119)",
    r"\bcrypto\.randomUUID\(": "randomUUID (92)",
    r"import\s[^;]*\bwith\s*\{": "import attributes (123)",
    r":has\(|@container|@layer|@scope|&\s*[.:\[]": "selectors and rules of later styles",
    r"\b(?:color-mix|oklch|light-dark)\(": "later colours",
}
OURS = sorted(path for path in STATIC.iterdir() if path.suffix in (".js", ".css"))


def newer(source: str) -> list[str]:
    """What of this a browser of 2020 would not understand."""
    return [name for pattern, name in NEWER.items() if re.search(pattern, source, re.MULTILINE)]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_files_use_nothing_newer(path: Path) -> None:
    assert newer(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "await load();",
        "const last = all.at(-1);",
        "class A { static { b(); } }",
        "if (Object.hasOwn(a, 'b')) c();",
        "fetch(a, {signal: AbortSignal.timeout(5)})",
        ".tile:has(.knock) { color: red }",
        "@container (width > 3px) { a { color: red } }",
        "a { &:hover { color: red } }",
    ],
)
def test_what_is_newer_is_found(source: str) -> None:
    assert newer(source) != []


@pytest.mark.parametrize("source", ["async function a() {\n  await b();\n}", "a ?? b?.c", "a.b ||= c"])
def test_what_they_know_is_allowed(source: str) -> None:
    assert newer(source) == []
