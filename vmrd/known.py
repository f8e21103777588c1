"""What the core has taken down of each meeting, so that a read which shows just that need not be decided again.

Deciding for a read that shows nothing new changes nothing, and costs a visit to the store: with thousands of meetings,
each read every few seconds, that was most of what the store did. What matters then is only that our eyes are fresh. So
the last read whose decision changed nothing is kept, and a read is *known* while all of this holds:

| holds                                                             | or else                                          |
|-------------------------------------------------------------------|--------------------------------------------------|
| it shows what that one showed                                     | it says something new                            |
| nothing was committed for the session since                       | the same roster may now confirm or undo          |
| the same rules are in force                                       | they may judge the same roster otherwise         |
| the session has no fault                                          | only a step that works clears it                 |
| the lease is ours beyond doubt, by monotonic time                 | the store must say whether it is still ours      |
| the last decision is not older than `_DECIDED_WITHIN`             | another replica's commit may never be told here  |

The watch itself adds that no event waits or is being taken down (`Arrivals.quiet`). A read that is not known goes the
whole way, as it always did; so what is held here saves work and is never the truth.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from vmrd.engine import Answer, Applied, Engine
from vmrd.lifecycle.inputs import RosterSeen
from vmrd.lifecycle.rules import Rules

_DECIDED_WITHIN = 15.0


@dataclass(frozen=True, slots=True)
class _Taken:
    """A read that changed nothing, of a session at that version; at a moment of the monotonic clock."""

    shown: tuple[object, ...]
    version: int
    establishment: str
    rules: Rules
    at: float


@dataclass(slots=True)
class Known:
    """One per daemon. `heard` is the engine's listener; `elsewhere`: whether another replica may watch a session."""

    engine: Engine
    elsewhere: Callable[[str], bool] = lambda _session_id: False
    _versions: dict[str, int] = field(default_factory=dict)
    _taken: dict[str, _Taken] = field(default_factory=dict)

    def heard(self, applied: Applied) -> None:
        """A commit. Only sessions that are watched here are kept."""
        session = applied.session
        if session.id in self._versions:
            self._versions[session.id] = max(session.version, self._versions[session.id])

    def begin(self, session_id: str) -> None:
        """Its event stream is connected anew: nothing is known yet."""
        self._taken.pop(session_id, None)
        self._versions.setdefault(session_id, 0)

    def forget(self, session_id: str) -> None:
        """It is not watched here any more."""
        self._taken.pop(session_id, None)
        self._versions.pop(session_id, None)

    def decided(self, read: RosterSeen, answer: Answer) -> None:
        """What came of a read. One that is older than the last change was judged as such, and proves nothing later."""
        if not isinstance(answer, Applied):
            return
        session = answer.session
        late = (read.order.generation, read.order.number) < session.seen
        if answer.facts or late or session.id not in self._versions:
            self._taken.pop(session.id, None)
            return
        rules = self.engine.rules(session.establishment)
        self._taken[session.id] = _Taken(_shown(read), session.version, session.establishment, rules, time.monotonic())

    def shows(self, session_id: str, read: RosterSeen) -> bool:
        """Whether this read is known."""
        taken = self._taken.get(session_id)
        return (
            taken is not None
            and _shown(read) == taken.shown
            and taken.version >= self._versions[session_id]
            and taken.rules is self.engine.rules(taken.establishment)
            and session_id not in self.engine.faults
            and not self.elsewhere(session_id)
            and time.monotonic() - taken.at < _DECIDED_WITHIN
        )


def _shown(read: RosterSeen) -> tuple[object, ...]:
    """All that a read says but its place in the stream; quick to compare where the answer was the same bytes."""
    return read.sightings, read.locked, read.started, read.recording, read.instance
