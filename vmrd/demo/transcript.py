"""What was sent, answered and told, for somebody who reads along: as it crossed the wire, only laid out.

The first event is shown whole. Of those after it only what they say otherwise is shown, so that it can be seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import indent
from typing import Any

import orjson

from vmrd.demo.clerk import Clerk

_LEFT_OUT = "…"
_WIDTH = 96

PREFACE = (
    "A booking system sends events to vmrd and is answered at once; later it is told by callbacks what became of it.",
    f"All is shown as it was received. Where an event says what the first one said, {_LEFT_OUT} stands for it.",
)


@dataclass(slots=True)
class Transcript:
    """`lines` gives what came since it was asked last, and nothing of bookings made before this was."""

    clerk: Clerk
    _exchanges: int = field(init=False)
    _told: int = field(init=False)
    _first: Mapping[str, Any] | None = None
    _about: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._exchanges, self._told = len(self.clerk.exchanges), len(self.clerk.ear.told)

    def lines(self) -> Iterator[str]:
        """New events with their answers, then new callbacks."""
        exchanges, told = self.clerk.exchanges, list(self.clerk.ear.told)
        for each in exchanges[self._exchanges :]:
            said = each.event if self._first is None else _otherwise(each.event, self._first)
            self._first = self._first or each.event
            self._about.add(each.about)
            yield from _shown(f"{each.system} sends, signed", said)
            yield from _shown(f"vmrd answers {each.status}", each.answer)
        for callback in (each for each in told[self._told :] if each.booking in self._about):
            yield from _shown("vmrd tells it, signed, and the signature fits", orjson.loads(callback.text))
        self._exchanges, self._told = len(exchanges), len(told)


def _shown(what: str, said: object) -> Iterator[str]:
    yield f"        {what}:"
    yield indent(_laid(said), "          ")


def _laid(value: object) -> str:
    """JSON with as much on a line as fits there."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) <= _WIDTH or not isinstance(value, dict | list):
        return flat
    opening, closing = ("[", "]") if isinstance(value, list) else ("{", "}")
    parts = [_laid(each) for each in value] if isinstance(value, list) else [_member(*each) for each in value.items()]
    return f"{opening}\n{indent(_filled(parts), '  ')}\n{closing}"


def _member(name: str, value: object) -> str:
    return f"{json.dumps(name, ensure_ascii=False)}: {_laid(value)}"


def _filled(parts: Sequence[str]) -> str:
    """The parts one after the other, those of one line beside each other while they fit."""
    lines: list[str] = []
    for part in parts:
        last = lines[-1] if lines else ""
        beside = lines and "\n" not in last + part and len(last) + len(part) + 2 <= _WIDTH
        if beside:
            lines[-1] = f"{last}, {part}"
        elif lines:
            lines[-1] += ","
            lines.append(part)
        else:
            lines.append(part)
    return "\n".join(lines)


def _otherwise(event: Mapping[str, Any], first: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event without what the first one said in the same words; what was left out is marked."""
    kept = {
        name: _otherwise(value, first[name]) if _both_objects(value, first.get(name)) else value
        for name, value in event.items()
        if value != first.get(name)
    }
    return kept if len(kept) == len(event) else {**kept, _LEFT_OUT: _LEFT_OUT}


def _both_objects(one: object, other: object) -> bool:
    return isinstance(one, dict) and isinstance(other, dict)
