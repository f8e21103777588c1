"""What a listener makes of the numbers that commits carry: whether anything of the other replicas was missed.

Commits are numbered without gaps, and pokes come in their order. A number that is skipped was lost, and so was one that
does not come though the database counts it: anything may have changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmrd.store.ear import Ear


@dataclass(slots=True)
class Hearing:
    """One per listener; `ear` is told by it. `last`: the number of the last commit that was heard of."""

    ear: Ear
    last: int = 0

    def begin(self, head: int) -> None:
        """Listening begins after this many commits; whatever was before may have changed anything."""
        self._all_since(head)

    def told(self, number: int, sessions: Sequence[str], *, ours: bool) -> None:
        """A poke: the commit of that number changed these sessions. Of our own only the number is news."""
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
            self._all_since(head)
        self.ear.current(began)

    def _all_since(self, number: int) -> None:
        self.last = number
        self.ear.heard(())
