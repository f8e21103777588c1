"""Which meetings a vmrd looks at where there are more than it can: the most urgent, and never one in turn with another.

| in this order                                  | so that                                                           |
|------------------------------------------------|-------------------------------------------------------------------|
| a meeting that runs and is looked at already   | none goes dark for one that matters as much                       |
| where a prisoner is inside                     | after a start these burn first                                    |
| any other that runs                            |                                                                   |
| what is yet to be opened, the soonest first    | it makes room for a meeting that runs, or begins before it        |

Of two that begin together, the one that is looked at already stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, Instant


def most_urgent(sessions: Iterable[Session], ours: Collection[str], limit: int) -> list[Session]:
    """At most so many of these, the most urgent first. `ours`: the ids of those looked at here already."""

    def rank(session: Session) -> tuple[int, Instant, bool, str]:
        known = session.id in ours
        return _urgency(session, known), session.starts_at, not known, session.id

    return sorted(sessions, key=rank)[:limit]


def _urgency(session: Session, known: bool) -> int:
    if session.phase not in LIVE:
        return 3
    if known:
        return 0
    return 1 if session.prisoner.inside else 2
