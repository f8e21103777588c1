"""What a processor's time went on, from the stacks of a sampling profiler: `process;process;frame;frame COUNT`, a line
each. A process stands below the one that started it, and the innermost is the one that was looked at.

A sample belongs to the innermost of its frames that says what was being done. Most of the standard library says
nothing: an `enum` or a `dataclasses` frame is the work of whoever called it. What is written in C has no frame; it
belongs to the line that called it, so SQLite is known by the store's own line that asks it something.
"""

from __future__ import annotations

import linecache
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
START = "start: imports"
OTHER = "the rest"
_GROUPS = {
    "vmrd/lifecycle/": "core",
    "vmrd/store/": "store",
    "vmrd/web/": "web",
    "vmrd/pexip/": "pexip",
    "vmrd/": "shells",
    "aiohttp/": "aiohttp",
    "multidict/": "aiohttp",
    "yarl/": "aiohttp",
    "httpx/": "httpx",
    "httpx_aiohttp/": "httpx",
    "httpcore/": "httpx",
    "pydantic/": "pydantic",
    "json/": "json",
    "psycopg/": "psycopg",
    "psycopg_binary/": "psycopg",
    "jinja2/": "jinja2",
    "structlog/": "logging",
    "logging/": "logging",
    "asyncio/": "loop",
    "selectors.py": "loop",
    "threading.py": "threads",
    "queue.py": "threads",
    "concurrent/": "threads",
    "benchmarks/": "the benchmark",
    "pexip_mock/": "the benchmark",
}
"""By how a file's name begins, the longer before the shorter."""
_WAITS = {
    ("_worker", "concurrent/futures/thread.py"),
    ("EpollSelector.select", "selectors.py"),
    ("Condition.wait", "threading.py"),
    ("Connection.wait", "psycopg/connection.py"),
    ("Writer._next_group", "vmrd/store/writer.py"),
}
"""Where threads wait for work, or for the database server: the profiler cannot always tell that they do."""
_ROOTS = ("vmrd/cli.py", "vmrd/console.py", "vmrd/__main__.py")
"""Everything is done on their account."""
_SQLITE = re.compile(r"\.(execute|executemany|fetchone|fetchall|commit)\b|connection\.|_rows?\(|_texts?\(")
_PROCESS = re.compile(r'process \d+:"[^"]*"')
_FRAME = re.compile(r"(?P<function>.*) \((?P<file>[^()]*?)(?::(?P<line>\d+))?\)")
ORDER = (*dict.fromkeys((*_GROUPS.values(), "sqlite")), START, OTHER)


@dataclass(frozen=True, slots=True)
class Frame:
    """`file` as the profiler shortens it: from the folder that is imported from."""

    function: str
    file: str
    line: int


@dataclass(slots=True)
class Shares:
    """Samples by what was being done, and by the innermost function of ours on whose account it was."""

    groups: Counter[str] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)

    @property
    def samples(self) -> int:
        return self.groups.total()

    def of(self, group: str) -> float:
        """Between 0 and 1."""
        return self.groups[group] / max(self.samples, 1)


def shared_out(lines: Iterable[str], subject: str) -> Shares:
    """Of all stacks those of processes with `subject` in their command line.

    A line without a process is the rest of one whose command line had line ends in it, which no subject's has.
    """
    found = Shares()
    for line in lines:
        stack, _, count = line.rstrip("\n").rpartition(" ")
        processes = list(_PROCESS.finditer(stack))
        if not processes or subject not in processes[-1][0]:
            continue
        read = list(_frames(stack[processes[-1].end() :].split(";")))
        if not read or (read[-1].function, read[-1].file) in _WAITS:
            continue
        found.groups[group_of(read)] += int(count)
        if (ours := _ours(read)) is not None:
            found.functions[f"{ours.function} ({ours.file})"] += int(count)
    return found


def group_of(frames: list[Frame]) -> str:
    """What this stack, outermost frame first, was doing."""
    if any(frame.file.startswith("<frozen importlib") for frame in frames):
        return START
    for frame in reversed(frames):
        group = next((name for begin, name in _GROUPS.items() if frame.file.startswith(begin)), None)
        if group == "store" and _SQLITE.search(linecache.getline(str(ROOT / frame.file), frame.line)):
            return "sqlite"
        if group is not None:
            return group
    return OTHER


def _ours(frames: list[Frame]) -> Frame | None:
    if group_of(frames) == START:
        return None
    ours = (frame for frame in reversed(frames) if frame.file.startswith("vmrd/") and frame.file not in _ROOTS)
    return next(ours, None)


def _frames(texts: Iterable[str]) -> Iterator[Frame]:
    for text in texts:
        if match := _FRAME.fullmatch(text):
            yield Frame(match["function"], match["file"], int(match["line"] or 0))
