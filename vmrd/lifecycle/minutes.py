"""Minutes of booked time that were lost, and to what: told to booking systems, in the record, and added up by prison.

The journal is replayed, and each stretch between two facts belongs to the first cause in this table that held:

| cause       | while, within the booked time                                                        |
|-------------|--------------------------------------------------------------------------------------|
| late open   | the meeting was not open                                                             |
| drop outs   | it was cut off, or the prison room was not connected                                 |
| late guest  | it was open and none of those who were booked had come                               |
| id check    | somebody was there, and the meeting had not been locked yet                          |
| fetching    | it had been locked, and the prisoner had not come in yet                             |

From the prisoner's coming in to the end nothing is lost but drop outs; a pause is the officer's and counts as used.
What the meeting went on beyond its booked end is the overrun. A meeting that was cancelled, or is not ours to open,
lost nothing that vmrd could know of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum

from vmrd.lifecycle.evolve import evolve, planned
from vmrd.lifecycle.facts import Fact, Planned
from vmrd.lifecycle.rules import MINUTE
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Control, Instant, Kind, Phase, Where

_NOT_OPEN = frozenset({Phase.PLANNED, Phase.PREPARING, Phase.READY, Phase.OPENING})
_OUR_OWN = frozenset({Kind.OWN, Kind.ENDPOINT, Kind.PHONE, Kind.RECORDER})


class Cause(StrEnum):
    """What booked time was lost to."""

    LATE_OPEN = "late_open"
    DROP_OUTS = "drop_outs"
    LATE_GUEST = "late_guest"
    ID_CHECK = "id_check"
    FETCHING = "fetching"


@dataclass(frozen=True, slots=True)
class Lost:
    """Whole minutes, rounded to the nearest."""

    late_open: int = 0
    drop_outs: int = 0
    late_guest: int = 0
    id_check: int = 0
    fetching: int = 0
    overrun: int = 0


def minutes_lost(journal: Iterable[tuple[Instant, Fact]]) -> Lost:
    """What a meeting that is over lost. `journal`: its facts from the first, each with its instant."""
    lost = dict.fromkeys(Cause, 0)
    session: Session | None = None
    since = 0
    for at, fact in journal:
        if session is None:
            assert isinstance(fact, Planned)  # a journal begins with it
            session = planned(fact)
        else:
            cause = _cause(session)
            if cause is not None:
                lost[cause] += max(0, min(at, session.booked_end) - max(since, session.starts_at))
            session = evolve(session, fact)
        since = at
    if session is None or session.ended_at is None or session.control is not Control.FULL:
        return Lost()
    overrun = max(0, session.ended_at - session.booked_end)
    return Lost(**{cause.value: _minutes(lost[cause]) for cause in Cause}, overrun=_minutes(overrun))


def added(each: Iterable[Lost]) -> Lost:
    """What several meetings lost together."""
    together = Lost()
    for lost in each:
        together = Lost(**{f.name: getattr(together, f.name) + getattr(lost, f.name) for f in fields(Lost)})
    return together


def _cause(session: Session) -> Cause | None:
    if session.phase in _NOT_OPEN:
        return Cause.LATE_OPEN
    if session.phase is Phase.INTERRUPTED:
        return Cause.DROP_OUTS
    if session.phase not in (Phase.OPEN, Phase.PRIVATE):
        return None
    if session.endpoint.lost_at is not None:
        return Cause.DROP_OUTS
    if session.prisoner.was_inside:
        return None
    if not any(leg.where is Where.INSIDE and leg.kind not in _OUR_OWN for leg in session.legs.values()):
        return Cause.LATE_GUEST
    return Cause.ID_CHECK if session.first_locked_at is None else Cause.FETCHING


def _minutes(milliseconds: int) -> int:
    return (milliseconds + MINUTE // 2) // MINUTE
