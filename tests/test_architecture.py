"""Who may import whom, and what no file may hold.

The design rests on a pure core with thin shells around it, and a mock that shares nothing with what it tests. Neither
shows in behaviour on the day it is broken, so both are read from the source here. Each rule is a function from a module
to its faults; the second half of this file feeds every rule a source that breaks it.
"""

import ast
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STDLIB = sys.stdlib_module_names
PACKAGES = ("vmrd", "pexip_mock")
MAX_LINES = 350

# What a package may import of this project. A longer name wins over a shorter one.
LAYERS = {
    "vmrd.lifecycle": ("vmrd.lifecycle",),
    "vmrd.store": ("vmrd.store", "vmrd.lifecycle"),
    "vmrd.pexip": ("vmrd.pexip", "vmrd.lifecycle", "vmrd.metrics", "vmrd.clock"),
    "vmrd.engine": (
        *("vmrd.engine", "vmrd.lifecycle", "vmrd.store", "vmrd.metrics", "vmrd.clock", "vmrd.naming"),
        "vmrd.logging.place_of",
    ),
    "vmrd.naming": ("vmrd.lifecycle", "vmrd.store", "vmrd.secret_names"),
    "vmrd.demo.verify": ("pexip_mock",),  # it judges vmrd by Pexip's own state, so it must not ask vmrd
    "vmrd.demo": ("vmrd", "pexip_mock"),
    "vmrd.drill": ("vmrd", "pexip_mock"),
    "vmrd": ("vmrd",),
    "pexip_mock": ("pexip_mock",),  # a shared model would let both be wrong together
}

# Who may import what is kept for one place.
RESERVED = {
    "httpx": ("vmrd.pexip.http", "vmrd.demo", "pexip_mock"),  # frozen upstream: the day it is swapped, one file changes
    "vmrd.lifecycle.decide": ("vmrd.engine", "vmrd.lifecycle"),  # a decision outside a transaction could be lost
}

# The core gets time, chance and the world as arguments.
IMPURE_MODULES = frozenset(
    {"asyncio", "concurrent", "http", "importlib", "logging", "multiprocessing", "os", "pathlib", "random", "secrets"}
    | {"select", "selectors", "signal", "socket", "sqlite3", "subprocess", "sys", "tempfile", "threading", "time"}
    | {"urllib", "uuid"}
)
IMPURE_BUILTINS = frozenset({"__import__", "eval", "exec", "input", "open", "print"})
CLOCK_READS = frozenset({"now", "today", "utcnow"})
THIRD_PARTY_IN_CORE = {"vmrd.lifecycle.numbers": "phonenumbers"}  # number plans are data, and change every month

