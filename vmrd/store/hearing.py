"""What a listener makes of the numbers that commits carry: whether anything of the other replicas was missed.

Commits are numbered without gaps, and pokes come in their order. A number that is skipped was lost, and so was one that
does not come though the database counts it: anything may have changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from vmrd.store.ear import Ear

log = structlog.get_logger(__name__)

_NOT_TOLD = 4
"""Looks that find commits nobody told of, with no poke between them, after which none is believed to come."""


@dataclass(slots=True)
class Hearing:
    """One per listener; `ear` is told by it. `last`: the number of the last commit that was heard of."""

    ear: Ear
    last: int = 0
    _not_told: int = 0

    def begin(self, head: int) -> None:
        """Listening begins after this many commits; whatever was before may have changed anything."""
        self._all_since(head)

    def told(self, number: int, sessions: Sequence[str], *, ours: bool) -> None:
        """A poke: the commit of that number changed these sessions. Of our own only the number is news."""
        self._not_told = 0
        if number > self.last + 1:
            self._all_since(number)
        self.last = max(self.last, number)
        if not ours:
            self.ear.heard(sessions)

    def misses(self, head: int) -> bool:
        """Whether there are more commits by now than were heard of."""
        return self.last < head

    def proved(self, head: int, began: float) -> None:
        """Every poke that was to come has had its time: up to this moment of monotonic time nothing is missing."""
        if self.misses(head):
            self._not_told += 1
            if self._not_told == _NOT_TOLD:
                log.error("pokes_lost", error="no commit is told of: a pooler in front must keep whole sessions")
            self._all_since(head)
        self.ear.current(began)

    def _all_since(self, number: int) -> None:
        self.last = number
        self.ear.heard(())
