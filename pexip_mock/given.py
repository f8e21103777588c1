"""Reading what somebody wrote, as JSON or TOML: every fault comes out at once, with its place and what to do instead.

A `Given` is one table. Each reading method notes what is wrong with a key and answers with something harmless, so that
reading goes on; `close` notes the keys that nobody asked for. Whoever began (`Given(table)`) asks `check` at the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Wrong:
    """One fault: a JSON pointer to it, and a sentence that says what would be right. Never holds what was written."""

    at: str
    sentence: str


class BadInput(ValueError):  # reads as what it is
    """What was written cannot be used; `faults` says all that is wrong with it, in the order of reading."""

    def __init__(self, faults: Sequence[Wrong]) -> None:
        super().__init__("; ".join(f"{fault.at or 'all of it'}: {fault.sentence}" for fault in faults))
        self.faults = tuple(faults)


class Given:
    """One table being read; `at` is a JSON pointer to it. Null and absent are the same, unless `says_null` is asked."""

    def __init__(self, table: object, at: str = "", faults: list[Wrong] | None = None) -> None:
        self.at = at
        self.faults: list[Wrong] = [] if faults is None else faults
        self._asked_for: dict[str, None] = {}
        self._table: Mapping[str, object] = {}
        self._is_table = isinstance(table, Mapping)
        if isinstance(table, Mapping):
            self._table = table
        else:
            self.faults.append(Wrong(at, "must be a table of keys and values"))

    def has(self, name: str) -> bool:
        """Whether the key is there with a value."""
        return self._read(name) is not None

    def says_null(self, name: str) -> bool:
        """Whether the key is there and its value is null."""
        return self._read(name) is None and name in self._table

    def names(self) -> list[str]:
        """All keys there are, read or not."""
        return list(self._table)

    def copy(self) -> dict[str, object]:
        """Everything there is, to be passed on as it is; none of it counts as read."""
        return dict(self._table)

    def text(
        self, name: str, default: str = "", *, needed: bool = False, choices: Sequence[str] = (), also: str = ""
    ) -> str:
        """A string; `also` ends the sentence that refuses one which is no choice."""
        value = self._read(name)
        if value is None or value == "":
            if needed:
                self.wrong(name, _choice(choices, also) if choices else "is needed: give some text")
            return default
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            self.wrong(name, f"must be text of at most {LONGEST_TEXT} characters")
            return default
        if choices and value not in choices:
            near = get_close_matches(value, choices, n=1)
            self.wrong(name, f"did you mean {near[0]}?" if near else _choice(choices, also))
            return default
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        value = self._read(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(name, "must be true or false")
            return default
        return value

    def number(self, name: str, default: float, *, least: float = 0.0, most: float = 1e9) -> float:
        """A number within bounds, whole or not."""
        value = self._read(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            self.wrong(name, f"must be a number from {least:g} to {most:g}")
            return default
        return float(value)

    def whole(self, name: str, default: int, *, least: int = 0, most: int = 1_000_000_000) -> int:
        """A whole number within bounds."""
        value = self._read(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.wrong(name, f"must be a whole number from {least} to {most}")
            return default
        return value

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A list of strings; None when it is not there."""
        value = self._read(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.wrong(name, "must be a list of texts")
            return ()
        return tuple(value)

    def table(self, name: str) -> "Given | None":
        """A table within this one; its faults count as this one's."""
        value = self._read(name)
        return None if value is None else Given(value, self.pointer(name), self.faults)

    def tables(self, name: str) -> list["Given"]:
        """A list of tables."""
        value = self._read(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(name, "must be a list of tables")
            return []
        return [Given(each, f"{self.pointer(name)}/{number}", self.faults) for number, each in enumerate(value)]

    def raw(self, name: str) -> object:
        """The value as it is, for one who reads it otherwise."""
        return self._read(name)

    def wrong(self, name: str, sentence: str) -> None:
        """Note a fault of one key; without a name, of the table itself. Of what is no table, that says it all."""
        if self._is_table:
            self.faults.append(Wrong(self.pointer(name) if name else self.at, sentence))

    def pointer(self, name: str) -> str:
        """The JSON pointer to one key."""
        return f"{self.at}/{name.replace('~', '~0').replace('/', '~1')}"

    def close(self) -> None:
        """Everything was read that has a meaning: note the keys that are left."""
        for name in self._table:
            if name not in self._asked_for:
                known = list(self._asked_for)
                near = get_close_matches(name, known, n=1)
                remedy = f"did you mean {near[0]}?" if near else f"leave it out; known are {', '.join(known) or 'none'}"
                self.wrong(name, f"has no meaning here: {remedy}")

    def check(self) -> None:
        """Raise BadInput with everything noted so far, if anything was."""
        if self.faults:
            raise BadInput(self.faults)

    def _read(self, name: str) -> object:
        self._asked_for[name] = None
        return self._table.get(name)


def _choice(choices: Sequence[str], also: str) -> str:
    return f"must be one of {', '.join(choices)}{also}"
