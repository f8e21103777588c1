"""What a check says: lines in groups, and what a person or a program reads of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from textwrap import wrap

WIDTH = 100
_INDENT = 14
_NAME = 26


class Verdict(StrEnum):
    """`NOT_CHECKED`: it could not be looked at, or not without changing something; a person has to."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    NOT_CHECKED = "not-checked"


_SHOWN = {Verdict.OK: "ok", Verdict.WARN: "warn", Verdict.FAIL: "FAIL", Verdict.NOT_CHECKED: "not checked"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at. `todo` is empty where there is nothing to do."""

    verdict: Verdict
    name: str
    found: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines about one part of the whole."""

    title: str
    lines: tuple[Line, ...]


def ok(name: str, found: str) -> Line:
    """It is as it should be."""
    return Line(Verdict.OK, name, found)


def warn(name: str, found: str, todo: str) -> Line:
    """It works, and something about it should not stay so."""
    return Line(Verdict.WARN, name, found, todo)


def fail(name: str, found: str, todo: str) -> Line:
    """Something will not work."""
    return Line(Verdict.FAIL, name, found, todo)


def not_checked(name: str, found: str, todo: str = "") -> Line:
    """Nobody looked; `found` says why."""
    return Line(Verdict.NOT_CHECKED, name, found, todo)


def counted(groups: Sequence[Group]) -> dict[Verdict, int]:
    """How many lines have each verdict."""
    verdicts = [line.verdict for group in groups for line in group.lines]
    return {verdict: verdicts.count(verdict) for verdict in Verdict}


def has_failed(groups: Sequence[Group]) -> bool:
    """Whether anything will not work."""
    return counted(groups)[Verdict.FAIL] > 0


def as_text(groups: Sequence[Group]) -> Iterator[str]:
    """What a person reads, line by line."""
    for group in groups:
        yield group.title
        for line in group.lines:
            head = f"  {_SHOWN[line.verdict]:<{_INDENT - 2}}{line.name:<{_NAME}}"
            rest = " " * (_INDENT + _NAME)
            yield from _wrapped(line.found, head, rest)
            if line.todo:
                yield from _wrapped(f"-> {line.todo}", rest, f"{rest}   ")
        yield ""
    count = counted(groups)
    yield ", ".join(f"{number} {_SHOWN[verdict]}" for verdict, number in count.items())
    if has_failed(groups):
        yield "Not ready: put right what is marked FAIL and check again."
    elif count[Verdict.WARN] or count[Verdict.NOT_CHECKED]:
        yield "Ready, but for what a person should look at."
    else:
        yield "Ready."


def _wrapped(text: str, first: str, others: str) -> list[str]:
    """Words whole: a path or a command in two pieces cannot be copied."""
    return wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_on_hyphens=False,
        break_long_words=False,
    )


def as_json(groups: Sequence[Group]) -> dict[str, object]:
    """What a program reads."""
    return {
        "groups": [
            {
                "title": group.title,
                "lines": [
                    {"verdict": line.verdict, "name": line.name, "found": line.found, "todo": line.todo or None}
                    for line in group.lines
                ],
            }
            for group in groups
        ],
        "summary": {str(verdict): number for verdict, number in counted(groups).items()},
        "ready": not has_failed(groups),
    }
