"""Long work in the event loop, done in turns: after a millisecond somebody else has theirs.

While the loop is busy nobody is answered: an officer's press, a question of policy and an event of Pexip all wait. What
is in truth one piece of work, a thousand writes or a thousand views, is therefore put down wherever its turn is over
and taken up again when everything that had become ready meanwhile has been done. A press goes through the loop some
ten times on its way, so it is the length of a turn, and not of the work, that bounds what it waits.
"""

from __future__ import annotations

import asyncio
import time

_TURN = 0.001
"""Seconds. Giving the loop back and having it again costs some 20 us: shorter turns would cost more than they give."""


class Turns:
    """The turns of one task."""

    __slots__ = ("_ends",)

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """The loop has just become ours; to be said after the task has waited for something else."""
        self._ends = time.monotonic() + _TURN

    async def done(self) -> None:
        """A step is done: if the turn is over, give the loop back and have another. Costs next to nothing else."""
        if time.monotonic() >= self._ends:
            await asyncio.sleep(0)
            self.begin()
