"""Where in a scenario's file something stands, in a person's words: `line 12, step 3, dial.kind`."""

import re
from dataclasses import dataclass

from pexip_mock.given import Wrong

_HEADER = re.compile(r"^\s*\[\[\s*(step|act|act\s*\.\s*step)\s*\]\]", re.MULTILINE)
_PATH = re.compile(r"(/(act|step)/\d+(?=/|$))*")


@dataclass(frozen=True, slots=True)
class _Block:
    """One `[[step]]`, `[[act]]` or `[[act.step]]`: the pointer to it, its line, and the lines below it."""

    pointer: str
    line: int
    body: tuple[str, ...]


class Places:
    """The blocks of one file."""

    def __init__(self, content: str) -> None:
        self._lines = content.splitlines()
        self._blocks = {block.pointer: block for block in self._found()}

    def told(self, fault: Wrong) -> str:
        """A fault with its place."""
        pointer = _PATH.match(fault.at)
        path = pointer[0] if pointer is not None else ""
        keys = [key for key in fault.at.removeprefix(path).split("/") if key]
        words = [f"line {self._line(self._blocks.get(path), keys)}", *_ordinals(path)]
        if keys:
            words.append(".".join(keys))
        return f"{', '.join(words)}: {fault.sentence}"

    def _line(self, block: _Block | None, keys: list[str]) -> int:
        """Where these keys are written: on a line of their own, under a header, or in an inline table."""
        lines, first = (block.body, block.line) if block is not None else (tuple(self._lines), 0)
        found = 0
        for key in keys:
            written = re.compile(rf'\s*(\[.*\b)?"?{re.escape(key)}"?\s*(=|\.|\])')
            found = next((n for n, line in enumerate(lines, start=1) if n > found and written.match(line)), found)
        return max(first + found, 1)

    def _found(self) -> list[_Block]:
        numbers = [(number, found[1].replace(" ", "")) for number, found in self._headers()]
        ends = [*(number for number, _ in numbers), len(self._lines) + 1][1:]
        blocks, counts = [], {"step": 0, "act": 0, "act.step": 0}
        for (number, kind), end in zip(numbers, ends, strict=True):
            if kind == "act":
                counts["act.step"] = 0
            owner = f"/act/{counts['act'] - 1}/step" if kind == "act.step" else f"/{kind}"
            blocks.append(_Block(f"{owner}/{counts[kind]}", number, tuple(self._lines[number : end - 1])))
            counts[kind] += 1
        return blocks

    def _headers(self) -> list[tuple[int, re.Match[str]]]:
        return [(number, found) for number, line in enumerate(self._lines, start=1) if (found := _HEADER.match(line))]


def _ordinals(pointer: str) -> list[str]:
    """`/act/0/step/2/…` as `act 1`, `step 3`."""
    return [f"{kind} {int(number) + 1}" for kind, number in re.findall(r"/(act|step)/(\d+)(?=/|$)", pointer)]
