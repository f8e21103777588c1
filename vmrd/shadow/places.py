"""Which of the platform's meetings are a prison room's.

The vmrs were made by somebody else, so nothing about them is ours: `[[shadow.match]]` says by patterns whose name, or
whose alias, means which room. What no pattern knows is another tenant's, and is dropped before anything of it is read.

An event tells a vmr's name and never its alias. So where a pattern is about aliases, each name that runs is looked up
once in Pexip's configuration; until that answered, the meeting is nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from vmrd.config_shadow import MatchConfig

_KEPT = 20_000
"""Names whose aliases are remembered; past that they are asked for anew."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a meeting is held, or for which booking (the booking system's own number), as far as its name says so."""

    establishment: str | None
    room: str | None
    booking: str | None = None


@dataclass(slots=True)
class Places:
    """The patterns, and the names whose aliases are known."""

    rules: Sequence[MatchConfig]
    _by_alias: dict[str, Place | None] = field(default_factory=dict)

    def of(self, name: str) -> Place | None:
        """Where the meeting of this name is held; None for a foreign one, or one whose aliases are not known yet."""
        for rule in self.rules:
            if rule.name is not None and (found := rule.pattern.fullmatch(name)) is not None:
                return _place(rule, found)
        return self._by_alias.get(name)

    def asks_aliases(self, name: str) -> bool:
        """Whether the aliases of this name would tell, and were not asked for yet."""
        by_alias = any(rule.alias is not None for rule in self.rules)
        return by_alias and name not in self._by_alias and self.of(name) is None

    def learn(self, name: str, aliases: Iterable[str]) -> None:
        """The aliases that lead to the vmr of this name."""
        if len(self._by_alias) >= _KEPT:
            self._by_alias.clear()
        known = list(aliases)
        found = (
            _place(rule, match)
            for rule in self.rules
            if rule.alias is not None
            for alias in known
            if (match := rule.pattern.fullmatch(alias)) is not None
        )
        self._by_alias[name] = next(found, None)


def _place(rule: MatchConfig, found: re.Match[str]) -> Place:
    said = found.groupdict()
    return Place(rule.establishment or said.get("establishment"), rule.room or said.get("room"), said.get("booking"))