VENDOR_URL = re.compile(r"/api/(?:admin|client)")
MACHINE_PATH = re.compile(rb"(?<![\w./-])/(?:work|farm|root|home|Users)/|/opt/(?:pypi|wheels)")
REGISTRY_HOST = re.compile(rb"pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian\.org")
NOT_OURS = frozenset(
    {".git", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__", "build", "node_modules"}
)


@dataclass(frozen=True, slots=True)
class Module:
    """One source file under its dotted name."""

    name: str
    is_package: bool
    source: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def imports(module: Module) -> Iterator[str]:
    """Dotted name of everything imported, wherever in the file; `from a import b` gives `a.b`."""
    package = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = [*base, *([node.module] if node.module else [])]
            yield from (".".join([*origin, alias.name]) for alias in node.names)


def imports_only_its_layer(module: Module) -> Iterator[str]:
    layer = max((name for name in LAYERS if within(module.name, name)), key=len)
    for name in imports(module):
        ours = any(within(name, package) for package in PACKAGES)
        if ours and not any(within(name, allowed) for allowed in LAYERS[layer]):
            yield f"{layer} may not import {name}"


def leaves_reserved_imports_alone(module: Module) -> Iterator[str]:
    for name in imports(module):
        for reserved, owners in RESERVED.items():
            if within(name, reserved) and not any(within(module.name, owner) for owner in owners):
                yield f"only {' and '.join(owners)} may import {reserved}"


def core_uses_only_pure_stdlib(module: Module) -> Iterator[str]:
    if not within(module.name, "vmrd.lifecycle"):
        return
    for name in imports(module):
        root = name.partition(".")[0]
        if root in IMPURE_MODULES:
            yield f"impure import {name}"
        elif root not in STDLIB and root != "vmrd" and root != THIRD_PARTY_IN_CORE.get(module.name):
            yield f"import from outside the standard library: {name}"


def core_touches_no_world(module: Module) -> Iterator[str]:
    if not within(module.name, "vmrd.lifecycle"):
        return
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in IMPURE_BUILTINS:
                yield f"line {node.lineno}: calls {name}()"
            case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCK_READS:
                yield f"line {node.lineno}: reads a clock with {name}()"
            case ast.Attribute(value=ast.Name(id="datetime" | "date"), attr=name) if name in CLOCK_READS:
                yield f"line {node.lineno}: hands on the clock {name}"
            case ast.AsyncFunctionDef() | ast.Await():
                yield f"line {node.lineno}: waits"
            case _:
                pass


def keeps_vendor_urls_in_pexip(module: Module) -> Iterator[str]:
    if within(module.name, "vmrd") and not within(module.name, "vmrd.pexip"):
        yield from (f"vendor URL {found}" for found in VENDOR_URL.findall(module.source))


def is_short(module: Module) -> Iterator[str]:
    lines = len(module.source.splitlines())
    if lines > MAX_LINES:
        yield f"{lines} lines; over {MAX_LINES} it is two modules"


def says_what_it_is(module: Module) -> Iterator[str]:
    if not ast.get_docstring(module.tree):
        yield "no docstring"


RULES: tuple[Callable[[Module], Iterator[str]], ...] = (
    imports_only_its_layer,
    leaves_reserved_imports_alone,
    core_uses_only_pure_stdlib,
    core_touches_no_world,
    keeps_vendor_urls_in_pexip,
    is_short,
    says_what_it_is,
)


def stays_at_home(content: bytes) -> Iterator[str]:
    """Faults of any file: what works on one machine, or from one registry, only."""
    for pattern in (MACHINE_PATH, REGISTRY_HOST):
        yield from (found.decode() for found in pattern.findall(content))


def modules() -> list[Module]:
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            found.append(Module(name, is_package, path.read_text("utf-8")))
    return found


def files() -> Iterator[Path]:
    """Every file of the tree, without what tools and virtual environments leave in it."""
    for folder, subfolders, names in os.walk(ROOT):
        here = Path(folder)
        subfolders[:] = [n for n in subfolders if n not in NOT_OURS and not (here / n / "pyvenv.cfg").exists()]
        yield from (here / name for name in names)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps_the_rule(rule: Callable[[Module], Iterator[str]]) -> None:
    all_modules = modules()
    assert {module.name for module in all_modules} >= set(PACKAGES)
    assert [f"{module.name}: {fault}" for module in all_modules for fault in rule(module)] == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    all_files = set(files())
    assert Path(__file__).resolve() in all_files
    found = [f"{path.relative_to(ROOT)}: {fault}" for path in all_files for fault in stays_at_home(path.read_bytes())]
    assert sorted(found) == []


def test_every_locked_requirement_is_pinned_and_hashed() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        requirements = re.sub(r"\\\n\s*", "", lock.read_text("utf-8")).splitlines()
        assert requirements
        loose = [line for line in requirements if not re.search(r"^[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)]
        assert loose == [], lock.name


def faults(rule: Callable[[Module], Iterator[str]], name: str, source: str, *, is_package: bool = False) -> list[str]:
    return list(rule(Module(name, is_package, source)))


@pytest.mark.parametrize(
    ("rule", "name", "source"),
    [
        (imports_only_its_layer, "vmrd.lifecycle.decide", "from vmrd import engine"),
        (imports_only_its_layer, "vmrd.lifecycle.decide", "from ..store import base"),
        (imports_only_its_layer, "vmrd.store.sqlite", "import vmrd.engine"),
        (imports_only_its_layer, "vmrd.pexip.client", "from vmrd.store import base"),
        (imports_only_its_layer, "vmrd.engine", "from .watcher import Watcher"),
        (imports_only_its_layer, "vmrd.cli", "def demo():\n    import pexip_mock.cli"),
        (imports_only_its_layer, "vmrd.demo.verify", "from vmrd.lifecycle import session"),
        (imports_only_its_layer, "pexip_mock.world", "from vmrd.lifecycle.session import Session"),
        (leaves_reserved_imports_alone, "vmrd.web.signin", "import httpx"),
        (leaves_reserved_imports_alone, "vmrd.pexip.sse", "if TYPE_CHECKING:\n    from httpx import Response"),
        (leaves_reserved_imports_alone, "vmrd.web.sessions", "from vmrd.lifecycle import decide"),
        (leaves_reserved_imports_alone, "vmrd.alarm", "from .lifecycle.decide import decide"),
        (core_uses_only_pure_stdlib, "vmrd.lifecycle.decide", "import time"),
        (core_uses_only_pure_stdlib, "vmrd.lifecycle.decide", "from os import path"),
        (core_uses_only_pure_stdlib, "vmrd.lifecycle.inputs", "from pydantic import BaseModel"),
        (core_uses_only_pure_stdlib, "vmrd.lifecycle.intake", "import phonenumbers"),
        (core_touches_no_world, "vmrd.lifecycle.decide", "at = datetime.now(UTC)"),
        (core_touches_no_world, "vmrd.lifecycle.session", "at: datetime = field(default_factory=datetime.utcnow)"),
        (core_touches_no_world, "vmrd.lifecycle.intake", "day = dt.date.today()"),
        (core_touches_no_world, "vmrd.lifecycle.decide", "print('locked')"),
        (core_touches_no_world, "vmrd.lifecycle.decide", "async def decide(): ..."),
        (keeps_vendor_urls_in_pexip, "vmrd.dispatcher", "PATH = '/api/admin/command/v1/participant/unlock/'"),
        (keeps_vendor_urls_in_pexip, "vmrd.web.sink", "'/api/client/v2/conferences'"),
        (is_short, "vmrd.engine", "x = 1\n" * (MAX_LINES + 1)),
        (says_what_it_is, "vmrd.engine", "x = 1"),
    ],
)
def test_the_rule_catches(rule: Callable[[Module], Iterator[str]], name: str, source: str) -> None:
    assert faults(rule, name, source) != []


@pytest.mark.parametrize(
    ("rules", "name", "source"),
    [
        (
            RULES,
            "vmrd.lifecycle.numbers",
            "'''Kinds.'''\nimport phonenumbers\nfrom datetime import datetime\nx = ctx.now",
        ),
        (RULES, "vmrd.lifecycle.evolve", "'''Fold.'''\nfrom .decide import Decision\nfrom zoneinfo import ZoneInfo"),
        (RULES, "vmrd.engine", "'''Submit.'''\nimport asyncio\nfrom vmrd.lifecycle.decide import decide"),
        (
            RULES,
            "vmrd.pexip.http",
            "'''Calls.'''\nimport httpx\nfrom vmrd import metrics\nURL = '/api/admin/status/v1'",
        ),
        (
            RULES,
            "vmrd.demo.run",
            "'''Demo.'''\nimport httpx\nfrom pexip_mock.cli import serve\nfrom vmrd.daemon import run",
        ),
        (RULES, "vmrd.demo.verify", "'''Judge.'''\nimport httpx\nimport json"),
    ],
)
def test_the_rules_let_the_design_through(
    rules: Iterable[Callable[[Module], Iterator[str]]], name: str, source: str
) -> None:
    assert [fault for rule in rules for fault in faults(rule, name, source)] == []


def test_a_relative_import_in_a_package_is_counted_from_the_package() -> None:
    assert list(imports(Module("vmrd.store", True, "from .base import Store\nfrom ..engine import Engine"))) == [
        "vmrd.store.base.Store",
        "vmrd.engine.Engine",
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"see " + b"/".join([b"", b"work", b"main"]),
        b"'" + b"/".join([b"", b"home", b"ada", b"vmrd"]),
        b"--index-url https://" + b".".join([b"pypi", b"org"]) + b"/simple",
    ],
)
def test_a_machine_path_or_registry_host_is_caught(content: bytes) -> None:
    assert len(list(stays_at_home(content))) == 1
    assert list(stays_at_home(b"WorkingDirectory=/opt/vmrd https://cvp.example/work/ ProtectHome=yes")) == []
