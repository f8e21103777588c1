"""What whoever booked knows of a session; see `letters`."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import Instant


@dataclass(frozen=True, slots=True)
class Written:
    """What whoever booked was last written of the meeting. `change` counts from 0; `letter`: its place in the journal.
    `over`: that the meeting will not be held. The rest is what was so when it was written."""

    letter: int
    change: int
    booker: int
    start: Instant
    end: Instant
    room: str
    generation: int
    over: bool = False
