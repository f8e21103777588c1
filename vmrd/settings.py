"""The configuration in force: one holder that everybody asks, so that all of vmrd changes over at once.

A decision reads the rules once, at its beginning; so each is made by the former configuration or by the next, never by
a mixture. What has made something of the configuration (keys, addresses, drawn screens) listens, and makes it anew
before the event loop does anything else. `reload` says what may change this way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vmrd.config import Config, rules_for
from vmrd.lifecycle.rules import Rules


@dataclass(slots=True)
class Settings:
    """One per daemon. `listeners` are told of the next configuration when it is in force; they must not fail."""

    config: Config
    listeners: list[Callable[[Config], None]] = field(default_factory=list)
    _rules: dict[str, Rules] = field(default_factory=dict)

    def rules(self, code: str) -> Rules:
        """The rules of an establishment. Also asked in the store's thread."""
        known = self._rules
        found = known.get(code)
        if found is None:
            found = known[code] = rules_for(self.config, code)
        return found

    def put(self, config: Config) -> None:
        """From here on this is in force."""
        self.config, self._rules = config, {}
        for listener in self.listeners:
            listener(config)
